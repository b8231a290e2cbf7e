"""The vector index: nearest passages by inner product. The only module that knows FAISS."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.vectors import Matrix, Vector

_FLOAT_BYTES = 4
_COORDINATE_MAX = 1.001  # of a unit vector, with what rounding adds


def _header(dim: int, rows: int) -> bytes:
    """Return how FAISS begins the file of a flat index by inner product.

    Kind, numbers in a vector, vectors, two fields without use, whether it is trained, the metric (0: inner product),
    and numbers in all: `write_index_header` and `WRITEXBVECTOR` in faiss/impl/index_write.cpp.
    """
    return struct.pack("<4siqqqBiQ", b"IxFI", dim, rows, 1 << 20, 1 << 20, 1, 0, rows * dim)


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

    def search(self, query: Vector, top_n: int, allowed: Sequence[int] | None = None) -> tuple[Neighbour, ...]:
        """Return the nearest rows, best first; only rows of `allowed` when it is given."""

    def vectors(self, rows: Sequence[int]) -> Matrix:
        """Return the stored vectors of the rows, in the order asked."""

    def close(self) -> None:
        """Let go of memory and connections; the index is not used afterwards."""


class FaissIndex:
    """The embedded index.

    IndexFlatIP, not HNSW: 2,000 rows take 0.06 ms and 50,000 take 2.5 ms on one thread, and exact means the same
    answer from every build.
    """

    def __init__(self, index: faiss.IndexFlatIP) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Matrix) -> FaissIndex:
        """Build an index of shape (rows, dim); zero rows are fine."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        if len(vectors):
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def from_bytes(cls, content: bytes, dim: int, rows: int) -> FaissIndex:
        """Open a stored index of so many vectors of unit length. Raises SnapshotDamaged for anything else.

        FAISS does not get to read it: its readers believe the sizes that a file tells (facebookresearch/faiss #5400).
        What it writes of a flat index is a header that follows from the two numbers, and the vectors.
        """
        header = _header(dim, rows)
        wanted = len(header) + rows * dim * _FLOAT_BYTES
        if not content.startswith(header) or len(content) != wanted:
            raise SnapshotDamaged(
                f"the vector index is not what was stored (got {len(content)} bytes that begin {content[:4]!r},"
                f" expected {wanted} bytes of {rows} flat vectors of {dim} numbers); run `faq ingest` to build it again"
            )
        vectors = np.frombuffer(content, dtype="<f4", offset=len(header)).reshape(rows, dim)
        if rows and not -_COORDINATE_MAX < vectors.min() <= vectors.max() < _COORDINATE_MAX:  # NaN fails this too
            raise SnapshotDamaged("the vector index holds no unit vectors; run `faq ingest` to build it again")
        return cls.build(vectors)

    def to_bytes(self) -> bytes:
        """Return the index as the content of its file."""
        return bytes(faiss.serialize_index(self._index).tobytes())

    @property
    def rows(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    def search(self, query: Vector, top_n: int, allowed: Sequence[int] | None = None) -> tuple[Neighbour, ...]:
        """Return the nearest rows, best first; only rows of `allowed` when it is given."""
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.asarray(allowed, dtype=np.int64))
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        count = min(top_n, self.rows if allowed is None else len(allowed))
        if count == 0:
            return ()
        scores, rows = self._index.search(query[None, :], count, params=parameters)
        return tuple(
            Neighbour(int(row), float(score)) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0
        )

    def vectors(self, rows: Sequence[int]) -> Matrix:
        """Return the stored vectors of the rows, in the order asked, shape (len(rows), dim)."""
        if not rows:
            return np.empty((0, self._index.d), dtype=np.float32)
        found: Matrix = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return found

    def all_vectors(self) -> Matrix:
        """Return every stored vector, row by row."""
        return self.vectors(range(self.rows))

    def close(self) -> None:
        """Let go of the vectors."""
        self._index = faiss.IndexFlatIP(self._index.d)
