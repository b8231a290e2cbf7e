"""Learn the ranking's weights and thresholds from labelled queries, by maximum likelihood.

Model: log-odds of candidate i against "none" l(i) = intercept + sum of weight * part; p(i) = e^l(i) / (1 + sum of
e^l(j)), a multinomial (conditional) logistic regression with "none of them" as one more outcome. A query's likelihood
is the sum of p over the records that answer it, or p(none) when nothing does. Where it is only known which records do
not answer it, both are added up: whatever else may be true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faqkb.kb.fusion import PARTS, Ranking, calibrated, log_odds

Values = npt.NDArray[np.float64]
_STEPS = 60  # Newton needs about ten
_ENOUGH = 1e-9  # of the mean log-likelihood gained in a step
_PRECISION = 0.9  # of what is answered at the default threshold, DESIGN's three states
_FALSE_ANSWERS = 0.12  # of out-of-scope queries, at most; nearly all are near ones, written to be hard
_FALSE_CHOICES = 0.3  # of out-of-scope queries, at most


LEFT_OUT = "left out"
"""Source of the examples in which the record that answers a query is left out, so that nothing does."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled query with its candidates."""

    parts: Values
    """Shape (candidates, parts), in the order of PARTS; at least one candidate, translations counted once."""
    right: npt.NDArray[np.bool_]
    """Shape (candidates,): whether each answers the query."""
    in_scope: bool
    weight: float = 1.0
    """How much it counts."""
    query: str = ""
    source: str = ""
    """Where it comes from, e.g. `votes`; told, not learned from."""
    or_none: bool = False
    """Whether "none of them" may be true as well: only what is wrong is known."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What is fitted: log-odds are `parts @ of_parts + intercept`."""

    of_parts: Values
    """Shape (parts,)."""
    intercept: float

    def shares(self, example: Example) -> Values:
        """Return the share of the odds that each candidate has; "none" has the rest."""
        odds = np.clip(example.parts @ self.of_parts + self.intercept, -300.0, 300.0)
        highest = max(0.0, float(odds.max()))
        terms: Values = np.exp(odds - highest)
        shares: Values = terms / (terms.sum() + np.exp(-highest))
        return shares


def weights_of(ranking: Ranking) -> Weights:
    """Return the weights of a ranking."""
    return Weights(np.array([ranking.weights[part] for part in PARTS]), ranking.intercept)


def calibration_of(ranking: Ranking) -> Calibration:
    """Return the calibration of a ranking."""
    return Calibration(ranking.slope, ranking.offset)


def fit_weights(examples: Sequence[Example], *, ridge: float, prior: Weights | None = None) -> Weights:
    """Return the most likely weights, drawn towards `prior` (towards 0 without one).

    `ridge` is the penalty on the squared distance from the prior, for parts of standard deviation 1. Newton's method
    with step halving. An in-scope query whose record is not among its candidates teaches nothing and is left out; where
    all are, the prior is returned.
    """
    telling = [example for example in examples if example.right.any() or not example.in_scope or example.or_none]
    if not telling:
        return prior or Weights(np.zeros(len(PARTS)), 0.0)
    batch = _Batch(telling)
    start = np.zeros(len(PARTS) + 1) if prior is None else batch.scaled(prior)
    weights, loss = start, np.inf
    for _ in range(_STEPS):
        before = loss
        loss, gradient, curvature = batch.loss(weights, start, ridge)
        if before - loss < _ENOUGH:
            break
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-4 and batch.loss(weights - size * step, start, ridge)[0] > loss:
            size /= 2
        weights = weights - size * step
    return batch.unscaled(weights)


