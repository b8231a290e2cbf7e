"""Excel workbooks: each sheet is a table, read by openpyxl row by row; formulas count as what they last gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from faqkb.ingest.imported.archives import TAGS, Part, elements_called
from faqkb.ingest.imported.tables.reading import CELLS, Row, Table
from faqkb.kb.errors import ContentError

_PARTS = "xl/workbook.xml"
_TAGS_READ = 2 * TAGS  # of all sheets together, where each is the longest part: several can be the same one


def is_workbook(parts: Mapping[str, Part]) -> bool:
    """Whether the parts of an archive are those of a workbook."""
    return _PARTS in parts


def read_workbook(path: Path, parts: Mapping[str, Part]) -> Iterator[tuple[str, Table]]:
    """Yield the name and the table of each sheet that holds anything. Raises ContentError."""
    sheets = elements_called(path, "sheet")
    if sheets * max(part.tags for part in parts.values()) > _TAGS_READ:
        raise ContentError(
            f"{path.name}: {sheets:,} sheets, which are too long for so many; split it into several files"
        )
    try:
        import openpyxl  # noqa: PLC0415 - only who imports Excel has it
    except ImportError as error:
        raise ContentError(
            f"{path.name}: Excel needs openpyxl; pip install 'faqkb[import]', or save the sheet as CSV in UTF-8"
        ) from error
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # a file that no Excel wrote can fail anywhere in the library
        raise ContentError(f"{path.name}: no workbook ({error}); save it again, or as CSV in UTF-8") from error
    try:
        left = CELLS
        for sheet in workbook.worksheets:
            rows = []
            for row in _rows(sheet, path):
                left -= max(len(row.cells), 1)
                if left < 0:
                    raise ContentError(f"{path.name}: more than {CELLS:,} cells; split it into several files")
                if any(row.cells):
                    rows.append(row)
            if rows:
                yield sheet.title, Table(tuple(cell.strip() for cell in rows[0].cells), rows[1:])
    finally:
        workbook.close()


def _rows(sheet: Any, path: Path) -> Iterator[Row]:
    """Yield the rows of a sheet, empty ones too. Raises ContentError."""
    sheet.reset_dimensions()  # what a sheet claims of its size may be anything: 17 thousand million cells
    cells = sheet.iter_rows(values_only=True)
    number = 0
    while True:
        try:
            values = next(cells, None)
        except Exception as error:  # a cell that no Excel wrote, such as the 99th day of a month
            raise ContentError(
                f"{path.name}, sheet {sheet.title!r}: row {number + 1} cannot be read ({error}); correct it, or save"
                " the sheet as CSV in UTF-8"
            ) from error
        if values is None:
            return
        number += 1
        yield Row(number, [_text(cell) for cell in values])


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
