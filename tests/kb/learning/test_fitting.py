"""Weights from examples: against the truth they were drawn from, and against scikit-learn; what thresholds promise."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.errors import RankingDamaged
from faqkb.kb.fusion import PARTS, default_ranking, parse_ranking
from faqkb.kb.learning.fitting import Example, Weights, choose_thresholds, fit_weights, weights_of

WIDTH = len(PARTS)


def drawn(truth: Weights, queries: int, candidates: int) -> list[Example]:
    """Draw queries whose right record, or none, follows the model exactly."""
    random = np.random.default_rng(0)
    examples = []
    for _ in range(queries):
        parts = random.normal(size=(candidates, WIDTH))
        shares = truth.shares(Example(parts, np.zeros(candidates, dtype=bool), in_scope=False))
        chosen = random.choice(candidates + 1, p=[*shares, 1 - shares.sum()])
        right = np.arange(candidates) == chosen
        examples.append(Example(parts, right, in_scope=bool(right.any())))
    return examples


TRUTH = Weights(np.linspace(-1.5, 2.0, WIDTH), -1.0)


def test_the_weights_that_made_the_data_are_found() -> None:
    fitted = fit_weights(drawn(TRUTH, 4_000, 6), ridge=0.0)
    assert fitted.of_parts == pytest.approx(TRUTH.of_parts, abs=0.15)
    assert fitted.intercept == pytest.approx(TRUTH.intercept, abs=0.15)


def test_with_one_candidate_it_is_logistic_regression() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    examples = drawn(TRUTH, 500, 1)
    model = linear_model.LogisticRegression(C=1e6, max_iter=1000)
    model.fit(np.concatenate([each.parts for each in examples]), [each.in_scope for each in examples])
    fitted = fit_weights(examples, ridge=0.0)
    assert fitted.of_parts == pytest.approx(model.coef_[0], abs=0.01)
    assert fitted.intercept == pytest.approx(model.intercept_[0], abs=0.01)


def test_a_strong_ridge_keeps_the_prior() -> None:
    prior = weights_of(default_ranking())
    examples = drawn(TRUTH, 50, 3)
    assert fit_weights(examples, ridge=1e9, prior=prior).of_parts == pytest.approx(prior.of_parts, rel=1e-3)


def test_a_part_that_never_varies_keeps_its_prior() -> None:
    prior = weights_of(default_ranking())
    examples = [replace(each, parts=np.hstack([each.parts[:, :-1], np.zeros((3, 1))])) for each in drawn(TRUTH, 100, 3)]
    assert fit_weights(examples, ridge=1e-3, prior=prior).of_parts[-1] == pytest.approx(prior.of_parts[-1], abs=1e-6)


@given(seed=st.integers(0, 1000))
def test_shares_are_probabilities_that_leave_room_for_none(seed: int) -> None:
    parts = np.random.default_rng(seed).normal(scale=100, size=(5, WIDTH))
    confidences = TRUTH.shares(Example(parts, np.zeros(5, dtype=bool), in_scope=False))
    assert np.all((confidences >= 0) & (confidences <= 1))
    assert confidences.sum() <= 1 + 1e-9


def test_thresholds_keep_their_promise() -> None:
    random = np.random.default_rng(1)
    sure = random.random(2_000)
    examples = [Example(np.zeros((1, WIDTH)), np.array([random.random() < each]), in_scope=True) for each in sure]
    confidences = [np.array([each]) for each in sure]
    outside = random.random(500) * 0.6
    examples += [Example(np.zeros((1, WIDTH)), np.array([False]), in_scope=False) for _ in outside]
    confidences += [np.array([each]) for each in outside]
    found = choose_thresholds(examples, confidences)
    answered = [ex.right[0] for ex, own in zip(examples, confidences, strict=True) if own[0] >= found.answered_above]
    assert np.mean(answered) >= 0.9
    assert np.mean(outside >= found.answered_above) <= 0.12
    assert np.mean((outside >= found.ambiguous_above) & (outside < found.answered_above)) <= 0.3


def test_a_ranking_comes_back_from_its_file() -> None:
    ranking = default_ranking()
    assert parse_ranking(ranking.to_json(), "here") == ranking


@pytest.mark.parametrize(
    "change",
    [
        {"weights": {}},
        {"format": 99},
        {"intercept": "x"},
        {"slope": 0.0},
        {"extra": 1},
        {"answered_above": None},
        {"intercept": float("nan")},
    ],
)
def test_a_file_that_is_no_ranking_is_refused(change: dict[str, object]) -> None:
    content = json.dumps(json.loads(default_ranking().to_json()) | change)
    with pytest.raises(RankingDamaged, match="here"):
        parse_ranking(content, "here")


@pytest.mark.parametrize("content", ["", "[]", "{", "null", "[" * 100_000])
def test_a_file_that_is_no_object_is_refused(content: str) -> None:
    with pytest.raises(RankingDamaged, match="here"):
        parse_ranking(content, "here")
