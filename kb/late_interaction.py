"""Late interaction: every token of a query against every token of a record.

A pooled vector blurs a long answer; here each query token looks for its best match among the tokens of a text, and the
matches are averaged (ColBERT's MaxSim: Khattab and Zaharia 2020, arXiv 2004.12832), with the encoder's own token
vectors, untrained for it. Token vectors are kept as int8, which changes a score by at most 0.002 (138 records).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb import limits
from kb.dense import Vector

TokenVectors = npt.NDArray[np.float32]
"""(tokens, dim) float32, every row of L2 norm 1, in reading order; prompt and special tokens are left out."""
TokenCodes = npt.NDArray[np.int8]
"""(tokens, dim) int8: token vectors at a fixed scale, so that equal vectors have equal codes in every snapshot."""
Scores = npt.NDArray[np.float32]
"""(texts,) float32: mean over the query's tokens of the best cosine in each text."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the encoder makes of one text."""

    vector: Vector
    """Of the whole text."""
    tokens: TokenVectors
    """Of each token; a text without any is its own one token."""


# A coordinate of a unit vector is about 1 / sqrt(dim); the largest of 12 million seen was 5.3 times that.
_DEVIATIONS = 6.0


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
        if not spans:
            return np.empty(0, dtype=np.float32)
        lengths = np.array([len(span) for span in spans])
        starts = np.cumsum(lengths) - lengths
        tokens = np.concatenate([self.codes(span) for span in spans]).astype(np.float32)
        # Scaling the few query vectors is the same as scaling the many tokens.
        scaled = query[: limits.LATE_TOKENS] * _step(query.shape[1])
        mean: Scores = np.maximum.reduceat(tokens @ scaled.T, starts, axis=0).mean(axis=1)
        return mean
