"""How far a figure may be chance: percentile bootstrap over queries (Efron 1979; Sakai 2006 for retrieval)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from faqkb.kb.evaluation.metrics import Values

RESAMPLES = 1_000  # 25 draws lie beyond each end of the interval
_SEED = 0  # the same draws for every figure, and for both sides of a comparison
_PERCENTILES = (2.5, 97.5)
_CELLS = 1_000_000  # weights held at once (8 MB), however many queries there are

Interval = tuple[float, float]


def bootstrap_intervals(
    statistics: Callable[[Values], Mapping[str, Values]], queries: int
) -> dict[str, Interval | None]:
    """Return the 95% interval of every statistic over resamples of the queries.

    `statistics` maps weights of shape (resamples, queries), how often each query was drawn, to values of shape
    (resamples,). Draws that leave a statistic undefined (NaN) are left out; the interval is None when all do.
    """
    drawn = [statistics(weights) for weights in _draw_weights(queries)]
    return {name: _interval(np.concatenate([values[name] for values in drawn])) for name in drawn[0]}


def _draw_weights(queries: int) -> Iterator[Values]:
    random = np.random.default_rng(_SEED)
    rows = max(1, _CELLS // queries)
    for start in range(0, RESAMPLES, rows):
        drawn = random.multinomial(queries, np.full(queries, 1 / queries), size=min(rows, RESAMPLES - start))
        yield drawn.astype(np.float64)


def _interval(values: Values) -> Interval | None:
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None
    low, high = np.percentile(defined, _PERCENTILES)
    return float(low), float(high)
