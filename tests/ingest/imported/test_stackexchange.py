"""Dumps of Stack Exchange: accepted answers, who wrote them, memory that does not grow with the dump."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from imported_support import SAMPLES

from faqkb.ingest.document import parse_document
from faqkb.ingest.imported.layout import lay_out
from faqkb.ingest.imported.recognise import read_file
from faqkb.kb.errors import ContentError


def test_questions_with_their_accepted_answers() -> None:
    layout = lay_out(read_file(SAMPLES / "Posts.xml"), "Posts.xml")
    (file,) = layout.files
    (record,) = parse_document(file.text, file.name).records
    assert (record.id, record.question) == ("posts/1", 'How do I renew a book -- or a "film"?')
    assert record.tags == ("loans", "self-service")
    assert "<pre><code>renew *all*" in record.answer_html
    assert "# done" in record.answer_html
    assert "question OwnerUserId: 16" in file.text
    assert "answer OwnerDisplayName: Ann; answer ContentLicense: CC BY-SA 3.0" in file.text
    assert [(row.row, row.id, row.why) for row in layout.left_out] == [
        (0, "4", "1 questions have no accepted answer, this is the first"),
        (5, "5", "its accepted answer 99 is not in the file"),
    ]


def test_a_long_dump_is_not_held_in_memory(tmp_path: Path) -> None:
    dump = tmp_path / "Posts.xml"
    row = f'<row Id="7" PostTypeId="2" Body="{"x" * 30_000}" />\n'
    asked = '<row Id="1" PostTypeId="1" AcceptedAnswerId="2" Title="Why?" /><row Id="2" PostTypeId="2" Body="So." />'
    with dump.open("w", encoding="utf-8") as file:
        file.write(f"<posts>{asked}")
        for _ in range(1_500):
            file.write(row)
        file.write("</posts>")
    assert dump.stat().st_size > 40_000_000
    tracemalloc.start()
    try:
        assert len(read_file(dump).entries) == 1
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


LAUGHS = '<!DOCTYPE posts [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"<?xml version='1.0'?>{LAUGHS}<posts><row Id='1' Body='&b;'/></posts>", "declares a document type"),
        ("<posts><row", "XML that cannot be read"),
        (f"<posts><row Body='{'x' * 20_000_000}'/></posts>", "a post of more than"),
    ],
    ids=["entities", "cut off", "endless post"],
)
def test_what_is_no_dump_is_refused(text: str, why: str, tmp_path: Path) -> None:
    dump = tmp_path / "Posts.xml"
    dump.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=why):
        read_file(dump, "stackexchange")


def test_many_answers_are_several_files(tmp_path: Path) -> None:
    dump = tmp_path / "Posts.xml"
    body = "word " * 10_000
    rows = "".join(
        f'<row Id="{at}" PostTypeId="1" AcceptedAnswerId="{at + 1}" Title="Why {at}?" />'
        f'<row Id="{at + 1}" PostTypeId="2" Body="{body}" />'
        for at in range(1, 100, 2)
    )
    dump.write_text(f"<posts>{rows}</posts>", encoding="utf-8")
    layout = lay_out(read_file(dump), dump.name)
    assert [file.name for file in layout.files] == ["posts.md", "posts-2.md"]
    assert sum(file.records for file in layout.files) == 50
