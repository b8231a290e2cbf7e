"""Two evaluations of the same queries: which figures differ by more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faqkb.kb.evaluation.bootstrap import Interval, bootstrap_intervals
from faqkb.kb.evaluation.metrics import Values, measure, to_columns
from faqkb.kb.evaluation.queries import Evaluation, figures_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two evaluations."""

    this: float | None
    other: float | None
    interval: Interval | None
    """95% interval of this less the other, over resamples of the queries, the same ones for both."""

    @property
    def difference(self) -> float | None:
        """This less the other; None where either has no figure."""
        return None if self.this is None or self.other is None else self.this - self.other

    @property
    def differs(self) -> bool:
        """Whether the interval excludes 0."""
        return self.interval is not None and not self.interval[0] <= 0.0 <= self.interval[1]

    def to_json(self) -> dict[str, Any]:
        """Return one entry of `against.figures` of `faq eval --json`."""
        return {
            "this": self.this,
            "against": self.other,
            "difference": self.difference,
            "interval": self.interval,
            "differs": self.differs,
        }


def compare(this: Evaluation, other: Evaluation) -> Mapping[str, Difference]:
    """Return every figure of two evaluations of the same queries, in the same order, by its name."""
    ours, theirs = to_columns(this.outcomes), to_columns(other.outcomes)

    def differences(weights: Values) -> Mapping[str, Values]:
        left, right = measure(ours, weights), measure(theirs, weights)
        return {name: left[name] - right[name] for name in left}

    intervals = bootstrap_intervals(differences, len(this.outcomes))
    left, right = figures_of(ours), figures_of(theirs)
    return {name: Difference(left[name], right[name], intervals[name]) for name in left}
