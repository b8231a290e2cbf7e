"""A first look at very many vectors: one bit a coordinate. What it lets through is compared exactly (`dense.py`).

The codes are RaBitQ's (Gao and Long, 2024, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error
Bound for Approximate Nearest Neighbor Search"): the sign of each coordinate of what is left once the centre is taken
away, and two numbers of a vector. Nothing is trained: the centre is the mean of vectors that belong to no knowledge
base, so the code of a vector depends on nothing but itself, and the same vectors give the same bytes.
"""

from __future__ import annotations

import struct

import faiss
import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.vectors import Halves, Matrix, Vector

WORTH_IT = 100_000  # vectors, from which on looking twice is faster than looking at all of them once
_LOOKED_AT = 2.0  # times the root of their number: rows that are compared exactly
_BATCH = 100_000  # vectors that are coded at once: 150 MB as floats
_HEADER = struct.Struct("<4s12siq")  # kind, version of FAISS, numbers in a vector, vectors
_KIND = b"RBQ1"
_BLOCK = 32  # vectors that FAISS packs together
_TWO_NUMBERS = 8  # bytes of them, beside the signs
_LARGEST_CENTRE = 1.001  # of unit vectors, with what rounding adds


class CoarseIndex:
    """Codes of many vectors of unit length, in the order they were given."""

    def __init__(self, index: faiss.IndexRaBitQFastScan) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Matrix | Halves, centre: Vector) -> CoarseIndex:
        """Code vectors of shape (rows, dim); takes five seconds a million."""
        index = _empty(vectors.shape[1], centre)
        for start in range(0, len(vectors), _BATCH):
            index.add(np.ascontiguousarray(vectors[start : start + _BATCH], dtype=np.float32))
        return cls(index)

    @classmethod
    def from_bytes(cls, content: bytes, dim: int, rows: int) -> CoarseIndex | None:
        """Open the stored codes of so many vectors; None where another version of FAISS packed them.

        FAISS does not get to read them: its readers believe the sizes that a file tells. Raises SnapshotDamaged.
        """
        kind, version, stored_dim, stored_rows = _HEADER.unpack_from(content.ljust(_HEADER.size, b"\0"))
        blocks = -(-rows // _BLOCK) * _BLOCK
        at, code = _HEADER.size + 4 * dim, -(-dim // 8) + _TWO_NUMBERS
        if (kind, stored_dim, stored_rows) != (_KIND, dim, rows) or len(content) != at + blocks * code:
            raise SnapshotDamaged(f"the coarse index is not what was stored ({len(content)} bytes); run `faq ingest`")
        centre = np.frombuffer(content, dtype="<f4", count=dim, offset=_HEADER.size)
        if not np.all(np.abs(centre) <= _LARGEST_CENTRE):  # no number is not smaller either
            raise SnapshotDamaged("the centre of the coarse index is none; run `faq ingest`")
        if version.rstrip(b"\0") != _version():
            return None
        index = _empty(dim, centre)
        index.ntotal = rows
        index.ntotal2 = blocks  # type: ignore[attr-defined]  # not in its stubs
        codes = np.frombuffer(content, dtype=np.uint8, offset=at)
        index.codes.resize(codes.nbytes)
        if codes.nbytes:
            faiss.memcpy(index.codes.get(), faiss.swig_ptr(codes), codes.nbytes)
        return cls(index)

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        index = self._index
        codes = np.empty(index.codes.size(), dtype=np.uint8)
        if codes.nbytes:
            faiss.memcpy(faiss.swig_ptr(codes), index.codes.get(), codes.nbytes)
        header = _HEADER.pack(_KIND, _version(), index.d, index.ntotal)
        return header + faiss.vector_to_array(index.center).astype("<f4").tobytes() + codes.tobytes()

    def near(self, query: Vector, top_n: int) -> npt.NDArray[np.int64]:
        """Return the rows among which the `top_n` nearest of a query are, but for some in a thousand; ascending."""
        rows = int(self._index.ntotal)
        count = min(rows, max(top_n, int(_LOOKED_AT * rows**0.5)))
        if count == 0:
            return np.empty(0, dtype=np.int64)
        _, found = self._index.search(np.ascontiguousarray(query[None, :], dtype=np.float32), count)
        near: npt.NDArray[np.int64] = np.unique(found[0])
        return near[near >= 0]


def _empty(dim: int, centre: Vector) -> faiss.IndexRaBitQFastScan:
    index = faiss.IndexRaBitQFastScan(dim, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(np.ascontiguousarray(centre, dtype=np.float32), index.center)
    index.is_trained = True
    return index


def _version() -> bytes:
    return str(faiss.__version__).encode("ascii", "replace")[:12]
