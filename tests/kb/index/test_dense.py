"""The vector index against numpy, its oracle."""

from __future__ import annotations

import faiss
import numpy as np
import pytest

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.dense import FaissIndex, rounded
from faqkb.kb.vectors import Matrix


@pytest.fixture
def vectors() -> Matrix:
    rows = np.random.default_rng(7).normal(size=(200, 16)).astype(np.float32)
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rounded(unit)


def test_search_agrees_with_numpy(vectors: Matrix) -> None:
    found = FaissIndex.build(vectors).search(vectors[3], 10)
    expected = np.argsort(-(vectors @ vectors[3]), kind="stable")[:10]
    assert [neighbour.row for neighbour in found] == expected.tolist()
    assert found[0].score == pytest.approx(1.0, abs=1e-3)


def test_every_stored_vector_finds_itself_first(vectors: Matrix) -> None:
    index = FaissIndex.build(vectors)
    assert [index.search(vector, 1)[0].row for vector in vectors] == list(range(len(vectors)))


def test_a_filter_leaves_only_allowed_rows(vectors: Matrix) -> None:
    found = FaissIndex.build(vectors).search(vectors[3], 10, allowed=np.array([5, 9, 11]))
    assert {neighbour.row for neighbour in found} == {5, 9, 11}


@pytest.mark.parametrize("every", [1, 2, 7, 20, 150])
def test_a_filter_gives_what_is_best_among_the_allowed(vectors: Matrix, every: int) -> None:
    """However many they are: few are looked at alone, many by passing by the others."""
    allowed = np.arange(0, len(vectors), every)
    found = FaissIndex.build(vectors).search(vectors[3], 10, allowed)
    expected = allowed[np.argsort(-(vectors[allowed] @ vectors[3]), kind="stable")[:10]]
    assert [neighbour.row for neighbour in found] == expected.tolist()


def test_faiss_reads_what_is_stored(vectors: Matrix) -> None:
    content = np.frombuffer(FaissIndex.build(vectors).to_bytes(), dtype=np.uint8)
    assert np.array_equal(faiss.deserialize_index(content).reconstruct_n(0, len(vectors)), vectors)


def test_stored_vectors_come_back_bit_for_bit(vectors: Matrix) -> None:
    index = FaissIndex.from_bytes(FaissIndex.build(vectors).to_bytes(), *reversed(vectors.shape))
    assert np.array_equal(index.vectors([4, 0, 199]), vectors[[4, 0, 199]])


def test_an_empty_index_finds_nothing() -> None:
    index = FaissIndex.from_bytes(FaissIndex.build(np.empty((0, 16), dtype=np.float32)).to_bytes(), 16, 0)
    assert index.search(np.ones(16, dtype=np.float32), 5) == ()
    assert index.vectors([]).shape == (0, 16)


def other_kinds() -> list[bytes]:
    """Return what FAISS reads without a word: other metrics, other kinds, more vectors than are meant."""
    ours = FaissIndex.build(np.eye(4, 16, dtype=np.float32)).to_bytes()
    kinds = [
        faiss.IndexFlatIP(16),
        faiss.IndexFlatL2(16),
        faiss.IndexIDMap(faiss.IndexFlatIP(16)),
        faiss.index_factory(16, "HNSW8"),
    ]
    lying = ours[:8] + (1 << 40).to_bytes(8, "little") + ours[16:]
    return [*(faiss.serialize_index(kind).tobytes() for kind in kinds), lying, ours[:-4], ours + bytes(4)]


@pytest.mark.parametrize("content", [b"", b"IxF", b"nonsense" * 100, *other_kinds()])
def test_what_is_not_the_index_that_was_stored_is_refused(content: bytes) -> None:
    with pytest.raises(SnapshotDamaged, match="expected 209 bytes of 4 vectors of 16 half floats"):
        FaissIndex.from_bytes(content, 16, 4)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -1e4])
def test_vectors_that_are_no_unit_vectors_are_refused(odd: float) -> None:
    content = FaissIndex.build(np.full((4, 16), odd, dtype=np.float32)).to_bytes()
    with pytest.raises(SnapshotDamaged, match="no unit vectors"):
        FaissIndex.from_bytes(content, 16, 4)
