"""The language of records, on text fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from faqkb.ingest.language import language_of, languages_of, path_language

LANGUAGES = Path(__file__).resolve().parents[1] / "fixtures" / "languages"


def lines(file_name: str) -> list[str]:
    text = (LANGUAGES / file_name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def documents() -> list[list[str]]:
    return [block.strip().splitlines() for block in "\n".join(lines("documents.txt")).split("\n= ")]


@pytest.mark.parametrize("line", lines("paths.txt"))
def test_a_path_names_a_language(line: str) -> None:
    path, language = line.split("\t")
    assert path_language(path) == language


@pytest.mark.parametrize("document", documents(), ids=lambda document: document[1].split("\t")[1])
def test_records_have_their_language(document: list[str]) -> None:
    declared, path = ("" if part == "-" else part for part in document[0].removeprefix("= ").split())
    records = [line.split("\t") for line in document[1:]]
    found = languages_of([(question, prose) for _, question, prose in records], declared=declared, path=path)
    assert found == [language for language, _, _ in records]


def test_a_document_without_records_has_no_languages() -> None:
    assert languages_of([]) == []


def test_a_record_alone_is_a_document_of_one() -> None:
    assert language_of("Puis-je payer par carte ?", "Oui.") == "fr"
    assert language_of("Reset?", "Ok.", declared="fr") == "fr"
    assert language_of("Reset?", "Ok.", path="docs/fr/faq.md") == "fr"
