"""Late interaction: every token of a query against every token of a record.

A pooled vector blurs a long answer; here each query token looks for its best match among the tokens of a text, and the
matches are averaged (ColBERT's MaxSim: Khattab and Zaharia 2020, arXiv 2004.12832), with the encoder's own token
vectors, untrained for it. Token vectors are kept as int8, which changes a score by at most 0.002 (138 records).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faqkb.kb import limits
from faqkb.kb.vectors import Scores, Similarities, TokenCodes, TokenVectors

# A coordinate of a unit vector is about 1 / sqrt(dim); the largest of 12 million seen was 5.3 times that.
_DEVIATIONS = 6.0
_BLOCK_ROWS = 512  # 0.8 MB at 384 dimensions
_of_thread = threading.local()


def quantise(tokens: TokenVectors) -> TokenCodes:
    """Return the codes of token vectors."""
    codes: TokenCodes = np.clip(np.rint(tokens / _step(tokens.shape[1])), -127, 127).astype(np.int8)
    return codes


def dequantise(codes: TokenCodes) -> TokenVectors:
    """Return the token vectors of codes, within half a step."""
    return codes.astype(np.float32) * _step(codes.shape[1])


def _step(dim: int) -> np.float32:
    return np.float32(_DEVIATIONS / np.sqrt(dim) / 127)


class TokenIndex:
    """The token vectors of a snapshot, read from disk where they are needed."""

    def __init__(self, codes: TokenCodes) -> None:
        self._codes = codes

    @classmethod
    def open(cls, path: Path, dim: int) -> TokenIndex:
        """Map a file of codes into memory; the caller has checked its sha256."""
        if not path.stat().st_size:
            return cls(np.empty((0, dim), dtype=np.int8))
        return cls(np.asarray(np.memmap(path, dtype=np.int8, mode="r")).reshape(-1, dim))

    @property
    def rows(self) -> int:
        """Number of token vectors."""
        return len(self._codes)

    def codes(self, span: range) -> TokenCodes:
        """Return the codes of consecutive rows."""
        return self._codes[span.start : span.stop]

    def scores(self, query: TokenVectors, spans: Sequence[range]) -> Scores:
        """Return how well each text, given as its rows, at least one, matches the query's first tokens."""
        mean: Scores = self.matches(query, spans).mean(axis=1)
        return mean

    def matches(self, query: TokenVectors, spans: Sequence[range]) -> Similarities:
        """Return the best match of each of the query's first tokens in each text, shape (texts, tokens)."""
        # Scaling the few query vectors is the same as scaling the many tokens.
        scaled = np.ascontiguousarray(query[: limits.LATE_TOKENS].T) * _step(query.shape[1])
        if not spans:
            return np.empty((0, scaled.shape[1]), dtype=np.float32)
        lengths = np.array([len(span) for span in spans])
        similarities = np.empty((lengths.sum(), scaled.shape[1]), dtype=np.float32)
        # In blocks that stay in the processor's cache: all at once takes twice as long, most of it for fresh memory.
        at = 0
        for block in self._blocks(spans):
            np.matmul(block, scaled, out=similarities[at : at + len(block)])
            at += len(block)
        best: Similarities = np.maximum.reduceat(similarities, np.cumsum(lengths) - lengths, axis=0)
        return best

    def _blocks(self, spans: Sequence[range]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the codes of the spans one after the other as float32, so many rows at a time, in the same memory."""
        block = _own_block(self._codes.shape[1])
        filled = 0
        for span in spans:
            start = span.start
            while start < span.stop:
                rows = min(span.stop - start, _BLOCK_ROWS - filled)
                block[filled : filled + rows] = self._codes[start : start + rows]
                start, filled = start + rows, filled + rows
                if filled == _BLOCK_ROWS:
                    yield block
                    filled = 0
        if filled:
            yield block[:filled]


def _own_block(dim: int) -> npt.NDArray[np.float32]:
    """Return the calling thread's memory for one block."""
    block: npt.NDArray[np.float32] | None = getattr(_of_thread, "block", None)
    if block is None or block.shape[1] != dim:
        block = _of_thread.block = np.empty((_BLOCK_ROWS, dim), dtype=np.float32)
    return block
