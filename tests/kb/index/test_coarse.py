"""A first look at very many vectors, against a look at all of them."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.coarse import CoarseIndex
from faqkb.kb.index.dense import FaissIndex, rounded
from faqkb.kb.vectors import Matrix, Vector

DIM = 384


def unit(rows: Matrix) -> Matrix:
    found: Matrix = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
    return found


@pytest.fixture(scope="module")
def centre() -> Vector:
    return unit(np.random.default_rng(1).normal(size=DIM)) * np.float32(0.8)


@pytest.fixture(scope="module")
def vectors(centre: Vector) -> Matrix:
    """Vectors as an encoder makes them: all of them point about the same way, and some hundred lie near each other."""
    chance = np.random.default_rng(2)
    topics = chance.normal(size=(200, DIM)).astype(np.float32) / np.sqrt(DIM)
    noise = chance.normal(size=(20_000, DIM)).astype(np.float32) / np.sqrt(DIM)
    return rounded(unit(centre + 0.5 * np.repeat(topics, 100, axis=0) + 0.2 * noise))


@pytest.fixture(scope="module")
def index(vectors: Matrix, centre: Vector) -> FaissIndex:
    return FaissIndex.from_bytes(FaissIndex.build(vectors).to_bytes(), DIM, len(vectors), coarse_of(vectors, centre))


def coarse_of(vectors: Matrix, centre: Vector) -> CoarseIndex | None:
    return CoarseIndex.from_bytes(CoarseIndex.build(vectors, centre).to_bytes(), DIM, len(vectors))


def test_nearly_all_that_is_nearest_is_found(index: FaissIndex, vectors: Matrix) -> None:
    exact = FaissIndex.build(vectors)
    chance = np.random.default_rng(3)
    queries = unit(vectors[::200] + chance.normal(size=(100, DIM)).astype(np.float32) * np.float32(0.01))
    kept, best = [], []
    for query in queries:
        wanted, found = exact.search(query, 10), index.search(query, 10)
        kept.append(len({each.row for each in wanted} & {each.row for each in found}))
        best.append(wanted[0].row == found[0].row)
        scores = {each.row: each.score for each in wanted}
        assert all(each.score == pytest.approx(scores.get(each.row, each.score), abs=1e-5) for each in found)
    assert np.mean(kept) / 10 >= 0.99
    assert np.mean(best) == 1.0


def test_a_filter_is_looked_through_exactly(index: FaissIndex, vectors: Matrix) -> None:
    allowed = np.arange(0, len(vectors), 3)
    exact = FaissIndex.build(vectors).search(vectors[7], 10, allowed)
    assert [each.row for each in index.search(vectors[7], 10, allowed)] == [each.row for each in exact]


@pytest.mark.parametrize("rows", [0, 1, 31, 32, 33])
def test_few_vectors_come_back_too(vectors: Matrix, centre: Vector, rows: int) -> None:
    coarse = coarse_of(vectors[:rows], centre)
    assert coarse is not None
    assert coarse.near(vectors[0], 50).tolist() == list(range(rows))


def test_the_same_vectors_give_the_same_bytes(vectors: Matrix, centre: Vector) -> None:
    first = CoarseIndex.build(vectors, centre).to_bytes()
    assert CoarseIndex.build(vectors, centre).to_bytes() == first
    opened = CoarseIndex.from_bytes(first, DIM, len(vectors))
    assert opened is not None
    assert opened.to_bytes() == first


@pytest.mark.parametrize(
    ("at", "instead"),
    [
        (0, b"RBQ9"),
        (16, struct.pack("<i", DIM + 8)),
        (20, struct.pack("<q", 99)),
        (28, struct.pack("<f", float("nan"))),
        (28, struct.pack("<f", float("inf"))),
        (-1, b""),
        (0, b""),
    ],
)
def test_what_was_never_stored_is_refused(vectors: Matrix, centre: Vector, at: int, instead: bytes) -> None:
    content = CoarseIndex.build(vectors[:100], centre).to_bytes()
    forged = content[:at] + instead + content[at + len(instead) :] if instead else content[: at or 5]
    with pytest.raises(SnapshotDamaged):
        CoarseIndex.from_bytes(forged, DIM, 100)


def test_any_codes_are_safe_to_search(vectors: Matrix, centre: Vector) -> None:
    content = CoarseIndex.build(vectors[:100], centre).to_bytes()
    head = 28 + 4 * DIM
    for codes in (b"\xff" * (len(content) - head), np.random.default_rng(4).bytes(len(content) - head)):
        coarse = CoarseIndex.from_bytes(content[:head] + codes, DIM, 100)
        assert coarse is not None
        assert set(coarse.near(vectors[0], 50).tolist()) <= set(range(100))


def test_codes_of_another_version_of_the_library_are_left_alone(vectors: Matrix, centre: Vector) -> None:
    content = CoarseIndex.build(vectors[:100], centre).to_bytes()
    assert CoarseIndex.from_bytes(content[:4] + b"0.0.1".ljust(12, b"\0") + content[16:], DIM, 100) is None
