"""The learned part of ranking: weights, thresholds and where they come from, as plain JSON.

A record's log-odds against "none of them" is a weighted sum of its parts. The shares of all candidates together with
"none" add up to 1 (a multinomial logistic model), so two records that fit equally well share what one alone would get,
and neither is given as *the* answer. The confidence is a share after calibration (Platt 1999): where several records
answer a question the share of each is smaller than the chance that it does. `kb/learning/fitting.py` makes the numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from faqkb.kb.errors import RankingDamaged

PARTS = (
    "cosine",
    "cosine_baseline",
    "late",
    "late_baseline",
    "standing",
    "alternates",
    "brevity",
    "wordings",
    "conflicts",
)
"""What a record is judged by; `kb/retrieval/ranking.py` says what each is."""
_FORMAT = 1
_LEAST_SHARE = 1e-12  # of the odds; nearer to 0 or 1 nothing is told apart
_MAX_LOGIT = 300.0  # e^300 is far from overflow and from every other odds


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights and thresholds."""

    weights: Mapping[str, float]
    """Of each of PARTS, in log-odds a unit."""
    intercept: float
    """Log-odds of a record whose parts are all 0."""
    slope: float
    """How much steeper than the log-odds of a share those of the confidence are; above 0."""
    offset: float
    """Log-odds of the confidence where the share is one half."""
    answered_above: float
    """Confidence from which a record is given as the answer: nine of ten were right in calibration."""
    ambiguous_above: float
    """Confidence from which choices are offered."""
    encoder: str
    """Source of the encoder it was fitted with; another one's scores mean something else."""
    queries: int
    """How many labelled queries it was fitted on."""
    queries_sha256: str
    """Of those queries, in order."""

    def odds(self, parts: Mapping[str, float]) -> float:
        """Return the odds of a record against "none of them"."""
        logit = self.intercept + sum(weight * parts[name] for name, weight in self.weights.items())
        return math.exp(max(-_MAX_LOGIT, min(_MAX_LOGIT, logit)))

    def confidence(self, share: float) -> float:
        """Return the probability that a record with this share of the odds answers, 0..1; it grows with the share."""
        return calibrated(share, self.slope, self.offset)

    def to_json(self) -> str:
        """Return the content of `ranking.json`."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=1) + "\n"


def calibrated(share: float, slope: float, offset: float) -> float:
    """Return the confidence whose log-odds are `slope * log_odds(share) + offset`."""
    return 1.0 / (1.0 + math.exp(-slope * log_odds(share) - offset))


def log_odds(share: float) -> float:
    """Return the logarithm of share / (1 - share), of a share that is neither 0 nor 1 by a hair."""
    certain = min(max(share, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    return math.log(certain / (1.0 - certain))


def parse_ranking(content: str | bytes, place: str) -> Ranking:
    """Return the ranking of a JSON text; `place` names it in errors. Raises RankingDamaged."""
    try:
        fields: dict[str, Any] = json.loads(content)
        if fields.pop("format") != _FORMAT:
            raise RankingDamaged(
                f"{place}: of another format (expected {_FORMAT}); run `faq tune` or `faq ingest` again"
            )
        ranking = Ranking(**fields)
        numbers = [*ranking.weights.values(), ranking.intercept, ranking.slope, ranking.offset]
        numbers += [ranking.answered_above, ranking.ambiguous_above]
        finite = all(math.isfinite(number) for number in numbers)
        whole = set(ranking.weights) == set(PARTS) and finite and ranking.slope > 0
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise RankingDamaged(f"{place}: not a ranking ({error}); run `faq tune` or `faq ingest` again") from error
    if not whole:
        raise RankingDamaged(
            f"{place}: needs finite numbers, a slope above 0 and weights of {', '.join(PARTS)}; run `faq tune` again"
        )
    return ranking


@lru_cache(maxsize=1)
def default_ranking() -> Ranking:
    """Return the ranking that comes with the package, which `python tools/fit_ranking.py` writes."""
    return parse_ranking(files("faqkb.kb").joinpath("ranking.json").read_text(encoding="utf-8"), "kb/ranking.json")
