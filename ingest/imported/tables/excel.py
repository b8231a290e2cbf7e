"""Excel workbooks: each sheet is a table, read by openpyxl row by row; formulas count as what they last gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from faqkb.ingest.imported.tables.reading import Row, Table
from faqkb.kb.errors import ContentError

_PARTS = "xl/workbook.xml"
_CELLS = 2_000_000  # of a workbook; an empty sheet can claim 17 thousand million


def is_workbook(parts: Mapping[str, int]) -> bool:
    """Whether the parts of an archive are those of a workbook."""
    return _PARTS in parts


def read_workbook(path: Path) -> Iterator[tuple[str, Table]]:
    """Yield the name and the table of each sheet that holds anything. Raises ContentError."""
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
        left = _CELLS
        for sheet in workbook.worksheets:
            sheet.reset_dimensions()  # what a sheet claims of its size may be anything
            rows = []
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                left -= max(len(cells), 1)
                if left < 0:
                    raise ContentError(f"{path.name}: more than {_CELLS:,} cells; split it into several files")
                if any(cell is not None for cell in cells):
                    rows.append(Row(number, [_text(cell) for cell in cells]))
            if rows:
                yield sheet.title, Table(tuple(cell.strip() for cell in rows[0].cells), rows[1:])
    finally:
        workbook.close()


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
