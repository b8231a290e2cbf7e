"""The texts of the pages in every language."""

from __future__ import annotations

from datetime import datetime
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from server_support import ROOT

from faqkb.server.wording.spoken import WORDINGS

FOLDER = ROOT / "server" / "wording" / "translations"
CATALOGUES = sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))


def read(path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def texts(message) -> list[str]:
    return [message] if isinstance(message, str) else list(message)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_a_catalogue_translates_every_text_and_leaves_no_place_out(path):
    source = {message.context: message for message in read(FOLDER / "messages.pot") if message.id}
    translated = {message.context: message for message in read(path) if message.id}
    assert set(translated) == set(source)
    for name, message in translated.items():
        assert message.id == source[name].id, f"{name}: the English text has changed since it was translated"
        assert not message.fuzzy, name
        for text in texts(message.string):
            assert text, name
            assert places(text) == places(texts(message.id)[-1]), name


def test_there_is_chinese_and_english():
    assert set(WORDINGS) >= {"zh", "en"}


def test_a_number_takes_its_form_and_the_marks_of_its_language():
    english, chinese = WORDINGS["en"], WORDINGS["zh"]
    assert english.topic_questions.of(1) == "1 question"
    assert english.topic_questions.of(12345) == "12,345 questions"
    assert chinese.topic_questions.of(1) == "1 个问题"


def test_a_day_is_written_as_its_language_writes_it():
    at = datetime.fromisoformat("2026-11-05T08:00:00+00:00")
    assert WORDINGS["en"].date(at) == "November 5, 2026"
    assert WORDINGS["zh"].date(at) == "2026年11月5日"
