"""All that a question is ranked against, for a ranking that runs elsewhere: in a reader's browser.

Token vectors are the greatest part of it: they are the server's own codes, as a snapshot keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faqkb.kb import limits
from faqkb.kb.answers import LIKELY
from faqkb.kb.index.cohort import LANGUAGES
from faqkb.kb.index.late_interaction import TokenIndex, code_step
from faqkb.kb.index.marks import marked_words
from faqkb.kb.index.names import names_of, source_key
from faqkb.kb.index.postings import Occurrences, words_of
from faqkb.kb.language.latin import word_list
from faqkb.kb.records import Record
from faqkb.kb.retrieval import answering, ranking
from faqkb.kb.retrieval.ranking import Indexes
from faqkb.kb.retrieval.signatures import KNOWN_ERROR_CONFIDENCE
from faqkb.kb.retrieval.spelling import english_near
from faqkb.kb.text import simplify

_HAN = range(0x3400, 0xA000)


@dataclass(frozen=True, slots=True)
class CarriedIndex:
    """JSON values and arrays, as `kb/bundled/array_file.py` writes them."""

    values: Mapping[str, Any]
    """JSON values by name."""
    arrays: Mapping[str, npt.NDArray[Any]]
    """Flat or not; their numbers stand row by row."""


def carried_index(indexes: Indexes, records: Sequence[Record]) -> CarriedIndex:
    """Return what is needed to rank the records of a snapshot, all of them in stored order."""
    occurrences = Occurrences.of({at: words_of(record) for at, record in enumerate(records)}, len(records))
    values = {
        "dim": indexes.vectors.vectors([0]).shape[1] if records else 0,
        "count": len(records),
        "columns": {language: column for column, language in enumerate(LANGUAGES)},
        "ranking": asdict(indexes.ranking),
        "limits": _limits(),
        "known_error_confidence": KNOWN_ERROR_CONFIDENCE,
        "words": _posted(occurrences),
        "names": _named(indexes, occurrences, records),
        "opposites": marked_words(),
        "signatures": _signatures(indexes),
        "sentences": [_sentences(indexes, position) for position in range(len(records))],
        "simplified": {char: plain for char in map(chr, _HAN) if (plain := simplify(char)) != char},
        "spoken": {"small": sorted(word_list("small_words.txt")), "english": sorted(word_list("english.txt"))},
        "english_near": english_near(occurrences.vocabulary),
        **_identities(indexes, len(records)),
    }
    return CarriedIndex(values, {"lengths": occurrences.lengths, **_placed(indexes), **_tokens(indexes)})


def _limits() -> dict[str, float]:
    return {
        "dense": ranking.DENSE_CANDIDATES,
        "lexical": ranking.LEXICAL_CANDIDATES,
        "others_say": ranking.OTHERS_SAY,
        "wordings_say": ranking.WORDINGS_SAY,
        "least_deviation": ranking.LEAST_DEVIATION,
        "late_tokens": limits.LATE_TOKENS,
        "query_tokens": limits.QUERY_TOKENS,
        "choices": limits.CHOICES,
        "likely": LIKELY,
        "suggested_least": answering.SUGGESTED_LEAST,
    }


def _posted(occurrences: Occurrences) -> dict[str, list[int]]:
    """Return of each word the records that hold it, each followed by how often."""
    posted: dict[str, list[int]] = {word: [] for word in occurrences.vocabulary}
    rows = zip(occurrences.words.tolist(), occurrences.positions.tolist(), occurrences.counts.tolist(), strict=True)
    for word, position, count in rows:
        posted[occurrences.vocabulary[word]] += [position, count]
    return posted


def _named(indexes: Indexes, occurrences: Occurrences, records: Sequence[Record]) -> dict[str, Sequence[int]]:
    """Return the positions of the records that each name is about; none where it names the whole knowledge base."""
    names = names_of(occurrences, [source_key(record.source.path) for record in records])
    about = indexes.store.records.positions_about
    return {name.word: about(name.source) if name.source else () for name in names}


def _signatures(indexes: Indexes) -> list[dict[str, Any]]:
    position = indexes.store.records.position
    return [
        {"words": known.words, "positions": [at for each in known.answers if (at := position(each)) is not None]}
        for known in indexes.store.checks.signatures
    ]


def _sentences(indexes: Indexes, position: int) -> list[int]:
    """Return of each sentence of an answer where it starts and ends, its tokens, and those of the headings above it."""
    return [
        number
        for own in indexes.store.records.sentences_of(position)
        for number in (own.start, own.end, own.tokens.start, own.tokens.stop, own.header.start, own.header.stop)
    ]


def _identities(indexes: Indexes, count: int) -> dict[str, Any]:
    identities = indexes.store.records.identities_of(range(count))
    known = [identities[position] for position in range(count)]
    return {
        "languages": [each.language for each in known],
        "twins": [each.twin for each in known],
        "marks": [sorted(each.marks) for each in known],
    }


def _placed(indexes: Indexes) -> dict[str, npt.NDArray[Any]]:
    places = indexes.places
    views = [places.view_tokens(view) for view in range(len(places.view_tokens_at))]
    ends = np.cumsum([0, *map(len, views)])
    return {
        "positions": places.positions.astype(np.uint32),
        "vectors": indexes.vectors.vectors(range(places.count)).astype(np.float16),
        "baselines": places.baselines,
        "first_rows": places.first_rows.astype(np.uint32),
        "first_views": places.first_views.astype(np.uint32),
        "view_ends": ends.astype(np.uint32),
        "question_tokens": np.array([len(places.question_tokens(at)) for at in range(places.records)], np.uint32),
        "view_baselines": places.view_baselines,
        "wording_positions": np.array(indexes.wordings.positions, np.uint32),
        "wording_weights": indexes.wordings.weights.astype(np.float32),
    }


def _tokens(indexes: Indexes) -> dict[str, npt.NDArray[Any]]:
    """Return the token vectors of all views, one after the other."""
    assert isinstance(indexes.tokens, TokenIndex)  # noqa: S101 - what is exported lies in a folder
    places = indexes.places
    spans = [places.view_tokens(view) for view in range(len(places.view_tokens_at))]
    packing = indexes.tokens.packing
    return {
        "base": packing.base.astype(np.int8),
        "step": packing.step.astype(np.int8),
        "unit": np.array([code_step(packing.dim)]),
        "codes": np.concatenate([np.zeros((0, packing.dim // 2), np.uint8), *map(indexes.tokens.packed, spans)]),
    }
