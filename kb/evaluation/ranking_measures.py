"""Measures of a ranking, by trec_eval. The only module that knows pytrec_eval.

trec_eval (NIST) is what the field means by these names. Its Python package (1 MB) asks for SciPy (143 MB), which it
never imports, so it comes with the extra `eval`, not with the base install. There the same definitions are worked out
here; a test holds the two together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from faqkb.kb.evaluation.outcome import Outcome

# recall@k is trec_eval's success: one relevant record among the first k is enough to be helped.
_TREC_NAMES = {
    "recall@1": "success_1",
    "recall@3": "success_3",
    "recall@10": "success_10",
    "mrr": "recip_rank",
    "ndcg@10": "ndcg_cut_10",
}
RANKING_FIGURES = tuple(_TREC_NAMES)


def measure_rankings(outcomes: Sequence[Outcome]) -> tuple[Mapping[str, float], ...]:
    """Return recall@1, @3, @10, mrr and ndcg@10 of each outcome, 0..1, in the order given; all are in scope."""
    try:
        import pytrec_eval  # noqa: F401, PLC0415 - in the extra `eval`
    except ImportError:
        return tuple(map(measure_plainly, outcomes))
    return measure_by_trec_eval(outcomes)


def measure_by_trec_eval(outcomes: Sequence[Outcome]) -> tuple[Mapping[str, float], ...]:
    """Return the measures of each outcome as trec_eval computes them. Raises ImportError without pytrec_eval."""
    from pytrec_eval import RelevanceEvaluator  # noqa: PLC0415 - in the extra `eval`

    judged = {str(at): dict.fromkeys(_relevant_names(outcome), 1) for at, outcome in enumerate(outcomes)}
    found = {
        str(at): {str(rank): -float(rank) for rank in range(1, len(outcome.ranked) + 1)}
        for at, outcome in enumerate(outcomes)
    }
    measured = RelevanceEvaluator(judged, set(_TREC_NAMES.values())).evaluate(found)
    return tuple(
        {name: measured[str(at)][trec_name] for name, trec_name in _TREC_NAMES.items()} for at in range(len(outcomes))
    )


def _relevant_names(outcome: Outcome) -> list[str]:
    """Name relevant records by their ranks: a lone surrogate in an id ends pytrec_eval 0.5.11 with a segfault."""
    missing = len(outcome.relevant) - len(outcome.ranks)
    return [*map(str, outcome.ranks), *(f"missing {number}" for number in range(missing))]


def measure_plainly(outcome: Outcome) -> Mapping[str, float]:
    """Return the same measures of one outcome without pytrec_eval."""
    first = outcome.ranks[0] if outcome.ranks else math.inf
    return {
        "recall@1": float(first <= 1),
        "recall@3": float(first <= 3),
        "recall@10": float(first <= 10),
        "mrr": 1.0 / first,
        "ndcg@10": _gain(outcome.ranks) / _gain(range(1, len(outcome.relevant) + 1)),
    }


def _gain(ranks: Sequence[int]) -> float:
    """Return the discounted cumulative gain of relevant records at these ranks (Järvelin and Kekäläinen 2002)."""
    return sum(1.0 / math.log2(rank + 1) for rank in ranks if rank <= 10)
