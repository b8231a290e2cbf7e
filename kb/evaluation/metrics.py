"""Measures of ranking, confidence and abstention, by their standard definitions. Plain functions of numbers.

Each figure is computed under many weightings of the queries at once. `weights` has shape (weightings, queries) and
says how often a query counts: one row of ones gives the figure itself, rows of draws its bootstrap
(`kb/evaluation/bootstrap.py`). A figure has shape (weightings,) and is NaN where no query counts that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.ranking_measures import RANKING_FIGURES, measure_rankings

BINS = 10  # of the calibration error, equally wide, as in Guo et al. 2017 (arXiv 1706.04599)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Outcomes as numbers, each of shape (queries,); a fact is 1.0 where it holds and 0.0 elsewhere."""

    rankings: Mapping[str, Values]
    """The measures of `kb/evaluation/ranking_measures.py` by name; 0 for out-of-scope queries."""
    confidence: Values
    in_scope: Values
    right: Values
    answered: Values
    chosen: Values
    """Whether choices were offered."""
    shown_right: Values


def to_columns(outcomes: Sequence[Outcome]) -> Columns:
    """Return outcomes, at least one, as numbers."""
    return Columns(
        rankings=_ranking_columns(outcomes),
        confidence=np.array([outcome.confidence for outcome in outcomes]),
        in_scope=_facts([outcome.in_scope for outcome in outcomes]),
        right=_facts([outcome.right for outcome in outcomes]),
        answered=_facts([outcome.answered for outcome in outcomes]),
        chosen=_facts([outcome.choices > 0 for outcome in outcomes]),
        shown_right=_facts([outcome.shown_right for outcome in outcomes]),
    )


def _ranking_columns(outcomes: Sequence[Outcome]) -> Mapping[str, Values]:
    measured = iter(measure_rankings([outcome for outcome in outcomes if outcome.in_scope]))
    rows = [next(measured) if outcome.in_scope else {} for outcome in outcomes]
    return {name: np.array([row.get(name, 0.0) for row in rows]) for name in RANKING_FIGURES}


def _facts(values: Sequence[bool]) -> Values:
    return np.array(values, dtype=np.float64)


def measure(columns: Columns, weights: Values) -> Mapping[str, Values]:
    """Return every figure of `faq eval` by its name there.

    Ranking measures, answered_coverage and shown_right are means over in-scope queries, false_answers and
    false_choices over out-of-scope ones, answered_precision over those answered, out-of-scope ones counting as wrong.
    """
    inside, outside = columns.in_scope, 1.0 - columns.in_scope
    return {
        **{name: mean_over(inside, values, weights) for name, values in columns.rankings.items()},
        "auroc": auroc(columns.confidence, inside, weights),
        "ece": expected_calibration_error(columns.confidence, columns.right, weights),
        "coverage_at_90_precision": coverage_at_precision(columns, weights, 0.9),
        "answered_precision": mean_over(columns.answered, columns.right, weights),
        "answered_coverage": mean_over(inside, columns.answered, weights),
        "shown_right": mean_over(inside, columns.shown_right, weights),
        "false_answers": mean_over(outside, columns.answered, weights),
        "false_choices": mean_over(outside, columns.chosen, weights),
    }


def mean_over(queries: Values, values: Values, weights: Values) -> Values:
    """Return the mean value of some of the queries, those where `queries` is 1."""
    return _ratio(weights @ (values * queries), weights @ queries)


def auroc(confidence: Values, in_scope: Values, weights: Values) -> Values:
    """Return how often an in-scope query is surer than an out-of-scope one, ties counting half."""
    inside = _count_surest(confidence, in_scope, weights)
    outside = _count_surest(confidence, 1.0 - in_scope, weights)
    start = np.zeros((len(weights), 1))
    area = np.trapezoid(np.hstack([start, inside]), np.hstack([start, outside]), axis=1)
    return _ratio(area, inside[:, -1] * outside[:, -1])


def expected_calibration_error(confidence: Values, right: Values, weights: Values) -> Values:
    """Return the mean distance of confidence and share right over ten bins; an out-of-scope first hit is wrong."""
    gaps = (confidence - right)[:, None] * (bins_of(confidence)[:, None] == np.arange(BINS))
    return _ratio(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))


def bins_of(confidence: Values) -> npt.NDArray[np.int64]:
    """Return the bin of the calibration error that each confidence falls in, 0 to 9."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def coverage_at_precision(columns: Columns, weights: Values, precision: float) -> Values:
    """Return the largest share of in-scope queries that a threshold answers with at least this share right."""
    answered = _count_surest(columns.confidence, np.ones_like(columns.confidence), weights)
    right = _count_surest(columns.confidence, columns.right, weights)
    covered = _count_surest(columns.confidence, columns.in_scope, weights)
    precise = _ratio(right, answered) >= precision
    return _ratio(np.where(precise, covered, 0.0).max(axis=1), covered[:, -1])


def risk_coverage_curve(columns: Columns) -> tuple[Values, Values]:
    """Return, for each threshold that makes a difference, the highest first, what answering above it would give.

    Risk is the share wrong of the queries answered, out-of-scope ones counting as wrong; coverage the share of
    in-scope queries answered, NaN without any (El-Yaniv and Wiener 2010). Both have shape (thresholds,).
    """
    once = np.ones((1, len(columns.confidence)))
    answered = _count_surest(columns.confidence, once[0], once)[0]
    right = _count_surest(columns.confidence, columns.right, once)[0]
    covered = _count_surest(columns.confidence, columns.in_scope, once)[0]
    return 1.0 - right / answered, _ratio(covered, np.full_like(covered, covered[-1]))


def _count_surest(confidence: Values, facts: Values, weights: Values) -> Values:
    """Count where a fact holds among the queries at least as sure as each distinct confidence, the highest first.

    Shape (weightings, distinct confidences): queries of one confidence can only be answered together.
    """
    order = np.argsort(-confidence, kind="stable")
    starts = np.flatnonzero(np.diff(confidence[order], prepend=np.inf))
    return np.cumsum(np.add.reduceat((weights * facts)[:, order], starts, axis=1), axis=1)


def _ratio(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)
