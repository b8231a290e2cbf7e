"""What was tried, judged by queries that it was not learned from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from faqkb.kb.evaluation.bootstrap import Interval, bootstrap_intervals
from faqkb.kb.fusion import Ranking
from faqkb.kb.learning.fitting import LEFT_OUT, Example, Values, calibration_of, weights_of

_GAIN = 0.01  # mean log-likelihood of the held-out queries that a new state must gain
_PRECISION = 0.9  # of what is answered: the promise of the default threshold
_Z = 1.96  # standard deviations on either side: 95%
_ENOUGH = 10  # queries of one source: fewer do not tell whether it got worse

Key = tuple[str, str]
"""Where a query comes from, and the query."""


@dataclass(frozen=True, slots=True)
class Truth:
    """How well one query was predicted."""

    log_likelihood: float
    """Of what is true of it; what was given to a record that was not found is a millionth."""
    right: bool | None
    """Whether its first record answers it; None for one out of scope, and where only wrong records are known."""
    answered: bool = False
    """Whether its first record was sure enough to be the answer; where only wrong records are known, one of these."""
    is_known: bool = True
    """Whether it is known what answers it, so that a right answer can be told from a wrong one."""
    weight: float = 1.0
    """How much it counts."""

    is_left_out: bool = False
    """Whether nothing answers it only because its record was left out."""

    @property
    def is_silence(self) -> bool:
        """Whether somebody says that nothing answers it."""
        return self.right is None and self.is_known and not self.is_left_out

    @property
    def told(self) -> str:
        """What its asker gets, in words."""
        if self.right is None:
            return "answered" if self.answered else "not answered"
        return f"{'answered' if self.answered else 'first'} {'right' if self.right else 'wrong'}"

    @property
    def grade(self) -> int:
        """How well its asker fares: a wrong answer is worse than none, a right one better."""
        if self.right is None:
            return -self.answered
        return (1 if self.right else -1) * (1 + self.answered)


@dataclass(frozen=True, slots=True)
class Score:
    """How well held-out queries were predicted."""

    log_likelihood: float
    """Mean over queries of the natural logarithm of what was given to the truth; higher is better, 0 is perfect."""
    right_first: float
    """Share of in-scope queries whose first record is right."""
    answered_right: float = 0.0
    """Share of in-scope queries that get the right answer."""
    answered_precision: float = 1.0
    """Of the queries that get an answer, the share that gets a right one; 1 where none does."""
    answered: float = 0.0
    """How many queries get an answer, those of less weight counted less."""

    @property
    def keeps_promise(self) -> bool:
        """Whether nine in ten may be right among many more such answers: by Wilson's 95% interval."""
        n, share = self.answered, self.answered_precision
        if not n:
            return True
        middle, spread = share + _Z**2 / (2 * n), _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return (middle + spread) / (1 + _Z**2 / n) >= _PRECISION


