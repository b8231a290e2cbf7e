"""The passages of a snapshot in Milvus: their vectors, their texts, and what filters look into."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.dense import Neighbour, Rows
from faqkb.kb.index.passages import Kind
from faqkb.kb.index.places import Among
from faqkb.kb.milvus.client import Fields, Milvus
from faqkb.kb.milvus.keys import LABELS
from faqkb.kb.milvus.parts import damaged
from faqkb.kb.milvus.selected import Selected
from faqkb.kb.vectors import Matrix, Vector

_CACHED = 2_000  # texts and kinds kept in memory
KINDS = tuple(Kind)


def fields(dim: int) -> Fields:
    """Return what the rows hold; `row` is that of the vector index."""
    return Fields(numbers=("position", "kind", "language"), labels=LABELS, texts=("text",), dim=dim)


class MilvusVectors:
    """The vector index: `kb/index/dense.py` says what each method returns."""

    def __init__(self, milvus: Milvus, collection: str, dim: int, rows: int) -> None:
        self._milvus = milvus
        self._collection = collection
        self._dim = dim
        self.rows = rows
        """Number of vectors."""

    def search_among(self, query: Vector, top_n: int, among: Among | None) -> tuple[Neighbour, ...]:
        """Return the nearest rows, best first; only those of some records when they are given."""
        if not self.rows or (among is not None and not len(among.positions)):
            return ()
        found = self._milvus.nearest(self._collection, query, top_n, _expression(among))
        if not all(0 <= row < self.rows for row, _ in found):
            raise damaged("a passage", f"none of the {self.rows} there are")
        return tuple(Neighbour(row, score) for row, score in found)

    def vectors(self, rows: Rows | Sequence[int]) -> Matrix:
        """Return the stored vectors of the rows, in the order asked, shape (len(rows), dim)."""
        wanted = [int(row) for row in rows]
        found = self._milvus.rows(self._collection, wanted, ["vector"])
        if len(found) != len(set(wanted)):
            raise SnapshotDamaged(f"{self._collection}: passages are missing; run `faq ingest` to store them again")
        return np.array([found[row]["vector"] for row in wanted], dtype=np.float32).reshape(-1, self._dim)

    def close(self) -> None:
        """Nothing is held."""


class MilvusPassages:
    """The embedded texts, by the rows of the vector index."""

    def __init__(self, milvus: Milvus, collection: str, count: int) -> None:
        self._milvus = milvus
        self._collection = collection
        self.count = count
        self._row = lru_cache(_CACHED)(self._read)

    def text(self, row: int, /) -> str:
        """Return the text of the passage of an index row."""
        return self._row(row)[0]

    def kind(self, row: int, /) -> Kind:
        """Return what part of its record the passage of an index row is."""
        return self._row(row)[1]

    def _read(self, row: int) -> tuple[str, Kind]:
        found = self._milvus.rows(self._collection, [row], ["text", "kind"])
        if row not in found:
            raise SnapshotDamaged(f"{self._collection}: no passage {row}; run `faq ingest` to store it again")
        kind = found[row]["kind"]
        if kind not in range(len(KINDS)):
            raise damaged("a passage", f"kind {kind}")
        return str(found[row]["text"]), KINDS[kind]


def _expression(among: Among | None) -> str:
    """Return what lets the passages of some records through: their filter where they are those of one."""
    if among is None:
        return ""
    if isinstance(among.positions, Selected):
        return among.positions.expression
    return f"position in [{','.join(str(int(position)) for position in among.positions)}]"
