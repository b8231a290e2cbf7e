"""Ratios before and now: which one is worse, which better, and a second chance for noise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from results import Table, number, ratios_of
from stored import Measured

WORSE = 0.10  # of a ratio: more than this is no noise


@dataclass(frozen=True, slots=True)
class Change:
    """One ratio before and now."""

    name: str
    before: float
    now: float | None
    """None when it was not measured again."""
    better: str

    @property
    def gain(self) -> float:
        """By which share it got better: 0.1 is a tenth better, -0.1 a tenth worse."""
        if self.now is None:
            return float("-inf")
        return self.now / self.before - 1 if self.better == "higher" else 1 - self.now / self.before

    @property
    def is_worse(self) -> bool:
        """Whether it is worse by more than noise, or gone."""
        return self.gain < -WORSE

    @property
    def is_better(self) -> bool:
        """Whether it is better by more than noise."""
        return self.gain > WORSE

    def __str__(self) -> str:
        before = number(self.before, is_ratio=True)
        if self.now is None:
            return f"{self.name}: {before} before, not measured now"
        word = "worse" if self.gain < 0 else "better"
        return f"{self.name}: {number(self.now, is_ratio=True)}, {before} before, {abs(self.gain):.0%} {word}"


def compare(before: Iterable[Table], now: Iterable[Table]) -> list[Change]:
    """Return every stored ratio beside what it is now; one that was never stored is left out."""
    today = ratios_of(now)
    return [
        Change(name, float(row.value), float(today[name].value) if name in today else None, row.better)
        for name, row in ratios_of(before).items()
    ]


def check(before: Sequence[Measured], benchmarks: Mapping[str, Callable[[], list[Table]]]) -> Iterator[Change]:
    """Measure again what gave ratios; yield each ratio's change, the better of two where one is worse."""
    for one in before:
        if not ratios_of(one.tables):
            continue
        changes = compare(one.tables, benchmarks[one.script]())
        if any(change.is_worse for change in changes):
            print(f"{one.script}: worse, so once more", file=sys.stderr)
            again = compare(one.tables, benchmarks[one.script]())
            changes = [max(pair, key=lambda change: change.gain) for pair in zip(changes, again, strict=True)]
        yield from changes
