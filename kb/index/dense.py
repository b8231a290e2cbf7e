"""The vector index: nearest passages by inner product."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.coarse import CoarseIndex
from faqkb.kb.index.places import Among
from faqkb.kb.vectors import Halves, Matrix, Vector

_FEW = 8  # of all rows, one in so many: to look at these alone is faster than to pass by all others
_HALF_BYTES = 2  # of a coordinate
_WITHOUT_SIGN = np.uint16(0x7FFF)
_MOST = np.uint16(0x3C01)  # 1.001 as half a float: a coordinate of a unit vector, with what rounding adds

# One question cannot be shared out among threads, and those that wait for it cost 20 ms on a busy core.
faiss.omp_set_num_threads(1)

Rows = npt.NDArray[np.int64]


def _header(dim: int, rows: int) -> bytes:
    """Return how FAISS begins the file of a scalar quantiser of half floats by inner product.

    Kind, numbers in a vector, vectors, two fields without use, whether it is trained, the metric (0: inner product),
    kind of quantiser (4: half floats), how its range is found and with which argument, numbers in a vector, bytes of a
    code, learned ranges (none), bytes of all codes: `write_index_header`, `write_ScalarQuantizer` in
    faiss/impl/index_write.cpp.
    """
    code = dim * _HALF_BYTES
    return struct.pack(
        "<4siqqqBiiifQQQQ", b"IxSQ", dim, rows, 1 << 20, 1 << 20, 1, 0, 4, 0, 0.0, dim, code, 0, rows * code
    )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A passage near a query."""

    row: int
    """Row of the passage, in the order it was built."""
    score: float
    """Inner product of unit vectors: the cosine, -1..1, higher is nearer."""


class VectorIndex(Protocol):
    """What a store of vectors has to offer; rows are numbered in the order given to `build`."""

    @property
    def rows(self) -> int:
        """Number of vectors."""

    def search_among(self, query: Vector, top_n: int, among: Among | None) -> tuple[Neighbour, ...]:
        """Return the nearest rows, best first; only those of some records when they are given."""

    def vectors(self, rows: Rows | Sequence[int]) -> Matrix:
        """Return the stored vectors of the rows, in the order asked."""

    def close(self) -> None:
        """Let go of memory and connections; the index is not used afterwards."""


class FaissIndex:
    """The embedded index: every vector as half floats, looked through one by one unless there are very many.

    Half floats change a cosine by less than 0.0001, take half of the memory, and are read eight times as fast as floats
    are: a search is as fast as memory. It is the same answer from every build, with nothing trained.
    """

    def __init__(self, index: faiss.IndexScalarQuantizer, coarse: CoarseIndex | None = None) -> None:
        """Take the vectors, and the codes by which very many of them are looked through first."""
        self._index = index
        self._coarse = coarse

    @classmethod
    def build(cls, vectors: Matrix | Halves) -> FaissIndex:
        """Build an index of shape (rows, dim); zero rows are fine."""
        return cls._of_codes(np.ascontiguousarray(vectors, dtype="<f2"))

    @classmethod
    def _of_codes(cls, halves: Halves, coarse: CoarseIndex | None = None) -> FaissIndex:
        index = _empty(halves.shape[1])
        faiss.copy_array_to_vector(halves.reshape(-1).view(np.uint8), index.codes)
        index.ntotal = len(halves)
        return cls(index, coarse)

    @classmethod
    def from_bytes(cls, content: bytes, dim: int, rows: int, coarse: CoarseIndex | None = None) -> FaissIndex:
        """Open a stored index of so many vectors of unit length. Raises SnapshotDamaged for anything else."""
        return cls._of_codes(stored_vectors(content, dim, rows), coarse)

    def to_bytes(self) -> bytes:
        """Return the index as the content of its file."""
        return bytes(faiss.serialize_index(self._index).tobytes())

    @property
    def rows(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    def search_among(self, query: Vector, top_n: int, among: Among | None) -> tuple[Neighbour, ...]:
        """Return the nearest rows, best first; only those of some records when they are given."""
        return self.search(query, top_n, None if among is None else among.rows)

    def search(self, query: Vector, top_n: int, allowed: Rows | None = None) -> tuple[Neighbour, ...]:
        """Return the nearest rows, best first; only rows of `allowed`, ascending, when it is given."""
        if allowed is None and self._coarse is not None:
            allowed = self._coarse.near(query, top_n)
        if allowed is not None and len(allowed) * _FEW <= self.rows:
            return _nearest_of(allowed, self.vectors(allowed) @ query, top_n)
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(allowed)
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        count = min(top_n, self.rows if allowed is None else len(allowed))
        if count == 0:
            return ()
        scores, rows = self._index.search(query[None, :], count, params=parameters)
        return tuple(
            Neighbour(int(row), float(score)) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0
        )

    def vectors(self, rows: Rows | Sequence[int]) -> Matrix:
        """Return the stored vectors of the rows, in the order asked, shape (len(rows), dim)."""
        if not len(rows):
            return np.empty((0, self._index.d), dtype=np.float32)
        found: Matrix = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return found

    def close(self) -> None:
        """Let go of the vectors."""
        self._index, self._coarse = _empty(self._index.d), None


def stored_vectors(content: bytes, dim: int, rows: int) -> Halves:
    """Return the vectors of a stored index, so many of unit length. Raises SnapshotDamaged for anything else.

    FAISS does not get to read it: its readers believe the sizes that a file tells (facebookresearch/faiss #5400).
    What it writes of such an index is a header that follows from the two numbers, and the vectors.
    """
    header = _header(dim, rows)
    wanted = len(header) + rows * dim * _HALF_BYTES
    if not content.startswith(header) or len(content) != wanted:
        raise SnapshotDamaged(
            f"the vector index is not what was stored (got {len(content)} bytes that begin {content[:4]!r},"
            f" expected {wanted} bytes of {rows} vectors of {dim} half floats); run `faq ingest` to build it again"
        )
    bits = np.frombuffer(content, dtype="<u2", offset=len(header))
    if rows and (bits & _WITHOUT_SIGN).max() > _MOST:  # infinite ones and NaN have larger bits still
        raise SnapshotDamaged("the vector index holds no unit vectors; run `faq ingest` to build it again")
    return bits.view("<f2").reshape(rows, dim)


def _empty(dim: int) -> faiss.IndexScalarQuantizer:
    return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _nearest_of(rows: Rows, scores: npt.NDArray[np.float32], top_n: int) -> tuple[Neighbour, ...]:
    """Return the best of some rows by their scores, ties by row."""
    best = np.lexsort((rows, -scores))[:top_n]
    return tuple(Neighbour(int(rows[at]), float(scores[at])) for at in best)


def rounded(vectors: Matrix) -> Matrix:
    """Return vectors as an index gives them back: what is worked out of them is the same before and after."""
    return vectors.astype(np.float16).astype(np.float32)
