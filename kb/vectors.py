"""The arrays that embeddings are: of whole texts, and of each of their tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
"""(dim,) float32, L2 norm 1."""
Matrix = npt.NDArray[np.float32]
"""(rows, dim) float32, every row of L2 norm 1."""
TokenVectors = npt.NDArray[np.float32]
"""(tokens, dim) float32, every row of L2 norm 1, in reading order; prompt and special tokens are left out."""
TokenCodes = npt.NDArray[np.int8]
"""(tokens, dim) int8: token vectors at a fixed scale, so that equal vectors have equal codes in every snapshot."""
Scores = npt.NDArray[np.float32]
"""(texts,) float32: mean over the query's tokens of the best cosine in each text."""

Similarities = npt.NDArray[np.float32]
"""(texts, tokens) float32: best cosine of each of the query's tokens in each text."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the encoder makes of one text."""

    vector: Vector
    """Of the whole text."""
    tokens: TokenVectors
    """Of each token; a text without any is its own one token."""
