"""What a reading would look at on disk: a stamp of it that is another one when anything has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from faqkb.ingest.files import SUFFIXES, walk
from faqkb.kb.checks import CHECKS_FOLDER

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"})


class Seen(NamedTuple):
    """A file as a directory tells of it."""

    path: str
    size: int
    """Bytes."""
    changed: int
    """Nanoseconds; the time of the file's content."""
    inode: int
    """Another one where a file was put in the place of the former, whatever its time."""


Stamp = frozenset[Seen]


def content_stamp(paths: Sequence[Path]) -> Stamp:
    """Return the stamp of the Markdown, the pictures and the check scripts of some PATHs.

    Nothing is opened. What cannot be looked at counts as not there: whoever reads it says why.
    """
    return frozenset(seen for path in paths for seen in _looked_at(path))


def _looked_at(path: Path) -> Iterator[Seen]:
    is_folder = path.is_dir()
    folder = path if is_folder else path.parent
    beside = walk(folder, SUFFIXES | _PICTURES, lambda error: None) if is_folder else _beside(path)
    for file in (*beside, *(folder / CHECKS_FOLDER).glob("*.py")):
        try:
            status = file.stat()
        except (OSError, ValueError):  # gone meanwhile; a NUL byte in the name
            continue
        yield Seen(str(file), status.st_size, status.st_mtime_ns, status.st_ino)


def _beside(path: Path) -> Iterator[Path]:
    """Yield a file and the pictures in its folder."""
    yield path
    try:
        yield from (file for file in path.parent.iterdir() if file.suffix.lower() in _PICTURES)
    except OSError:
        return
