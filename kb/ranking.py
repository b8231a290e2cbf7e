"""Which records answer a query, how well, and how sure that is. The only file that knows scores and thresholds.

A record's score is a weighted sum of four parts:

* cosine: of the query and the record's nearest passage;
* passage_baseline, query_baseline: what questions about nothing in particular score against that passage and against
  the query (`kb/cohort.py`); taken off, they make scores of any passage, query and language comparable;
* lexical: the share of the query's words, weighted by how rare they are, that the record holds.

The confidence is a multinomial logistic function of the scores with "none of them" as one more outcome: at most one
record (or one of its translations) is the answer, so two that fit equally well share what one alone would get. The
order by confidence is the order by score.

The numbers below are those that `python tools/fit_ranking.py` prints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np

from kb.cohort import LANGUAGES, Cohort, cohort_language
from kb.dense import Vector, VectorIndex
from kb.language import detect_language
from kb.store import Identity, Store
from kb.text import analyse

WEIGHTS = {"cosine": 1.0, "passage_baseline": -0.8, "query_baseline": -0.2, "lexical": 0.05}
SLOPE = 168.7
INTERCEPT = -6.9
ANSWERED_ABOVE = 0.7  # nine of ten answers above it are right, cross-validated
AMBIGUOUS_ABOVE = 0.2  # below it the right record is seldom among three choices

_DENSE_CANDIDATES = 40  # passages; a record has about three, so some fifteen records
_LEXICAL_CANDIDATES = 20  # records


@dataclass(frozen=True, slots=True)
class ScoredRecord:
    """A candidate with everything that led to its confidence."""

    position: int
    row: int
    """Index row of the passage nearest to the query."""
    parts: dict[str, float]
    """Each part of the score, by the names of WEIGHTS."""
    confidence: float
    """Probability that the record answers the query, 0..1; over records that are no translations they add up to 1."""

    @property
    def score(self) -> float:
        """The weighted sum of the parts."""
        return score_of(self.parts)


def score_of(parts: Mapping[str, float]) -> float:
    """Return the weighted sum of a record's parts."""
    return sum(weight * parts[name] for name, weight in WEIGHTS.items())


def odds_of(score: float) -> float:
    """Return the odds of a record against "none of them"; at most e^180, so nothing overflows."""
    return math.exp(SLOPE * score + INTERCEPT)


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a query is ranked against: one snapshot's passages, records and cohort."""

    passages: VectorIndex
    store: Store
    cohort: Cohort


def rank_records(
    text: str, vector: Vector, indexes: Indexes, *, allowed: Sequence[int] | None = None
) -> tuple[ScoredRecord, ...]:
    """Return the candidates for a query, surest first, ties by stored order.

    `allowed` are the record positions to choose from, None for all. The candidates do not depend on how many hits are
    asked for, so neither does any confidence.
    """
    words = tuple(dict.fromkeys(analyse(text)))
    language = detect_language(text)
    positions = _candidates(words, vector, indexes, allowed)
    identities = {position: indexes.store.identity_of(position) for position in positions}
    nearest = _nearest_passages(vector, language, identities, indexes)
    lexical = _covered_shares(words, positions, indexes.store)
    scored = [
        ScoredRecord(position, passage.row, passage.parts | {"lexical": share}, confidence=0.0)
        for position, passage, share in zip(positions, nearest, lexical, strict=True)
    ]
    return _with_confidence(scored, identities, language)


def _with_confidence(
    scored: Sequence[ScoredRecord], identities: Mapping[int, Identity], language: str
) -> tuple[ScoredRecord, ...]:
    """Return the hits surest first; of translations, the one in the asker's language stands for the best of them.

    p(i) = odds(i) / (1 + sum of the odds of each group of translations).
    """
    odds: dict[str, float] = {}
    for hit in scored:
        twin = identities[hit.position].twin
        odds[twin] = max(odds.get(twin, 0.0), odds_of(hit.score))
    own = {hit.position for hit in scored if identities[hit.position].language == language}
    total = 1.0 + sum(odds.values())
    confident = [
        replace(
            hit, confidence=(odds[identities[hit.position].twin] if hit.position in own else odds_of(hit.score)) / total
        )
        for hit in scored
    ]
    return tuple(sorted(confident, key=lambda hit: (-hit.confidence, hit.position not in own, hit.position)))


def _candidates(
    words: Sequence[str], vector: Vector, indexes: Indexes, allowed: Sequence[int] | None
) -> tuple[int, ...]:
    """Return the positions of the records worth scoring, ascending."""
    store = indexes.store
    rows = None if allowed is None else [row for position in allowed for row in store.rows_of(position)]
    near = indexes.passages.search(vector, _DENSE_CANDIDATES, rows)
    positions = {store.position_of(neighbour.row) for neighbour in near}
    lexical = {match.position for match in store.match_words(words, _LEXICAL_CANDIDATES)}
    return tuple(sorted(positions | (lexical if allowed is None else lexical.intersection(allowed))))


@dataclass(frozen=True, slots=True)
class _Nearest:
    """A record's passage nearest to the query."""

    row: int
    parts: dict[str, float]


def _nearest_passages(
    vector: Vector, language: str, identities: Mapping[int, Identity], indexes: Indexes
) -> list[_Nearest]:
    """Return the nearest passage of each record, in the order of `identities`."""
    ranges = [indexes.store.rows_of(position) for position in identities]
    rows = [row for record_rows in ranges for row in record_rows]
    cosines = indexes.passages.vectors(rows) @ vector
    of_passages = indexes.store.baselines[rows, LANGUAGES.index(cohort_language(language))]
    of_query = indexes.cohort.baseline(vector)
    nearness = (cosines + WEIGHTS["passage_baseline"] * of_passages).tolist()
    starts = accumulate((len(record_rows) for record_rows in ranges), initial=0)
    nearest = []
    for (start, end), identity in zip(pairwise(starts), identities.values(), strict=True):
        at = max(range(start, end), key=nearness.__getitem__)
        parts = {
            "cosine": float(cosines[at]),
            "passage_baseline": float(of_passages[at]),
            "query_baseline": of_query[cohort_language(identity.language)],
        }
        nearest.append(_Nearest(rows[at], parts))
    return nearest


def _covered_shares(words: Sequence[str], positions: Sequence[int], store: Store) -> list[float]:
    """Return for each record the idf-weighted share of the query's words it holds.

    idf = ln(1 + (N - n + 0.5) / (n + 0.5)), Robertson and Zaragoza 2009, with n the number of records holding a word.
    """
    counts = np.array([store.records_with(word) for word in words], dtype=np.float64)
    weights = np.log1p((store.record_count - counts + 0.5) / (counts + 0.5)).tolist()
    total = sum(weights) or 1.0  # no words: every share is 0
    held = [store.words_of(at) for at in positions]
    return [sum(weight for word, weight in zip(words, weights, strict=True) if word in own) / total for own in held]
