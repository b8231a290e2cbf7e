"""What was embedded by a build that is not published yet: written as it comes, so that memory stays small and a kill
costs only the text that was being embedded.

The file lies beside the snapshots and goes with the publish. Each row carries its own hash: what a kill left half
written is cut off, and so is everything after a row that rotted.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from faqkb.kb.disk import PRIVATE
from faqkb.kb.foreign.owner import foreign_owner
from faqkb.kb.vectors import TokenCodes, Vector

FILE = "embedded.part"
_HASH_BYTES, _KEY_BYTES = 8, 32
_MOST_TOKENS = 100_000  # of a text: far beyond what an encoder reads


class Journal:
    """The embedded texts of one encoder, by passage key. Raises OSError where the disk does not take one."""

    def __init__(self, file: BinaryIO, encoder: str, dim: int) -> None:
        self._file = file
        self._dim = dim
        self._places: dict[str, tuple[int, int]] = {}
        self._end = self._read_header(f"faqkb embedded 1 {encoder} {dim}\n".encode())
        self._read_rows()

    def __contains__(self, key: str) -> bool:
        """Say whether a text was embedded."""
        return key in self._places

    def add(self, key: str, vector: Vector, tokens: TokenCodes) -> None:
        """Keep what was made of a text."""
        row = (
            bytes.fromhex(key)
            + struct.pack("<I", len(tokens))
            + vector.astype("<f2").tobytes()
            + np.ascontiguousarray(tokens).tobytes()
        )
        content = _hash(row) + row
        self._file.seek(self._end)
        self._file.write(content)
        self._places[key] = self._end, len(tokens)
        self._end += len(content)

    def vector(self, key: str) -> Vector:
        """Return the vector of a text, as an index gives it back."""
        at, _ = self._places[key]
        content = self._read(at + _HASH_BYTES + _KEY_BYTES + 4, 2 * self._dim)
        return np.frombuffer(content, dtype="<f2").astype(np.float32)

    def token_count(self, key: str) -> int:
        """Return the number of token vectors of a text."""
        return self._places[key][1]

    def tokens(self, key: str) -> TokenCodes:
        """Return the codes of the token vectors of a text."""
        at, count = self._places[key]
        content = self._read(at + _HASH_BYTES + _KEY_BYTES + 4 + 2 * self._dim, count * self._dim)
        return np.frombuffer(content, dtype=np.int8).reshape(count, self._dim)

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)

    def _read_header(self, header: bytes) -> int:
        self._file.seek(0)
        if self._file.read(len(header)) != header:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(header)
        return len(header)

    def _read_rows(self) -> None:
        """Find the rows that are whole; what comes after them is cut off."""
        self._file.seek(self._end)
        while len(start := self._file.read(_HASH_BYTES + _KEY_BYTES + 4)) == _HASH_BYTES + _KEY_BYTES + 4:
            (count,) = struct.unpack("<I", start[-4:])
            size = (2 + min(count, _MOST_TOKENS)) * self._dim
            rest = self._file.read(size)
            if len(rest) != size or _hash(start[_HASH_BYTES:] + rest) != start[:_HASH_BYTES]:
                break
            self._places[start[_HASH_BYTES:-4].hex()] = self._end, count
            self._end += len(start) + size
        self._file.truncate(self._end)


def _hash(row: bytes) -> bytes:
    return hashlib.sha256(row).digest()[:_HASH_BYTES]


@contextmanager
def open_journal(folder: Path, encoder: str, dim: int) -> Iterator[Journal]:
    """Lend the journal of a knowledge base, made where there is none; the caller holds `writer_lock`.

    One of another user is not read. Raises OSError.
    """
    path = folder / FILE
    if path.is_symlink() or (path.exists() and foreign_owner(path) is not None):
        path.unlink()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE)
    with os.fdopen(descriptor, "r+b") as file:
        yield Journal(file, encoder, dim)


def remove_journal(folder: Path) -> None:
    """Remove it once its texts are published."""
    (folder / FILE).unlink(missing_ok=True)
