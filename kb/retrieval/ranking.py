"""Which records answer a query, how well, and how sure that is.

A record is judged by these parts (`kb/fusion.py` weighs them):

* cosine: of the query and the record's nearest passage;
* late: late interaction of the query with the record's nearest view (`kb/index/late_interaction.py`);
* cosine_baseline, late_baseline: what questions about nothing in particular score against that passage or view
  (`kb/index/cohort.py`); taken off, they make passages and languages comparable;
* standing: how many deviations a record's late interaction stands above the mean of all candidates: in a crowd of
  records about one thing a high score says little;
* alternates: the logarithm of how many wordings the record has: more wordings, more chances to match;
* brevity: one over the number of the query's tokens: one or two find a match anywhere;
* wordings: of a record with many, what the classifier over them says (`kb/index/wordings.py`), 0 for all others; among
  these records it decides most, below;
* conflicts: how many opposites or numbered names the query and the record's question disagree on (`kb/index/marks.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from faqkb.kb.fusion import Ranking
from faqkb.kb.index.cohort import LANGUAGES, Baselines, cohort_language
from faqkb.kb.index.dense import VectorIndex
from faqkb.kb.index.late_interaction import TokenReader
from faqkb.kb.index.marks import conflicts, marks_of
from faqkb.kb.index.places import Places
from faqkb.kb.index.wordings import WordingClassifier
from faqkb.kb.language.detection import detect_language
from faqkb.kb.store.readers import StoreReader, WordReader
from faqkb.kb.store.record_table import Identity
from faqkb.kb.text import analyse
from faqkb.kb.vectors import Embedding

DENSE_CANDIDATES = 30  # passages, of some fifteen records; 60 found no more right records among the first ten
LEXICAL_CANDIDATES = 10  # records
OTHERS_SAY, WORDINGS_SAY = 0.3, 1.0  # in sharing out among records with many wordings; 150 intents: 0.89 to 0.93
LEAST_DEVIATION = 0.005  # of late interaction: scores closer than this are alike


@dataclass(frozen=True, slots=True)
class ScoredRecord:
    """A candidate with everything that led to its confidence."""

    position: int
    row: int
    """Index row of the passage nearest to the query."""
    twin: str
    """Equal for records that say the same in two languages."""
    parts: dict[str, float]
    """Each part of the score, by the names of `kb.fusion.PARTS`."""
    confidence: float
    """Probability that the record answers the query, 0..1."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a query is ranked against: one snapshot's vectors, words, records and weights."""

    vectors: VectorIndex
    """Of the passages."""
    tokens: TokenReader
    """Token vectors of the passages."""
    places: Places
    """Whose passages and tokens are whose."""
    words: WordReader
    wordings: WordingClassifier
    store: StoreReader
    ranking: Ranking

    def close(self) -> None:
        """Let go of files and memory."""
        self.store.close()
        self.words.close()
        self.vectors.close()
        self.tokens.close()


def rank_records(
    text: str,
    query: Embedding,
    indexes: Indexes,
    *,
    allowed: Sequence[int] | None = None,
    named: Sequence[int] = (),
    language: str | None = None,
) -> tuple[ScoredRecord, ...]:
    """Return the candidates for a query, surest first, ties by stored order.

    `allowed` are the record positions to choose from, None for all; `named` are candidates however far they are, and of
    translations the one in `language` comes first, else in the text's. No confidence depends on how many are asked for.
    """
    written = detect_language(text)
    positions = tuple(sorted({*_candidates(text, query, indexes, allowed), *named}))
    identities = indexes.store.records.identities_of(positions)
    scored = _scored(query, written, identities, marks_of(text), indexes)
    return _with_confidence(scored, identities, language or written, indexes.ranking)


def _scored(
    query: Embedding, language: str, identities: Mapping[int, Identity], marks: frozenset[str], indexes: Indexes
) -> list[ScoredRecord]:
    """Return the candidates with all parts of their scores; `marks` are those of the question."""
    positions = tuple(identities)
    wordings = indexes.wordings.evidence(query.vector)
    rows, dense = _nearest_passages(query, language, positions, indexes)
    late = _nearest_views(query, language, positions, indexes)
    return [
        ScoredRecord(
            position,
            row,
            identities[position].twin,
            parts={
                **of_passage,
                **of_view,
                "standing": stands,
                "brevity": 1 / len(query.tokens),
                "wordings": wordings.get(position, 0.0),
                "alternates": math.log(len(indexes.places.views_of(position))),
                "conflicts": float(conflicts(marks, identities[position].marks)),
            },
            confidence=0.0,
        )
        for position, row, of_passage, of_view, stands in zip(
            positions, rows, dense, late, _standings(late), strict=True
        )
    ]


def raise_named(hits: Sequence[ScoredRecord], named: Sequence[int], confidence: float) -> tuple[ScoredRecord, ...]:
    """Return the hits with the named records first, at least that sure, and the others sharing what is left."""
    if not named:
        return tuple(hits)
    first = [replace(hit, confidence=max(hit.confidence, confidence)) for hit in hits if hit.position in named]
    rest = [replace(hit, confidence=min(hit.confidence, 1 - confidence)) for hit in hits if hit.position not in named]
    return (*first, *rest)


