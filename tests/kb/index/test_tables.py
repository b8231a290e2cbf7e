"""Tables in an answer: which lines of the plain text are their rows, and which one heads them."""

from __future__ import annotations

from faqkb.ingest import parse_document
from faqkb.kb.index.tables import TableRow, table_rows


def rows_of(markdown: str) -> tuple[str, list[TableRow]]:
    """Return the plain text of an answer and the rows of its tables."""
    (record,) = parse_document(f"# FAQ\n\n## How long may I keep things?\n\n{markdown}\n", "faq.md").records
    return record.answer_text, list(table_rows(record.answer_text, record.answer_html))


def test_each_row_is_found_with_the_headings_above_it() -> None:
    text, rows = rows_of(
        "As follows.\n\n| Item | Weeks |\n| --- | --- |\n| Books, e.g. novels. Old ones too | 3 |\n| Maps | 1 |"
    )
    lines = [text[row.span.start : row.span.stop] for row in rows]
    assert lines == ["Item Weeks", "Books, e.g. novels. Old ones too 3", "Maps 1"]
    assert [row.is_header for row in rows] == [True, False, False]
    assert [row.header for row in rows] == [None, rows[0].span, rows[0].span]


def test_two_tables_have_their_own_headings() -> None:
    table = "| Item | Weeks |\n| --- | --- |\n| Maps | 1 |"
    text, rows = rows_of(f"{table}\n\nAnd abroad:\n\n{table.replace('1', '2')}")
    assert [text[row.span.start : row.span.stop] for row in rows] == ["Item Weeks", "Maps 1", "Item Weeks", "Maps 2"]
    assert rows[3].header == rows[2].span
    assert rows[0].span != rows[2].span


def test_an_answer_without_tables_has_no_rows() -> None:
    assert rows_of("Item Weeks\n\nMaps 1")[1] == []
