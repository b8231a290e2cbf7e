"""Text as a cell of a CSV file: a spreadsheet takes what begins like a formula for one, whoever wrote it."""

from __future__ import annotations

import re

# What a spreadsheet computes (OWASP, CSV Injection); the wide forms are what it makes plain ones of in Asia.
_FORMULA_STARTS = r"=+\-@\t\r\n＝＋－＠"
# At the beginning, and behind a semicolon: where the list separator is one, as in most of Europe, a cell ends there.
_UNSAFE = re.compile(rf"(\A|;)('*+)(?=[{_FORMULA_STARTS}])")
_MADE_SAFE = re.compile(rf"(\A|;)'('*+)(?=[{_FORMULA_STARTS}])")


def as_cell(text: str) -> str:
    """Return a text with an apostrophe before each place that a spreadsheet would compute; `from_cell` takes it out."""
    return _UNSAFE.sub(r"\1'\2", text)


def from_cell(cell: str) -> str:
    """Return the text that `as_cell` was given."""
    return _MADE_SAFE.sub(r"\1\2", cell)
