"""Greedy communities, on vectors that can be drawn on paper; and that different questions are not put together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faqkb.kb.gaps.communities import TOGETHER, centred, communities
from faqkb.kb.index.marks import marks_of
from faqkb.kb.model.encoder import Encoder

QUALITY = Path(__file__).resolve().parents[2] / "quality"
NONE: frozenset[str] = frozenset()


def at(*degrees: float) -> np.ndarray:
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def found(vectors: np.ndarray, weights: list[float] | None = None, marks: list[frozenset[str]] | None = None) -> list:
    count = len(vectors)
    return communities(vectors, weights or [1.0] * count, marks or [NONE] * count, together=0.9)  # 26 degrees


def test_those_within_reach_of_one_are_together_the_most_central_first():
    assert found(at(0, 20, 40, 180)) == [[1, 0, 2], [3]]


def test_the_largest_community_comes_first_and_keeps_what_another_could_have():
    rows = found(at(7, 31, 55, 56, 57, 80))
    assert [set(each) for each in rows] == [{1, 2, 3, 4, 5}, {0}]


def test_weightier_ones_come_first_and_weight_moves_the_centre():
    assert found(at(0, 90), [1.0, 5.0]) == [[1], [0]]
    assert found(at(0, 10, 20), [9.0, 1.0, 1.0])[0][0] == 0


def test_opposites_are_never_together_with_the_centre():
    marks = [marks_of("how do I enable notifications"), marks_of("how do I disable notifications")]
    assert marks[0] != marks[1]
    assert len(found(at(0, 1), marks=marks)) == 2


@given(st.lists(st.floats(0, 360), min_size=1, max_size=30), st.integers(0, 2**30))
@settings(deadline=None)
def test_every_row_is_in_one_community_within_reach_of_the_seed(degrees, seed):
    vectors = at(*degrees)
    weights = list(np.random.default_rng(seed).uniform(0.1, 5, len(degrees)))
    rows = found(vectors, weights)
    assert sorted(row for each in rows for row in each) == list(range(len(degrees)))
    for each in rows:
        near = vectors[each] @ vectors[each].T >= 0.9 - 1e-6
        assert near.all(axis=1).any()
    assert rows == found(vectors, weights)


def test_nothing_makes_no_community():
    assert communities(np.zeros((0, 2), dtype=np.float32), [], []) == []


def test_the_centre_is_taken_out_and_length_is_one():
    moved = centred(at(0, 20), at(10)[0])
    assert np.allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-6)
    assert moved[0] @ moved[1] < -0.9


@pytest.mark.parametrize("language", ["en", "zh"])
def test_paraphrases_are_together_and_near_questions_of_one_subject_are_not(encoder: Encoder, language: str) -> None:
    """Ten questions that differ, each as the label says: questions of one everyday FAQ that nothing answers."""
    name = {"en": "water_company", "zh": "zh_clinic"}[language]
    lines = (QUALITY / "everyday" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    near = [each["query"] for each in map(json.loads, lines) if each["kind"] == "near"][:10]
    same = {
        "en": ["do you have a 3d printer", "is there a 3d printer that I can use", "can I use a 3D printer there"],
        "zh": ["你们有3D打印机吗", "有没有可以用的3D打印机", "可以用3D打印机吗"],
    }[language]
    texts = [*near, *same]
    vectors = np.array([encoder.encode_query(text).vector for text in texts])
    rows = communities(
        centred(vectors, vectors[: len(near)].mean(axis=0)), [1.0] * len(texts), list(map(marks_of, texts))
    )
    together = [{texts[row] for row in each} for each in rows if len(each) > 1]
    assert set(same) in together
    assert len(together) <= 2, together
    assert 0.5 < TOGETHER < 0.9
