"""Measures of ranking, confidence and abstention, by their standard definitions. Plain functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BINS = 10  # of the calibration error, equally wide, as in Guo et al. 2017 (arXiv 1706.04599)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one query got."""

    in_scope: bool
    """Whether any record answers it."""
    ranks: tuple[int, ...]
    """1-based ranks of the relevant records that were found, ascending."""
    relevant: int
    """How many records answer it."""
    confidence: float
    """Of the first hit, 0 when there is none."""
    answered: bool
    """Whether the first hit was given as the answer."""
    choices: int
    """How many hits were offered as choices; 0 unless ambiguous."""

    @property
    def right(self) -> bool:
        """Whether the first hit is relevant."""
        return self.ranks[:1] == (1,)


def recall_at_k(outcomes: Sequence[Outcome], k: int) -> float:
    """Return the share of in-scope queries with a relevant record among the first k (one is enough to be helped)."""
    return _mean([bool(outcome.ranks) and outcome.ranks[0] <= k for outcome in outcomes if outcome.in_scope])


def mean_reciprocal_rank(outcomes: Sequence[Outcome]) -> float:
    """Return the mean of 1 / rank of the first relevant record over in-scope queries, 0 where it was not found."""
    return _mean([1.0 / outcome.ranks[0] if outcome.ranks else 0.0 for outcome in outcomes if outcome.in_scope])


def ndcg_at_10(outcomes: Sequence[Outcome]) -> float:
    """Return the mean nDCG@10 with binary relevance over in-scope queries (Järvelin and Kekäläinen 2002)."""
    return _mean(
        [_dcg(outcome.ranks) / _dcg(range(1, outcome.relevant + 1)) for outcome in outcomes if outcome.in_scope]
    )


def _dcg(ranks: Sequence[int]) -> float:
    return sum(1.0 / math.log2(rank + 1) for rank in ranks if rank <= 10)


def auroc(outcomes: Sequence[Outcome]) -> float | None:
    """Return how often an in-scope query is surer than an out-of-scope one, ties counting half; None without both."""
    inside = [outcome.confidence for outcome in outcomes if outcome.in_scope]
    outside = [outcome.confidence for outcome in outcomes if not outcome.in_scope]
    if not inside or not outside:
        return None
    difference = np.subtract.outer(inside, outside)
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def expected_calibration_error(outcomes: Sequence[Outcome]) -> float:
    """Return the mean distance of confidence and share right over ten bins; an out-of-scope first hit is wrong."""
    if not outcomes:
        return 0.0
    confidence = np.array([outcome.confidence for outcome in outcomes])
    right = np.array([outcome.right for outcome in outcomes], dtype=np.float64)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(confidence[bins == at].mean() - right[bins == at].mean()) * (bins == at).mean() for at in set(bins.tolist())
    ]
    return float(sum(gaps))


def coverage_at_precision(outcomes: Sequence[Outcome], precision: float) -> float:
    """Return the largest share of in-scope queries that a threshold answers with at least this share right."""
    surest_first = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    in_scope = sum(outcome.in_scope for outcome in outcomes)
    best = right = covered = 0
    for answered, outcome in enumerate(surest_first, start=1):
        right += outcome.right
        covered += outcome.in_scope
        tied = answered < len(surest_first) and surest_first[answered].confidence == outcome.confidence
        if not tied and right / answered >= precision:
            best = covered
    return best / in_scope if in_scope else 0.0


def answered_precision(outcomes: Sequence[Outcome]) -> float | None:
    """Return the share right of the queries answered, out-of-scope ones counting as wrong; None when none was."""
    answered = [outcome.right for outcome in outcomes if outcome.answered]
    return _mean(answered) if answered else None


def answered_coverage(outcomes: Sequence[Outcome]) -> float:
    """Return the share of in-scope queries that were answered."""
    return _mean([outcome.answered for outcome in outcomes if outcome.in_scope])


def shown_right(outcomes: Sequence[Outcome]) -> float:
    """Return the share of in-scope queries with a relevant record shown: as the answer, or among the choices."""
    shown = [
        outcome.right if outcome.answered else bool(outcome.ranks) and outcome.ranks[0] <= outcome.choices
        for outcome in outcomes
        if outcome.in_scope
    ]
    return _mean(shown)


def false_answers(outcomes: Sequence[Outcome]) -> float:
    """Return the share of out-of-scope queries that were answered."""
    return _mean([outcome.answered for outcome in outcomes if not outcome.in_scope])


def false_choices(outcomes: Sequence[Outcome]) -> float:
    """Return the share of out-of-scope queries that got choices."""
    return _mean([outcome.choices > 0 for outcome in outcomes if not outcome.in_scope])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
