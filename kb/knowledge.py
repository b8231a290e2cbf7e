"""The front door: an opened knowledge base, to ask, to search, and to read its records.

How a question is answered is `kb/retrieval/`: `opening`, `finding` and `answering` are the parts of this class.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Hit
from faqkb.kb.checks import Check, CheckLink
from faqkb.kb.errors import InvalidQuery, SnapshotDamaged
from faqkb.kb.fusion import Ranking
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.pictures import Picture
from faqkb.kb.records import EVERY_RECORD, Filter, Record
from faqkb.kb.retrieval.answering import checks_of, filled, make_answer, without_translations
from faqkb.kb.retrieval.carried import CarriedIndex, carried_index
from faqkb.kb.retrieval.finding import REMEMBERED_CHARS, Finder
from faqkb.kb.retrieval.message import answer_message
from faqkb.kb.retrieval.opening import SharedEncoders, open_indexes, read_ranking
from faqkb.kb.retrieval.query import parse_query
from faqkb.kb.retrieval.ranking import Indexes, ScoredRecord
from faqkb.kb.snapshot.days import Days
from faqkb.kb.snapshot.published import (
    POSTINGS_FILE,
    RECORDS_FILE,
    OpenedSnapshot,
    SnapshotFiles,
    open_current,
    open_snapshot,
)
from faqkb.kb.vectors import Vector

_PAGE = 1_000  # records held at once by who goes through all of them


# Long on purpose: the whole public face stands here, each method a line or two; what they do is `kb/retrieval/`.
class KnowledgeBase:
    """One snapshot, opened. It never changes; any number of threads may ask it."""

    def __init__(
        self,
        files: OpenedSnapshot,
        indexes: Indexes,
        encoder: Encoder,
        *,
        remembered: int = 0,
        within: tuple[int, ...] | None = None,
    ) -> None:
        self._files = files
        self._verified: SnapshotFiles | None = None
        self._within = within
        self._indexes = indexes
        self._store = indexes.store
        self._encoder = encoder
        self._finder = Finder(indexes, encoder, remembered=remembered, within=within)
        self._answer_again = lru_cache(remembered)(self._answer)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        snapshot: str | None = None,
        ranking: Ranking | None = None,
        verify_model: bool = False,
        threads: int | None = None,
        before: KnowledgeBase | None = None,
        remembered: int = 0,
        encoders: SharedEncoders | None = None,
    ) -> KnowledgeBase:
        """Open a snapshot of a knowledge base by name, the live one when none is given.

        The sha256 of records and index is checked, of their files of 64 MB and more once while they are the same files;
        that of all of them, the model and the pictures with `verify_model`, but for what `before` was verified with
        already; every check is read again then too.
        `threads` is how many cores one question may use. The encoder of `before`, an opened earlier snapshot, is
        shared when it is the same (it is most of the memory and of the time), or that of another base in `encoders`.
        `ranking` replaces the snapshot's own. What was found for the last `remembered` short questions is kept in
        memory, about 35 kB each.
        Raises KnowledgeBaseMissing, SnapshotNotFound, SnapshotDamaged, SnapshotUnsupported.
        """
        files = open_snapshot(folder, snapshot) if snapshot else open_current(folder)
        try:
            files.verify(*files.small_paths)
            if verify_model:
                files.verify(RECORDS_FILE, POSTINGS_FILE, *files.large_paths(before._verified if before else None))
            else:
                files.verify_once(RECORDS_FILE, POSTINGS_FILE, *files.token_paths)
            shared = before._encoder if before and before._encoder.id == files.manifest.encoder else None
            encoder = shared or (encoders or SharedEncoders()).open(files, threads)
            indexes = open_indexes(files, encoder.dim, ranking or read_ranking(files))
        except BaseException:
            files.close()
            raise
        knowledge = cls(files, indexes, encoder, remembered=remembered)
        knowledge._verified = files if verify_model else None
        knowledge._check_agreement(deeply=verify_model)
        return knowledge

    def _check_agreement(self, *, deeply: bool) -> None:
        manifest = self._files.manifest
        store = self._store
        got = (store.records.count, store.passages.count, self._indexes.vectors.rows, self._encoder.id)
        want = (manifest.records, manifest.passages, manifest.passages, manifest.encoder)
        if got != want:
            self.close()
            raise SnapshotDamaged(
                f"snapshot {self._files.name} holds {got}, its manifest says {want}; run `faq ingest`"
            )
        if not deeply:
            return
        try:
            self.checks()
        except SnapshotDamaged:
            self.close()
            raise

    def within(self, positions: Collection[int]) -> KnowledgeBase:
        """Return the same snapshot, whose questions are answered from the records at these positions alone.

        It shares everything with this one, and is not closed.
        """
        chosen = set(positions) if self._within is None else set(self._within).intersection(positions)
        return KnowledgeBase(self._files, self._indexes, self._encoder, within=tuple(sorted(chosen)))

    def without(self, record_ids: Collection[str]) -> KnowledgeBase:
        """Return the same snapshot, whose questions are answered as if it did not hold some records.

        It shares everything with this one, and is not closed.
        """
        left_out = {self._store.records.position(each) for each in record_ids}
        return self.within(set(range(self.record_count)).difference(each for each in left_out if each is not None))

    @property
    def name(self) -> str:
        """Name of the snapshot."""
        return self._files.name

    @property
    def created(self) -> str:
        """UTC time the snapshot was published, ISO 8601."""
        return self._files.manifest.created

    @property
    def days(self) -> Days:
        """Since when each record reads as it does. Raises SnapshotDamaged."""
        return self._files.days

    @property
    def encoder(self) -> Encoder:
        """The snapshot's encoder."""
        return self._encoder

    @property
    def ranking(self) -> Ranking:
        """The snapshot's weights and thresholds."""
        return self._indexes.ranking

    @property
    def record_count(self) -> int:
        """Number of records."""
        return self._store.records.count

    def ask(
        self,
        question: str,
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        filter: Filter = EVERY_RECORD,
        language: str | None = None,
    ) -> Answer:
        """Answer a question: the records that answer it, choices, or nothing.

        `min_confidence` replaces the confidence from which a record counts as the answer. Only records that the
        `filter` lets through are considered. Of translations the one in `language` is given; without it, the one in
        the question's. Raises InvalidQuery.
        """
        return self.ask_ranked(question, top_k=top_k, min_confidence=min_confidence, filter=filter, language=language)[
            0
        ]

    def ask_ranked(
        self,
        question: str,
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        filter: Filter = EVERY_RECORD,
        language: str | None = None,
    ) -> tuple[Answer, tuple[ScoredRecord, ...]]:
        """Answer a question, and return every candidate in its order too: what is measured and learned from."""
        started = time.perf_counter()
        _check(top_k, min_confidence)
        answer_one = self._answer_again if len(question) <= REMEMBERED_CHARS else self._answer
        answer, ranked = answer_one(question, top_k, min_confidence, filter, language)
        return replace(answer, took_ms=(time.perf_counter() - started) * 1000), ranked

    def search(self, question: str, *, limit: int = 10, filter: Filter = EVERY_RECORD) -> tuple[Hit, ...]:
        """Return the best hits in the order of `ask`, whatever their confidence. Raises InvalidQuery."""
        _check(limit, None)
        found = self._finder.find(question, parse_query(question), filter)
        return filled(found, found.hits[:limit], self._indexes)

    def query_vector(
        self, question: str, *, filter: Filter = EVERY_RECORD, language: str | None = None
    ) -> Vector | None:
        """Return the vector, shape (dim,), that `ask` finds records by; None where there is nothing to search for."""
        found = self._finder.find(question, parse_query(question), filter, language)
        return None if found.query is None else found.query.vector

    def positions(self, filter: Filter) -> Sequence[int]:
        """Return the positions of the records that a filter lets through, ascending."""
        return self._store.filters.positions(filter) if filter else range(self.record_count)

    def passes(self, record_id: str, filter: Filter) -> bool:
        """Say whether there is a record of that id and the filter lets it through."""
        position = self._store.records.position(record_id)
        return position is not None and self._store.filters.passes(position, filter)

    def positions_from(self, paths: Sequence[str]) -> frozenset[int]:
        """Return the positions of the records written in any of the files, named as in `Source.path`."""
        return frozenset(self._store.records.positions_from(sorted(set(paths))))

    def record_at(self, position: int) -> Record:
        """Return the record at a stored position, 0-based."""
        return self._store.records.at(position)

    def record(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""
        return self._store.records.get(record_id)

    def resolve(self, record_id: str) -> Record | None:
        """Return the record of that id, else the one that goes on what was published under it before, or None."""
        return self._store.records.get(record_id) or self._store.records.successor(record_id)

    def changed_on(self, record_id: str) -> date | None:
        """Return since which day, in UTC, a record has the words that it has; None where there is none of that id."""
        position = self._store.records.position(record_id)
        return None if position is None else self.days.of(position)

    def moved(self) -> dict[str, str]:
        """Return, of every id that a stored record had before, the id that it has."""
        moved = self._store.records.moved()
        return {former: now for former, now in moved.items() if self._store.records.position(now) is not None}

    def records(self, *, after: str | None = None, limit: int = 50) -> tuple[Record, ...]:
        """Return up to `limit` records in stored order, those after the record `after` when it is given."""
        return self._store.records.after(after, limit)

    def record_ids(self, *, start: int = 0, limit: int) -> tuple[str, ...]:
        """Return up to `limit` record ids in stored order, from the position `start`."""
        return self._store.records.ids(start, limit)

    def all_records(self) -> Iterator[Record]:
        """Yield every record in stored order, a page in memory at a time."""
        page = self.records(limit=_PAGE)
        while page:
            yield from page
            page = self.records(after=page[-1].id, limit=_PAGE)

    def passage_texts(self, position: int, kind: Kind) -> tuple[str, ...]:
        """Return the embedded texts of one kind of the record at a position."""
        passages = self._store.passages
        rows = self._indexes.places.rows_of(position)
        return tuple(passages.text(row) for row in rows if passages.kind(row) is kind)

    def checks(self) -> tuple[Check, ...]:
        """Return the check scripts, by id."""
        return self._store.checks.all()

    def check(self, check_id: str) -> Check | None:
        """Return the check script of that id, or None."""
        return self._store.checks.get(check_id)

    def checks_of(self, record: Record) -> tuple[CheckLink, ...]:
        """Return what is to be said of the checks that prove a record; an id that no script has is left out."""
        return checks_of(record, self._indexes)

    def pictures(self) -> tuple[Picture, ...]:
        """Return the pictures that answers show, by name; they lie where they are until this is closed."""
        return self._files.pictures()

    def picture(self, name: str) -> bytes | None:
        """Return the bytes of a picture after its sha256 held, None where there is none. Raises SnapshotDamaged."""
        return self._files.picture(name)

    def without_translations(self, hits: Sequence[ScoredRecord]) -> tuple[ScoredRecord, ...]:
        """Return the hits without those that say what a better one says in another language."""
        return without_translations(hits)

    def carried(self) -> CarriedIndex:
        """Return all that questions are ranked against, for a ranking that runs elsewhere."""
        return carried_index(self._indexes, tuple(self.all_records()))

    def close(self) -> None:
        """Let go of files and memory; the knowledge base is not used afterwards."""
        self._finder.forget()
        self._answer_again.cache_clear()
        self._indexes.close()
        self._files.close()

    def _answer(
        self,
        question: str,
        top_k: int,
        min_confidence: float | None,
        filter: Filter,
        language: str | None,
    ) -> tuple[Answer, tuple[ScoredRecord, ...]]:
        def answer_one(text: str) -> tuple[Answer, tuple[ScoredRecord, ...]]:
            query = parse_query(text)
            found = self._finder.find(text, query, filter, language)
            answer = make_answer(
                query, found, self._indexes, top_k=top_k, min_confidence=min_confidence, snapshot=self.name
            )
            return answer, found.hits

        return answer_message(question, answer_one)


def _check(top_k: int, min_confidence: float | None) -> None:
    """Check the parameters of a question."""
    if not 1 <= top_k <= limits.TOP_K_MAX:
        raise InvalidQuery(f"top_k is out of range (got {top_k}, expected 1 to {limits.TOP_K_MAX}); ask for fewer hits")
    if min_confidence is not None and not 0.0 <= min_confidence <= 1.0:
        raise InvalidQuery(
            f"min_confidence is out of range (got {min_confidence}, expected 0 to 1); give a probability"
        )
