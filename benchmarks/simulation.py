"""Queues of questions, simulated: Poisson arrivals, service times that were measured, first come first served."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]
"""Seconds, one for each question."""

QUESTIONS = 20_000  # of one simulation; the first tenth fills the queues and is not counted
WARMING = 0.1


@dataclass(frozen=True, slots=True)
class Service:
    """Seconds of a core that measured questions took, each at the same place in all three."""

    front: Times
    """Tokenising, encoding, spelling: before any record is looked at."""
    search: Times
    """Finding candidates and late interaction, in each shard."""
    finish: Times
    """Putting the answer together."""

    @property
    def whole(self) -> Times:
        """All of it, as where one process does everything."""
        return self.front + self.search + self.finish

    def sample(self, count: int, chance: np.random.Generator) -> Service:
        """Draw questions, each with all that it took."""
        drawn = chance.integers(0, len(self.front), count)
        return Service(self.front[drawn], self.search[drawn], self.finish[drawn])

    @classmethod
    def from_document(cls, core_ms: Sequence[dict[str, float]]) -> Service:
        """Return it from the questions of `scale.json`."""
        parts = (np.array([one[name] for one in core_ms]) / 1000 for name in ("front", "search", "finish"))
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Cores:
    """What one cell has: a whole copy of the records in shards, and the processes before and behind them."""

    front: int
    shard: int
    """Of each shard."""
    finish: int


def arrivals(rate: float, count: int, chance: np.random.Generator) -> Times:
    """Return when questions come, in seconds, by a Poisson process of so many a second."""
    return np.cumsum(chance.exponential(1 / rate, count))


def served(came: Times, service: Times, cores: int) -> Times:
    """Return when each is done at a station of some cores, first come first served; `came` may be in any order."""
    free = [0.0] * cores
    done = np.empty(len(came))
    for at in np.argsort(came, kind="stable"):
        end = max(free[0], came[at]) + service[at]
        heapq.heapreplace(free, end)
        done[at] = end
    return done


def one_machine(service: Service, rate: float, cores: int, chance: np.random.Generator) -> Times:
    """Return the seconds from question to answer where each question is done by one core, from first to last."""
    drawn = service.sample(QUESTIONS, chance).whole
    came = arrivals(rate, QUESTIONS, chance)
    return _counted(served(came, drawn, cores) - came)


def cell(service: Service, rate: float, cores: Cores, shards: int, chance: np.random.Generator) -> Times:
    """Return the seconds from question to answer in one cell: front, then all shards, then the end of it.

    Every shard takes a question drawn by itself: what one shard finds slow, another need not. The answer waits for
    the last of them.
    """
    drawn = service.sample(QUESTIONS, chance)
    came = arrivals(rate, QUESTIONS, chance)
    encoded = served(came, drawn.front, cores.front)
    found = np.zeros(QUESTIONS)
    for _ in range(shards):
        own = service.sample(QUESTIONS, chance).search
        np.maximum(found, served(encoded, own, cores.shard), out=found)
    return _counted(served(found, drawn.finish, cores.finish) - came)


def _counted(seconds: Times) -> Times:
    return seconds[int(len(seconds) * WARMING) :]


def greatest(most: int, fits: Callable[[int], bool]) -> int:
    """Return the greatest number from 0 to `most` that fits, where all below one that fits do."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def percentiles_ms(seconds: Times) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds."""
    half, most = np.percentile(seconds, (50, 99)) * 1000
    return float(half), float(most)