class _Batch:
    """Examples as one matrix, parts scaled to standard deviation 1."""

    def __init__(self, examples: Sequence[Example]) -> None:
        lengths = np.array([len(example.parts) for example in examples])
        parts = np.concatenate([example.parts for example in examples])
        self._mean = parts.mean(axis=0)
        self._deviation = parts.std(axis=0)
        self._deviation[self._deviation < 1e-9] = 1.0  # a part that never varies stays at its prior
        self._parts = np.hstack([(parts - self._mean) / self._deviation, np.ones((len(parts), 1))])
        self._right = np.concatenate([example.right for example in examples])
        self._starts = np.cumsum(lengths) - lengths
        self._query = np.repeat(np.arange(len(examples)), lengths)
        self._weight = np.array([example.weight for example in examples])
        self._weight /= self._weight.sum()
        self._none = np.array([not example.in_scope or example.or_none for example in examples])

    def scaled(self, weights: Weights) -> Values:
        """Return weights as they are for the scaled parts, the intercept last."""
        return np.append(weights.of_parts * self._deviation, weights.intercept + weights.of_parts @ self._mean)

    def unscaled(self, scaled: Values) -> Weights:
        """Return the weights for the parts as they are."""
        of_parts = scaled[:-1] / self._deviation
        return Weights(of_parts, float(scaled[-1] - of_parts @ self._mean))

    def loss(self, weights: Values, start: Values, ridge: float) -> tuple[float, Values, Values]:
        """Return the penalised mean negative log-likelihood, its gradient, and a curvature that bounds its Hessian.

        The curvature leaves out that of the numerator, which only lowers it: Newton's step then never overshoots far.
        """
        logits = np.clip(self._parts @ weights, -300.0, 300.0)
        highest = np.maximum(np.maximum.reduceat(logits, self._starts), 0.0)
        odds = np.exp(logits - highest[self._query])
        none = np.exp(-highest)
        total = np.add.reduceat(odds, self._starts) + none
        right = np.add.reduceat(odds * self._right, self._starts) + none * self._none
        likelihood = np.log(np.maximum(right, 1e-300)) - np.log(total)
        away = np.append(weights[:-1] - start[:-1], 0.0)  # the intercept is free
        share = odds / total[self._query]
        wanted = odds * self._right / np.maximum(right, 1e-300)[self._query]
        each = self._weight[self._query]
        gradient = self._parts.T @ ((share - wanted) * each) + 2 * ridge * away
        mean = np.add.reduceat(self._parts * share[:, None], self._starts, axis=0)
        curvature = (self._parts * (share * each)[:, None]).T @ self._parts - (mean * self._weight[:, None]).T @ mean
        curvature += np.diag(np.append(np.full(len(away) - 1, 2 * ridge), 0.0)) + 1e-9 * np.eye(len(away))
        return float(-(self._weight @ likelihood) + ridge * away @ away), gradient, curvature


@dataclass(frozen=True, slots=True)
class Calibration:
    """From the share of a first hit to the probability that it is right."""

    slope: float
    offset: float

    def confidences(self, shares: Values) -> Values:
        """Return the probability that belongs to each share."""
        return np.array([calibrated(float(share), self.slope, self.offset) for share in shares])


def fit_calibration(examples: Sequence[Example], shares: Sequence[Values]) -> Calibration:
    """Return the most likely calibration of the first hits (Platt 1999), drawn a little towards changing nothing.

    `shares` are those of each example's candidates, best predicted by weights that have not seen the example.
    """
    features = np.array([[log_odds(float(own.max())), 1.0] for own in shares])
    right = np.array([bool(example.right[own.argmax()]) for example, own in zip(examples, shares, strict=True)])
    weight = np.array([example.weight for example in examples])
    found = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        sure = 1.0 / (1.0 + np.exp(-features @ found))
        gradient = features.T @ (weight * (sure - right)) + (found - [1.0, 0.0])
        curvature = (features * (weight * sure * (1.0 - sure))[:, None]).T @ features + np.eye(2)
        found = found - np.linalg.solve(curvature, gradient)
    return Calibration(float(found[0]), float(found[1]))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the three states begin."""

    answered_above: float
    ambiguous_above: float


def choose_thresholds(examples: Sequence[Example], confidences: Sequence[Values]) -> Thresholds:
    """Return the lowest thresholds that keep the promise of the three states.

    Answered: nine of ten right and at most 12% of out-of-scope queries; choices: at most 30% of out-of-scope queries.
    `confidences` are those of each example's candidates, best predicted by weights that have not seen the example.
    """
    best = np.array([own.max() for own in confidences])
    right = np.array([bool(example.right[own.argmax()]) for example, own in zip(examples, confidences, strict=True)])
    in_scope = np.array([example.in_scope for example in examples])
    weight = np.array([example.weight for example in examples])
    answered = next(
        (
            at
            for at in np.arange(0.30, 0.96, 0.01)
            if _share(right, best >= at, weight, of_none=1.0) >= _PRECISION
            and _share(best >= at, ~in_scope, weight, of_none=0.0) <= _FALSE_ANSWERS
        ),
        0.95,
    )
    choices = next(
        (
            at
            for at in np.arange(0.02, answered, 0.01)
            if _share((best >= at) & (best < answered), ~in_scope, weight, of_none=0.0) <= _FALSE_CHOICES
        ),
        answered / 2,
    )
    return Thresholds(round(float(answered), 2), round(float(choices), 2))


def _share(facts: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_], weight: Values, *, of_none: float) -> float:
    """Return the weighted share of queries, of those counted, for which a fact holds; `of_none` when none is."""
    counted = weight @ among
    return float(weight @ (facts & among) / counted) if counted else of_none
