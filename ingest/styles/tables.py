"""A style whose questions are rows of a table, known by the titles of its columns or by its shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faqkb.ingest.page.inline import inline_of
from faqkb.ingest.page.model import Block, Kind
from faqkb.ingest.styles.regions import Region
from faqkb.ingest.styles.spans import Name, Span, name_of
from faqkb.ingest.styles.words import is_answer_column, is_question_column


def table_rows(region: Region) -> tuple[Span, ...]:
    """Return the rows of tables whose columns are titled as questions and answers."""
    return tuple(span for block in _tables(region) if _known(region, block) for span in _rows(region, block))


def other_rows(region: Region) -> tuple[Span, ...]:
    """Return the rows of other tables: the first column asks, all others answer."""
    return tuple(span for block in _tables(region) if not _known(region, block) for span in _rows(region, block))


def _tables(region: Region) -> Iterator[Block]:
    return (block for _, block in region.blocks() if block.kind is Kind.TABLE and len(block.rows[0]) > 1)


def _known(region: Region, table: Block) -> bool:
    header = _plain(region, table.rows[0])
    return any(map(is_question_column, header)) and any(map(is_answer_column, header))


def _plain(region: Region, row: Sequence[str]) -> list[str]:
    return [inline_of(cell, region.page.references).text for cell in row]


def _rows(region: Region, table: Block) -> Iterator[Span]:
    page = region.page
    header = _plain(region, table.rows[0])
    question = next((i for i, title in enumerate(header) if is_question_column(title)), 0)
    answers = [i for i, title in enumerate(header) if is_answer_column(title) and i != question]
    others = answers or [i for i in range(len(header)) if i != question]
    known = bool(answers) and is_question_column(header[question])
    for number, row in enumerate(table.rows[1:], 1):
        line = table.line + number + 1
        start = page.line_starts[line - 1]
        end = start + len(page.line_text(line - 1))
        name = name_of(_plain(region, row)[question])
        yield Span(
            Name(name.question, name.number, known), None, line, start, end, end, answer=_answer(header, row, others)
        )


def _answer(header: Sequence[str], row: Sequence[str], columns: Sequence[int]) -> str:
    """Return the cells that answer; of several, each with the title of its column."""
    cells = [(header[i], row[i].strip()) for i in columns if i < len(row) and row[i].strip()]
    if len(columns) == 1 or not all(title for title, _ in cells):
        return "\n\n".join(cell for _, cell in cells)
    return "\n\n".join(f"**{title}**: {cell}" for title, cell in cells)
