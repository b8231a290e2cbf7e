"""What `--fix` writes: the edits that change no answer, and not one byte of the rest."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from faqkb.ingest.linted.findings import Edit, Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.page.encodings import decode
from faqkb.kb.disk import replace_file, storage_errors
from faqkb.kb.errors import ContentError

# How the bytes of each encoding are made again, mark and all. The longer marks first, as in `page/encodings.py`.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)


def fix_file(linted: Linted, findings: Sequence[Finding]) -> int:
    """Write what the findings of a file can mend into it; return how many were mended.

    The file is replaced in one step and keeps its mode; a link stays one, and what it leads to is replaced.
    Raises ContentError where the file has changed since it was read or cannot be written byte for byte again, and
    StorageFailed.
    """
    edits = sorted({finding.edit for finding in findings if finding.edit}, key=lambda edit: (edit.line, edit.column))
    if not edits:
        return 0
    path = Path(os.path.realpath(linted.file.path))
    with storage_errors(path, outcome="nothing was changed"):
        content = path.read_bytes()
        if content != linted.content:
            raise ContentError(f"{linted.name}: was changed by somebody else meanwhile; run `faq lint --fix` again")
        fixed, count = edited(content, linted.name, edits)
        if fixed != content:
            replace_file(path, fixed, stat.S_IMODE(path.stat().st_mode))
    return count


def edited(content: bytes, name: str, edits: Sequence[Edit]) -> tuple[bytes, int]:
    """Return the bytes of a file with the edits made, and how many were; all else is the same.

    Raises ContentError where the bytes do not come back the same from their text.
    """
    mark, encoding = next((pair for pair in _MARKS if content.startswith(pair[0])), (b"", ""))
    encoding = encoding or decode(content, name).encoding
    text = content[len(mark) :].decode(encoding)
    if mark + text.encode(encoding) != content:
        raise ContentError(f"{name}: its bytes do not come back from its text ({encoding}); save it as UTF-8 first")
    lines = _lines_of(text)
    count = 0
    for edit in reversed(edits):  # from the end, so that columns stay what they were
        line = lines[edit.line - 1] if edit.line <= len(lines) else ""
        if line.startswith(edit.removed, edit.column) and edit.column < len(line):
            lines[edit.line - 1] = line[: edit.column] + edit.added + line[edit.column + len(edit.removed) :]
            count += 1
    return mark + "".join(lines).encode(encoding), count


def _lines_of(text: str) -> list[str]:
    r"""Return the lines with their ends: `\n`, `\r\n` or `\r` and no other, as the reading counts them."""
    lines: list[str] = []
    start = at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\r" and text.startswith("\n", at):
            at += 1
        if char in "\r\n":
            lines.append(text[start:at])
            start = at
    return [*lines, text[start:]]
