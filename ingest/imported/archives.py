"""Files of Excel and Word are archives of XML: what would grow beyond bounds is refused before a library opens it.

A part is XML by what it holds: the libraries find their parts by lists in the archive, which may give any name to any.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.errors import ContentError

UNPACKED_BYTES = 100_000_000  # of all parts; a workbook of 17 MB has about as much
TAGS = 4_000_000  # of all parts, 100,000 rows of five cells: the libraries keep an object of each, 500 MB of them
_PARTS = 5_000
_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # marks of encodings, and blanks


@dataclass(frozen=True, slots=True)
class Part:
    """A file within an archive."""

    bytes: int
    tags: int
    """How many `<` it holds where it is XML, else 0."""


def parts_of(path: Path) -> dict[str, Part]:
    """Return the parts of an archive that is safe to open. Raises ContentError, OSError."""
    with _opened(path) as archive:
        listed = archive.infolist()
        size = sum(part.file_size for part in listed)
        if size > UNPACKED_BYTES or len(listed) > _PARTS:
            raise ContentError(
                f"{path.name}: unpacks to {size:,} bytes in {len(listed):,} parts (limit {UNPACKED_BYTES:,} in"
                f" {_PARTS:,}); save its text as CSV or Markdown"
            )
        parts = {}
        for name, content in _contents(archive, path):
            why = _why_not(content)
            if why:
                raise ContentError(f"{path.name}: {name} {why}, which Office never does; it is not to be trusted")
            parts[name] = Part(len(content), content.count(b"<") if _is_xml(content) else 0)
    tags = sum(part.tags for part in parts.values())
    if tags > TAGS:
        raise ContentError(f"{path.name}: holds {tags:,} tags (limit {TAGS:,}); split it into several files")
    return parts


def elements_called(path: Path, name: str) -> int:
    """Return how many elements of a name the parts hold, however they are prefixed. Raises ContentError, OSError."""
    tag = re.compile(rf"<(?:[\w.-]{{1,100}}:)?{re.escape(name)}[\s/>]".encode())
    with _opened(path) as archive:
        return sum(len(tag.findall(content)) for _, content in _contents(archive, path) if _is_xml(content))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise _unreadable(path, error) from error


def _contents(archive: zipfile.ZipFile, path: Path) -> Iterator[tuple[str, bytes]]:
    for part in archive.infolist():
        try:
            yield part.filename, archive.read(part)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
            raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ContentError:
    """Return what is said of a damaged archive, or one with a password."""
    return ContentError(f"{path.name}: an archive that cannot be read ({error}); save it again")


def _why_not(content: bytes) -> str:
    """Return what makes XML no XML of Office, empty where nothing does."""
    if not _is_xml(content):
        return ""
    if b"\0" in content:
        return "is in another encoding than UTF-8"
    return "declares a document type" if b"<!DOCTYPE" in content else ""  # entities can grow without end


def _is_xml(content: bytes) -> bool:
    return content.lstrip(_BEFORE_XML).startswith(b"<")
