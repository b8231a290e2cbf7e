"""The part that the readers of weight files share: an array without its numbers, and what such a file may not be."""

from __future__ import annotations

# --- part array_file ---
from dataclasses import dataclass
from typing import IO

MAX_KEPT_BYTES = 4096  # of a text; names are shorter, what is longer are numbers
MAX_ENTRIES = 200_000  # arrays and values of a file, counted through nested tables


@dataclass
class Array:
    """An array without its numbers."""

    shape: tuple[int, ...] = ()
    dtype: str = "float32"

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


class Refused(Exception):
    """The file would run something when it is loaded; the text names it."""


class Damaged(Exception):
    """The file is not what it seems to be; the text says where it stops making sense."""


def _exactly(stream: IO[bytes], count: int) -> bytes:
    found = stream.read(count)
    if len(found) < count:
        raise Damaged(f"it ends in the middle, at byte {stream.tell()}")
    return found


def _skip(stream: IO[bytes], count: int, size: int) -> None:
    if stream.tell() + count > size:
        raise Damaged(f"it ends in the middle: {stream.tell() + count - size} more bytes should follow byte {size}")
    stream.seek(count, 1)


# --- end of part array_file ---
