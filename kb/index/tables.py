"""Which lines of an answer's plain text are rows of a table, and which line heads them.

The plain text gives a row as one line with nothing between its cells; the answer's HTML knows where tables are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table, as characters of the plain text."""

    span: range
    header: range | None
    """The line of its column headings; None of that line itself, and in a table without."""
    is_header: bool


@dataclass(slots=True)
class _Row:
    letters: str
    is_header: bool


class _Tables(HTMLParser):
    """Collects the rows of the outermost tables."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[_Row]] = []
        self._open = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open += 1
            if self._open == 1:
                self.tables.append([])
        elif self._open == 1 and tag == "tr":
            self.tables[-1].append(_Row("", is_header=True))
        elif self._open == 1 and tag == "td" and self.tables[-1]:
            self.tables[-1][-1].is_header = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._open:
            self._open -= 1

    def handle_data(self, data: str) -> None:
        if self._open and self.tables[-1]:
            self.tables[-1][-1].letters += _letters(data)


def table_rows(answer_text: str, answer_html: str) -> Iterator[TableRow]:
    """Yield the rows of the tables of an answer, in order; a row whose line is not found is left out."""
    if "<table" not in answer_html:
        return
    parser = _Tables()
    parser.feed(answer_html)
    lines = list(_lines(answer_text))
    places: dict[str, list[int]] = {}
    for number, (_, letters) in enumerate(lines):
        places.setdefault(letters, []).append(number)
    after = -1
    for rows in parser.tables:
        header: range | None = None
        for row in rows:
            at = next((number for number in places.get(row.letters, ()) if number > after), None)
            if at is None or not row.letters:
                continue
            after = at
            span = lines[at][0]
            yield TableRow(span, None if row.is_header else header, row.is_header)
            header = span if row.is_header else header


def _lines(text: str) -> Iterator[tuple[range, str]]:
    start = 0
    for line in text.split("\n"):
        yield range(start, start + len(line)), _letters(line)
        start += len(line) + 1


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
