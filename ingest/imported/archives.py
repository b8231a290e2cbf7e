"""Files of Excel and Word are archives of XML: what would grow beyond bounds is refused before a library opens it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from faqkb.kb.errors import ContentError

UNPACKED_BYTES = 100_000_000  # of all parts; a workbook of 17 MB has about as much
_PARTS = 5_000
_XML = (".xml", ".rels")
_TYPES = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))


def parts_of(path: Path) -> dict[str, int]:
    """Return the parts of an archive that is safe to open, and their bytes. Raises ContentError, OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if size > UNPACKED_BYTES or len(parts) > _PARTS:
                raise ContentError(
                    f"{path.name}: unpacks to {size:,} bytes in {len(parts):,} parts (limit {UNPACKED_BYTES:,} in"
                    f" {_PARTS:,}); save its text as CSV or Markdown"
                )
            for part in parts:
                if part.filename.endswith(_XML) and _declares_a_type(archive.read(part)):
                    raise ContentError(
                        f"{path.name}: {part.filename} declares a document type, which Office never writes; it is not"
                        " to be trusted"
                    )
            return {part.filename: part.file_size for part in parts}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:  # damaged, or with a password
        raise ContentError(f"{path.name}: an archive that cannot be read ({error}); save it again") from error


def _declares_a_type(xml: bytes) -> bool:
    """Whether XML may hold entities, which can grow without end."""
    return any(declaration in xml for declaration in _TYPES)
