"""Bytes that are read where they are needed: of a file, or of what lies on another machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class ByteSource(Protocol):
    """Bytes that never change; any number of threads may read."""

    @property
    def name(self) -> str:
        """What an error calls it."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    def read_into(self, at: int, found: memoryview) -> int:
        """Fill memory with the bytes from a place on; return how many there were."""

    def close(self) -> None:
        """Let go of it."""


class FileBytes:
    """A file. Read, not mapped: one that is cut short must not end the process."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def read_into(self, at: int, found: memoryview) -> int:
        """Fill memory with the bytes from a place on; return how many there were."""
        return os.preadv(self._file.fileno(), [found], at)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
