"""The arrays that embeddings are: of whole texts, and of each of their tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import SnapshotDamaged

Vector = npt.NDArray[np.float32]
"""(dim,) float32, L2 norm 1."""
Matrix = npt.NDArray[np.float32]
"""(rows, dim) float32, every row of L2 norm 1."""
Halves = npt.NDArray[np.float16]
"""(rows, dim) float16: the same as a snapshot keeps them, in half of the memory."""
TokenVectors = npt.NDArray[np.float32]
"""(tokens, dim) float32, every row of L2 norm 1, in reading order; prompt and special tokens are left out."""
TokenCodes = npt.NDArray[np.int8]
"""(tokens, dim) int8: token vectors at a fixed scale, so that equal vectors have equal codes in every snapshot."""
PackedCodes = npt.NDArray[np.uint8]
"""(tokens, dim / 2) uint8: token vectors as a snapshot keeps them, four bits a coordinate (`Packing`)."""
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


_LEVELS = 16  # of a coordinate
_LARGEST_STEP = 16  # 15 of them, and a code fits still
_STEP = 0.335  # of its deviation: loses least of what is normally distributed (Max 1960, uniform, 16 levels)


@dataclass(frozen=True, slots=True)
class Packing:
    """How token codes are kept in four bits a coordinate: as multiples of a step above a base, both of its own.

    Coordinates have means of up to two and deviations that differ threefold: one range for all of them costs 0.013 of
    recall@1, a range for each of them nothing that can be measured. The first half of the coordinates is in the low
    half of the bytes.
    """

    base: npt.NDArray[np.int16]
    """Shape (dim,): the code of level 0."""
    step: npt.NDArray[np.int16]
    """Shape (dim,), 1 or more; level 15 is still a code."""

    @classmethod
    def of(cls, codes: TokenCodes) -> Packing:
        """Return the packing for codes like these, at least one."""
        centre = np.rint(codes.mean(axis=0, dtype=np.float64))
        step = np.clip(np.rint(_STEP * codes.std(axis=0, dtype=np.float64)), 1, _LARGEST_STEP)
        lowest = np.clip(centre - step * (_LEVELS // 2) + step // 2, -127, 127 - step * (_LEVELS - 1))
        return cls(lowest.astype(np.int16), step.astype(np.int16))

    @classmethod
    def from_bytes(cls, content: bytes, dim: int) -> Packing:
        """Return a stored packing. Raises SnapshotDamaged where it is none."""
        numbers = np.frombuffer(content, dtype=np.int8).astype(np.int16)
        if len(numbers) != 2 * dim or dim % 2:
            raise SnapshotDamaged(f"{len(content)} bytes pack no vectors of {dim}; run `faq ingest` to build it again")
        base, step = numbers[:dim], numbers[dim:]
        if np.any(step < 1) or np.any(base + step * (_LEVELS - 1) > 127):
            raise SnapshotDamaged("token vectors are packed beyond their range; run `faq ingest` to build it again")
        return cls(base, step)

    def to_bytes(self) -> bytes:
        """Return the packing as it is stored."""
        return np.concatenate([self.base, self.step]).astype(np.int8).tobytes()

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return len(self.base)

    def pack(self, codes: TokenCodes) -> PackedCodes:
        """Return codes as they are kept: each coordinate at its nearest level."""
        above = codes.astype(np.int16) - self.base + self.step // 2
        levels = np.clip(above // self.step, 0, _LEVELS - 1).astype(np.uint8)
        half = self.dim // 2
        packed: PackedCodes = levels[:, :half] | (levels[:, half:] << 4)
        return packed

    def unpack(self, packed: PackedCodes) -> TokenCodes:
        """Return the codes of what is kept; packed again they are the same."""
        levels = np.concatenate([packed & (_LEVELS - 1), packed >> 4], axis=1).astype(np.int16)
        codes: TokenCodes = (self.base + levels * self.step).astype(np.int8)
        return codes

    def rounded(self, codes: TokenCodes) -> TokenCodes:
        """Return codes as they are after they were kept: what is worked out of them is the same before and after."""
        return self.unpack(self.pack(codes))
