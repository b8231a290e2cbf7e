"""Late interaction: every token of a query against every token of a record.

A pooled vector blurs a long answer; here each query token looks for its best match among the tokens of a text, and the
matches are averaged (ColBERT's MaxSim: Khattab and Zaharia 2020, arXiv 2004.12832), with the encoder's own token
vectors, untrained for it. Token vectors are kept in four bits a coordinate (`Packing`).
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from faqkb.kb import limits
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.vectors import PackedCodes, Packing, Scores, Similarities, TokenCodes, TokenVectors

# A coordinate of a unit vector is about 1 / sqrt(dim); the largest of 12 million seen was 5.3 times that.
_DEVIATIONS = 6.0
_BLOCK_ROWS = 512  # 0.8 MB at 384 dimensions
_of_thread = threading.local()


def quantise(tokens: TokenVectors) -> TokenCodes:
    """Return the codes of token vectors."""
    codes: TokenCodes = np.clip(np.rint(tokens / code_step(tokens.shape[1])), -127, 127).astype(np.int8)
    return codes


def dequantise(codes: TokenCodes) -> TokenVectors:
    """Return the token vectors of codes, within half a step."""
    return codes.astype(np.float32) * code_step(codes.shape[1])


def code_step(dim: int) -> np.float32:
    """Return what one unit of a code of vectors of that length is."""
    return np.float32(_DEVIATIONS / np.sqrt(dim) / 127)


class TokenReader(Protocol):
    """Token vectors, wherever they lie."""

    def scores(self, query: TokenVectors, spans: Sequence[range]) -> Scores:
        """Return how well each text, given as its rows, at least one, matches the query's first tokens."""

    def matches(self, query: TokenVectors, spans: Sequence[range]) -> Similarities:
        """Return the best match of each of the query's first tokens in each text, shape (texts, tokens)."""

    def close(self) -> None:
        """Let go of files and memory."""