@dataclass(frozen=True, slots=True)
class Change:
    """A query that fares better or worse."""

    query: str
    now_right: bool
    """Whether it fares better."""
    before: str = ""
    """`answered right`, `first right` (not surely enough to be the answer), `first wrong`, `answered wrong`; of a query
    that nothing answers `answered` or `not answered`, and so of one with votes against, by a record voted against."""
    now: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that was tried."""

    what: str
    """`ranking` or `encoder`."""
    before: Score
    after: Score
    gained: Interval
    """95% interval of the log-likelihood gained, over resamples of the queries."""
    changes: tuple[Change, ...] = ()
    """Among the queries that it was judged by, each predicted without itself."""
    knows_silence: bool = True
    """Whether it is known of some query that nothing answers it, by somebody who said so."""
    by_source: Mapping[str, float] = field(default_factory=dict)
    """Mean log-likelihood gained by the queries of each source."""

    @property
    def accepted(self) -> bool:
        """Whether queries that were not learned from were predicted better, by more than chance, and nothing got worse.

        A gain that may be chance is none: few queries would be kept for their luck. Nothing is worse where none fewer
        are right first, no source of queries loses, and what is answered does not surely break the promise of nine
        right in ten, unless it was broken more before. Where nobody says what has no answer, none fewer get theirs.
        """
        gained = self.after.log_likelihood - self.before.log_likelihood
        return (
            gained > _GAIN
            and self.gained[0] > 0
            and self.after.right_first >= self.before.right_first
            and (self.after.keeps_promise or self.after.answered_precision >= self.before.answered_precision)
            and (self.knows_silence or self.after.answered_right >= self.before.answered_right)
            and all(gain > -_GAIN for gain in self.by_source.values())
        )


def truths(examples: Sequence[Example], ranking: Ranking) -> dict[Key, Truth]:
    """Return how well each query is predicted by a ranking."""
    weights, calibration = weights_of(ranking), calibration_of(ranking)
    found = {}
    for example in examples:
        shares = weights.shares(example)
        first = int(shares.argmax())
        sure = float(calibration.confidences(shares[first : first + 1])[0]) >= ranking.answered_above
        found[example.source, example.query] = Truth(
            log_likelihood=float(np.log(max(_given(example, shares), 1e-6))),
            right=bool(example.right[first]) if example.in_scope and not example.or_none else None,
            answered=sure and not (example.or_none and bool(example.right[first])),
            is_known=not example.or_none,
            weight=example.weight,
            is_left_out=example.source == LEFT_OUT,
        )
    return found


def _given(example: Example, shares: Values) -> float:
    """Return what was given to the truth."""
    none = 1.0 - float(shares.sum()) if example.or_none or not example.in_scope else 0.0
    return float(shares[example.right].sum()) + none


def attempt_of(what: str, before: Mapping[Key, Truth], after: Mapping[Key, Truth]) -> Attempt:
    """Return what came of predicting the same queries anew; those that found no record one time are left out."""
    keys = sorted(before.keys() & after.keys())
    gained = np.array([after[key].log_likelihood - before[key].log_likelihood for key in keys])
    weight = np.array([before[key].weight for key in keys])

    def mean(drawn: Values) -> Mapping[str, Values]:
        return {"gained": drawn @ (gained * weight) / (drawn @ weight)}

    interval = bootstrap_intervals(mean, len(keys))["gained"] or (0.0, 0.0)
    changes = tuple(
        Change(
            query=key[1],
            now_right=after[key].grade > before[key].grade,
            before=before[key].told,
            now=after[key].told,
            source=key[0],
        )
        for key in keys
        if before[key].grade != after[key].grade
    )
    one, other = (_score([own[key] for key in keys]) for own in (before, after))
    sources = np.array([source for source, _ in keys])
    by_source = {
        str(source): float(gained[sources == source].mean())
        for source in np.unique(sources)
        if (sources == source).sum() >= _ENOUGH
    }
    return Attempt(
        what=what,
        before=one,
        after=other,
        gained=interval,
        changes=changes,
        knows_silence=any(before[key].is_silence for key in keys),
        by_source=by_source,
    )


def _score(found: Sequence[Truth]) -> Score:
    in_scope = [truth for truth in found if truth.right is not None]
    answered = [truth for truth in found if truth.answered and truth.is_known]
    weight = np.array([truth.weight for truth in found])
    likely = np.array([truth.log_likelihood for truth in found])
    sure = sum(truth.weight for truth in answered)
    return Score(
        log_likelihood=float(weight @ likely / weight.sum()),
        right_first=float(np.mean([truth.right for truth in in_scope])) if in_scope else 0.0,
        answered_right=float(np.mean([truth.right and truth.answered for truth in in_scope])) if in_scope else 0.0,
        answered_precision=sum(truth.weight for truth in answered if truth.right) / sure if sure else 1.0,
        answered=sure,
    )