def _with_confidence(
    scored: Sequence[ScoredRecord], identities: Mapping[int, Identity], language: str, ranking: Ranking
) -> tuple[ScoredRecord, ...]:
    """Return the hits surest first; of translations, the one in the asker's language stands for the best of them.

    The share of i is odds(i) / (1 + sum of the odds of each group of translations).
    """
    own_odds = _shared_by_wordings(scored, {hit.position: ranking.odds(hit.parts) for hit in scored})
    odds: dict[str, float] = {}
    for hit in scored:
        odds[hit.twin] = max(odds.get(hit.twin, 0.0), own_odds[hit.position])
    own = {hit.position for hit in scored if identities[hit.position].language == language}
    total = 1.0 + sum(odds.values())
    confident = [
        replace(
            hit,
            confidence=ranking.confidence((odds[hit.twin] if hit.position in own else own_odds[hit.position]) / total),
        )
        for hit in scored
    ]
    return tuple(sorted(confident, key=lambda hit: (-hit.confidence, hit.position not in own, hit.position)))


def _shared_by_wordings(scored: Sequence[ScoredRecord], odds: Mapping[int, float]) -> dict[int, float]:
    """Return the odds, those of the records with many wordings shared out among them mostly by the classifier.

    What they have together stays: the classifier knows which of them is meant, and nothing of "none of them".
    """
    known = [hit for hit in scored if hit.parts["wordings"]]
    if len(known) < 2:
        return dict(odds)
    together = sum(odds[hit.position] for hit in known)
    logits = [OTHERS_SAY * math.log(odds[hit.position]) + WORDINGS_SAY * hit.parts["wordings"] for hit in known]
    highest = max(logits)
    shares = [math.exp(logit - highest) for logit in logits]
    total = sum(shares)
    return {**odds, **{hit.position: together * own / total for hit, own in zip(known, shares, strict=True)}}


def _candidates(text: str, query: Embedding, indexes: Indexes, allowed: Sequence[int] | None) -> set[int]:
    """Return the positions of the records near the query."""
    places = indexes.places
    among = None if allowed is None else places.among(allowed)
    near = indexes.vectors.search_among(query.vector, DENSE_CANDIDATES, among)
    lexical = indexes.words.match(analyse(text), LEXICAL_CANDIDATES, None if among is None else among.mask)
    return {places.position_of(neighbour.row) for neighbour in near} | {match.position for match in lexical}


def _nearest_passages(
    query: Embedding, language: str, positions: Sequence[int], indexes: Indexes
) -> tuple[list[int], list[dict[str, float]]]:
    """Return the nearest passage of each record, as index rows and as parts, in the order given."""
    places, weights = indexes.places, indexes.ranking.weights
    ranges = [places.rows_of(position) for position in positions]
    rows = [row for own in ranges for row in own]
    cosines = indexes.vectors.vectors(rows) @ query.vector
    baselines = _in_language(places.baselines, rows, language)
    best = _best_of_each(weights["cosine"] * cosines + weights["cosine_baseline"] * baselines, ranges)
    parts = [{"cosine": float(cosines[at]), "cosine_baseline": float(baselines[at])} for at in best]
    return [rows[at] for at in best], parts


def _nearest_views(
    query: Embedding, language: str, positions: Sequence[int], indexes: Indexes
) -> list[dict[str, float]]:
    """Return the parts of the view of each record that matches best, in the order given."""
    places, weights = indexes.places, indexes.ranking.weights
    ranges = [places.views_of(position) for position in positions]
    views = [view for own in ranges for view in own]
    scores = indexes.tokens.scores(query.tokens, [places.view_tokens(view) for view in views])
    baselines = _in_language(places.view_baselines, views, language)
    best = _best_of_each(weights["late"] * scores + weights["late_baseline"] * baselines, ranges)
    return [{"late": float(scores[at]), "late_baseline": float(baselines[at])} for at in best]


def _standings(late: Sequence[Mapping[str, float]]) -> list[float]:
    """Return how many standard deviations each late score lies above the mean of all; 0 of one alone."""
    values = np.array([of_view["late"] for of_view in late])
    if not values.size:
        return []
    standings: list[float] = ((values - values.mean()) / (values.std() + LEAST_DEVIATION)).tolist()
    return standings


def _in_language(baselines: Baselines, rows: Sequence[int], language: str) -> npt.NDArray[np.float32]:
    """Return the baselines of some rows for queries in a language."""
    chosen: npt.NDArray[np.float32] = baselines[rows, LANGUAGES.index(cohort_language(language))]
    return chosen


def _best_of_each(scores: npt.NDArray[np.float32], ranges: Sequence[range]) -> list[int]:
    """Return the place of the highest score of each record; the scores of a record stand together."""
    values = scores.tolist()
    starts = accumulate((len(own) for own in ranges), initial=0)
    return [max(range(start, end), key=values.__getitem__) for start, end in pairwise(starts)]
