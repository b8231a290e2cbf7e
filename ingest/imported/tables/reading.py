"""Text to the rows of a table: comma or tab between cells, quotes where they hold up."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from faqkb.kb.errors import ContentError
from faqkb.kb.limits import FILE_BYTES

TAB = "\t"
CELLS = 2_000_000
"""Of a file at most: each is an object, a row of 8 million commas a gigabyte of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the header."""

    line: int
    """1-based, of its last line in the file."""
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and what stands below it."""

    header: Sequence[str]
    rows: Sequence[Row]

    def cells(self, row: Row) -> list[str]:
        """Return the row's cells as they are written, as many as the header has at least."""
        missing = max(len(self.header) - len(row.cells), 0)
        return [*row.cells, *[""] * missing]

    def name_of(self, column: int) -> str:
        """Return the name of a column, its number where it has none."""
        name = self.header[column] if column < len(self.header) else ""
        return name or f"column {column + 1}"

    def too_wide(self) -> int:
        """Return how many rows have more cells than the header."""
        return sum(len(row.cells) > len(self.header) for row in self.rows)


def read_table(text: str, name: str) -> Table:
    """Return the table of a text. Raises ContentError where it is none."""
    header = text.partition("\n")[0]
    delimiter = TAB if header.count(TAB) > header.count(",") else ","
    table = _read(text, name, delimiter, csv.QUOTE_MINIMAL)
    if delimiter == TAB and (table is None or table.too_wide()):
        # Azure writes quotes as they are: one that begins a cell and never ends would swallow the rows below it.
        plain = _read(text, name, delimiter, csv.QUOTE_NONE)
        table = plain if plain and (table is None or plain.too_wide() < table.too_wide()) else table
    if table is None:
        raise ContentError(f"{name}: a quote in it never ends, so it is no table; save it again from its system")
    return table


def _read(text: str, name: str, delimiter: str, quoting: int) -> Table | None:
    """Return the table, None where a quote never ends. Raises ContentError."""
    csv.field_size_limit(FILE_BYTES)  # a longer answer than we take is told by its row, not by a failure of all
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]
    try:
        header = next(reader, [])
        left = CELLS - len(header)
        rows = []
        for cells in reader:
            left -= len(cells)
            if left < 0:
                raise ContentError(f"{name}: more than {CELLS:,} cells; split it into several files")
            if any(cell.strip() for cell in cells):
                rows.append(Row(reader.line_num, cells))
    except csv.Error:
        return None
    return Table(tuple(cell.strip() for cell in header), rows)