class TokenIndex:
    """The token vectors of a snapshot, read from disk where they are needed; any number of threads may.

    Read, not mapped: a mapped file that somebody cuts short ends the process with SIGBUS. A question reads about 100
    texts of it, which takes 0.1 ms more, and none of them stays in our memory.
    """

    def __init__(self, paths: Sequence[Path], packing: Packing) -> None:
        """Open files of packed codes, whose rows are counted from the first on; the caller has checked their sha256.

        Raises SnapshotDamaged.
        """
        self._paths = tuple(paths)
        self.packing = packing
        """How they are kept."""
        self._width = packing.dim // 2
        self._files = [path.open("rb", buffering=0) for path in paths]
        sizes = [os.fstat(file.fileno()).st_size for file in self._files]
        for path, size in zip(paths, sizes, strict=True):
            if size % self._width:
                self.close()
                raise self._damaged(f"{size} bytes are no vectors of {packing.dim}", path)
        self.starts = (0, *accumulate(size // self._width for size in sizes))
        """First row of each file, and the end of the last."""
        self.rows = self.starts[-1]
        """Number of token vectors."""

    def close(self) -> None:
        """Close the files; the index is not used afterwards."""
        for file in self._files:
            file.close()

    def file_of(self, row: int) -> int:
        """Return which of the files has a row, 0-based."""
        return bisect_right(self.starts, row) - 1

    def codes(self, span: range) -> TokenCodes:
        """Return the codes of consecutive rows. Raises SnapshotDamaged where the file has none any more."""
        return self.packing.unpack(self.packed(span))

    def packed(self, span: range) -> PackedCodes:
        """Return consecutive rows as they are kept. Raises SnapshotDamaged where the file has none any more."""
        found = np.empty((len(span), self._width), dtype=np.uint8)
        self._read(span.start, found)
        return found

    def scores(self, query: TokenVectors, spans: Sequence[range]) -> Scores:
        """Return how well each text, given as its rows, at least one, matches the query's first tokens.

        Raises SnapshotDamaged as `codes` does.
        """
        mean: Scores = self.matches(query, spans).mean(axis=1)
        return mean

    def matches(self, query: TokenVectors, spans: Sequence[range]) -> Similarities:
        """Return the best match of each of the query's first tokens in each text, shape (texts, tokens)."""
        # Scaling and moving the few query vectors is the same as scaling and moving the many tokens.
        asked = query[: limits.LATE_TOKENS] * code_step(query.shape[1])
        scaled = np.ascontiguousarray((asked * self.packing.step).T)
        if not spans:
            return np.empty((0, scaled.shape[1]), dtype=np.float32)
        for span in spans:
            self._check(span.start, span.stop)
        lengths = np.array([len(span) for span in spans])
        similarities = np.empty((lengths.sum(), scaled.shape[1]), dtype=np.float32)
        # In blocks that stay in the processor's cache: all at once takes twice as long, most of it for fresh memory.
        at = 0
        for block in self._blocks(spans):
            np.matmul(block, scaled, out=similarities[at : at + len(block)])
            at += len(block)
        best: Similarities = np.maximum.reduceat(similarities, np.cumsum(lengths) - lengths, axis=0)
        return best + asked @ self.packing.base.astype(np.float32)

    def _blocks(self, spans: Sequence[range]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the levels of the spans one after the other as float32, so many rows at a time, in the same memory."""
        block, codes, levels = _own_blocks(self.packing.dim)
        filled = 0
        for span in spans:
            start = span.start
            while start < span.stop:
                rows = min(span.stop - start, _BLOCK_ROWS - filled)
                self._read(start, codes[filled : filled + rows])
                start, filled = start + rows, filled + rows
                if filled == _BLOCK_ROWS:
                    yield _levels(codes, levels, block)
                    filled = 0
        if filled:
            yield _levels(codes[:filled], levels[:filled], block[:filled])

    def _read(self, row: int, into: PackedCodes) -> None:
        """Fill an array with the codes from a row on."""
        self._check(row, row + len(into))
        if not len(into):
            return
        at = self.file_of(row)
        if row + len(into) > self.starts[at + 1]:
            raise self._damaged(f"the token vectors {row} to {row + len(into)} are of two files", self._paths[at])
        offset = (row - self.starts[at]) * self._width
        if os.preadv(self._files[at].fileno(), [into.data], offset) != into.nbytes:
            raise self._damaged("it was cut short while it was open", self._paths[at])

    def _check(self, start: int, stop: int) -> None:
        """Refuse rows that no file has, before memory is asked for them. Raises SnapshotDamaged."""
        if not 0 <= start <= stop <= self.rows:
            raise self._damaged(f"no token vectors {start} to {stop} among {self.rows}", self._paths[0].parent)

    def _damaged(self, what: str, path: Path) -> SnapshotDamaged:
        return SnapshotDamaged(f"{path}: {what}; run `faq ingest` to build it again")


def _levels(codes: PackedCodes, levels: PackedCodes, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Fill a block with the levels of packed codes, by way of memory for them."""
    half = codes.shape[1]
    np.bitwise_and(codes, 15, out=levels)
    np.copyto(block[:, :half], levels)
    np.right_shift(codes, 4, out=levels)
    np.copyto(block[:, half:], levels)
    return block


def _own_blocks(dim: int) -> tuple[npt.NDArray[np.float32], PackedCodes, PackedCodes]:
    """Return the calling thread's memory for one block: as numbers, as it is kept, and for levels on their way."""
    blocks: tuple[npt.NDArray[np.float32], PackedCodes, PackedCodes] | None = getattr(_of_thread, "blocks", None)
    if blocks is None or blocks[0].shape[1] != dim:
        packed = _BLOCK_ROWS, dim // 2
        blocks = (
            np.empty((_BLOCK_ROWS, dim), dtype=np.float32),
            np.empty(packed, dtype=np.uint8),
            np.empty(packed, dtype=np.uint8),
        )
        _of_thread.blocks = blocks
    return blocks
