"""From a question to its candidates: embedded, ranked, and known errors put first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import EVERY_RECORD, Filter
from faqkb.kb.retrieval.names import without_names
from faqkb.kb.retrieval.query import Query
from faqkb.kb.retrieval.ranking import Indexes, ScoredRecord, raise_named, rank_records
from faqkb.kb.retrieval.signatures import KNOWN_ERROR_CONFIDENCE, known_error
from faqkb.kb.retrieval.spelling import as_meant
from faqkb.kb.store.filter_table import holds
from faqkb.kb.text import simplify
from faqkb.kb.vectors import Embedding

REMEMBERED_CHARS = 120  # of a question worth keeping: a longer one hardly comes twice, and takes more memory


@dataclass(frozen=True, slots=True)
class Found:
    """A query and its candidates."""

    query: Embedding | None
    """None when there was nothing to search for, or nothing to search in."""
    hits: tuple[ScoredRecord, ...]
    read_as: str
    """The question's text without typing errors: what was searched for."""
    text: str = ""
    """What was embedded: the same without the product's own name."""
    spans: tuple[range, ...] = ()
    """Characters of `text` of each of the query's token vectors."""
    named: frozenset[int] = frozenset()
    """Positions of the records that a known error in the question belongs to."""
    is_filtered_out: bool = False
    """There is something to search in, and the filter lets none of it through."""


class Finder:
    """Finds records in a snapshot. It never changes, so what was found for a question stands as long as it is open."""

    def __init__(
        self, indexes: Indexes, encoder: Encoder, *, remembered: int, within: tuple[int, ...] | None = None
    ) -> None:
        """Take the last `remembered` short questions to keep, and the positions to choose from, None for all."""
        self._indexes = indexes
        self._encoder = encoder
        self._within = within
        self._find_again = lru_cache(remembered)(self._find)

    def find(self, question: str, query: Query, wanted: Filter = EVERY_RECORD, language: str | None = None) -> Found:
        """Return what there is for a question: of a short one, what was found when it was asked before.

        Only of records that the filter lets through.
        `language` is the reader's, where the question does not tell it.
        """
        find = self._find_again if len(question) <= REMEMBERED_CHARS else self._find
        return find(question, query, wanted, language)

    def forget(self) -> None:
        """Let go of what is kept in memory."""
        self._find_again.cache_clear()

    def _find(self, question: str, query: Query, wanted: Filter, language: str | None) -> Found:
        records = self._indexes.store.records.count
        allowed = self._allowed(wanted)
        if query.is_empty or not records or (allowed is not None and not allowed):
            return Found(None, (), query.text, is_filtered_out=bool(wanted and records))
        read_as = as_meant(query.text, self._indexes.words.records_with)
        # Simplified for the encoder too: asked in traditional characters, recall@1 rises from 0.77 to 0.79 over records
        # in simplified ones, and over traditional ones it loses nothing.
        unnamed = without_names(simplify(read_as), self._indexes.words.named_by)
        text = unnamed.text
        embedding = self._encoder.encode_query(text)
        named = self._named_by_error(question, allowed)
        about = self._of_named_files(unnamed.sources, allowed)
        hits = rank_records(text, embedding, self._indexes, allowed=about, named=named, language=language)
        return Found(
            embedding,
            raise_named(hits, named, KNOWN_ERROR_CONFIDENCE),
            read_as,
            text=text,
            spans=self._encoder.token_spans(text, Kind.QUESTION),
            named=frozenset(named),
        )

    def _of_named_files(self, sources: Iterable[str], allowed: Sequence[int] | None) -> Sequence[int] | None:
        """Return the positions to choose from among the files that are named, where these hold any."""
        about = {at for source in sources for at in self._indexes.store.records.positions_about(source)}
        return sorted(at for at in about if allowed is None or holds(allowed, at)) or allowed

    def _allowed(self, wanted: Filter) -> Sequence[int] | None:
        """Return the positions to choose from, ascending; None for all."""
        if not wanted:
            return self._within
        passing = self._indexes.store.filters.positions(wanted)
        return passing if self._within is None else [at for at in self._within if holds(passing, at)]

    def _named_by_error(self, question: str, allowed: Sequence[int] | None) -> tuple[int, ...]:
        """Return the positions of the records that a known error in the question belongs to."""
        store = self._indexes.store
        known = known_error(question, store.checks.signatures)
        positions = () if known is None else tuple(map(store.records.position, known.answers))
        return tuple(at for at in positions if at is not None and (allowed is None or holds(allowed, at)))
