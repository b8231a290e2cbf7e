"""The vector index against numpy, its oracle."""

from __future__ import annotations

import numpy as np
import pytest

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.dense import FaissIndex
from faqkb.kb.vectors import Matrix


@pytest.fixture
def vectors() -> Matrix:
    rows = np.random.default_rng(7).normal(size=(200, 16)).astype(np.float32)
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def test_search_agrees_with_numpy(vectors: Matrix) -> None:
    found = FaissIndex.build(vectors).search(vectors[3], 10)
    expected = np.argsort(-(vectors @ vectors[3]), kind="stable")[:10]
    assert [neighbour.row for neighbour in found] == expected.tolist()
    assert found[0].score == pytest.approx(1.0, abs=1e-6)


def test_every_stored_vector_finds_itself_first(vectors: Matrix) -> None:
    index = FaissIndex.build(vectors)
    assert [index.search(vector, 1)[0].row for vector in vectors] == list(range(len(vectors)))


def test_a_filter_leaves_only_allowed_rows(vectors: Matrix) -> None:
    found = FaissIndex.build(vectors).search(vectors[3], 10, allowed=[5, 9, 11])
    assert {neighbour.row for neighbour in found} == {5, 9, 11}


def test_stored_vectors_come_back_bit_for_bit(vectors: Matrix) -> None:
    index = FaissIndex.from_bytes(FaissIndex.build(vectors).to_bytes())
    assert np.array_equal(index.vectors([4, 0, 199]), vectors[[4, 0, 199]])


def test_an_empty_index_finds_nothing() -> None:
    index = FaissIndex.from_bytes(FaissIndex.build(np.empty((0, 16), dtype=np.float32)).to_bytes())
    assert index.search(np.ones(16, dtype=np.float32), 5) == ()
    assert index.vectors([]).shape == (0, 16)


@pytest.mark.parametrize("content", [b"", b"IxF", b"nonsense" * 100])
def test_what_is_not_an_index_is_named_as_damaged(content: bytes) -> None:
    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        FaissIndex.from_bytes(content)
