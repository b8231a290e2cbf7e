"""An opened knowledge base: ask it, search it, read its records."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Explanation, Hit, NoAnswer, Reason, Status, Suggestion
from faqkb.kb.checks import Check, CheckLink
from faqkb.kb.errors import InvalidQuery, ModelDamaged, ModelMissing, RankingDamaged, SnapshotDamaged
from faqkb.kb.fusion import Ranking, parse_ranking
from faqkb.kb.index.dense import FaissIndex
from faqkb.kb.index.late_interaction import Embedding, TokenIndex
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record
from faqkb.kb.retrieval.highlight import highlight
from faqkb.kb.retrieval.query import Query, parse_query
from faqkb.kb.retrieval.ranking import Indexes, ScoredRecord, raise_named, rank_records
from faqkb.kb.retrieval.signatures import KNOWN_ERROR_CONFIDENCE, known_error
from faqkb.kb.snapshot.manifest import REPAIR
from faqkb.kb.snapshot.published import (
    COHORT_FILE,
    INDEX_FILE,
    RANKING_FILE,
    RECORDS_FILE,
    TOKENS_FILE,
    SnapshotFiles,
    open_current,
    open_snapshot,
)
from faqkb.kb.snapshot.store import Store
from faqkb.kb.text import simplify

_MESSAGES = {
    Reason.NOT_CONFIDENT: "Nothing stored is likely to answer this question.",
    Reason.EMPTY_QUESTION: "The question holds no letters or digits to search for.",
    Reason.EMPTY_INDEX: "The knowledge base holds no records that may answer.",
}
_SUGGESTIONS = 3
_REMEMBERED_CHARS = 120  # of a question worth keeping: a longer one hardly comes twice, and takes more memory
_PAGE = 1_000  # records held at once by who goes through all of them


@dataclass(frozen=True, slots=True)
class _Found:
    """A query and its candidates."""

    query: Embedding | None
    """None when there was nothing to search for, or nothing to search in."""
    hits: tuple[ScoredRecord, ...]
    named: frozenset[int] = frozenset()
    """Positions of the records that a known error in the question belongs to."""


class KnowledgeBase:
    """One snapshot, opened. It never changes; any number of threads may ask it."""

    def __init__(
        self,
        files: SnapshotFiles,
        indexes: Indexes,
        encoder: Encoder,
        *,
        remembered: int = 0,
        within: tuple[int, ...] | None = None,
    ) -> None:
        self._files = files
        self._within = within
        self._indexes = indexes
        self._store = indexes.store
        self._ranking = indexes.ranking
        self._encoder = encoder
        # A snapshot never changes, so what was found for a question stands as long as it is open.
        self._find_again = lru_cache(remembered)(self._find)
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
    ) -> KnowledgeBase:
        """Open a snapshot of a knowledge base by name, the live one when none is given.

        The sha256 of records and index is checked, that of the model (its largest file) only with `verify_model`;
        `threads` is how many cores one question may use. The encoder of `before`, an opened earlier snapshot, is
        shared when it is the same: it is most of the memory and of the time. `ranking` replaces the snapshot's own.
        What was found for the last `remembered` short questions is kept in memory, about 35 kB each.
        Raises KnowledgeBaseMissing, SnapshotNotFound, SnapshotDamaged, SnapshotUnsupported.
        """
        files = open_snapshot(folder, snapshot) if snapshot else open_current(folder)
        try:
            files.verify(RECORDS_FILE, TOKENS_FILE, COHORT_FILE, *(files.model_paths if verify_model else ()))
            shared = before._encoder if before and before._encoder.id == files.manifest.encoder else None
            encoder = shared or _own_encoder(files, threads)
            indexes = _opened_indexes(files, encoder.dim, ranking or _own_ranking(files))
        except BaseException:
            files.close()
            raise
        knowledge = cls(files, indexes, encoder, remembered=remembered)
        knowledge._check_agreement()
        return knowledge

    def _check_agreement(self) -> None:
        manifest = self._files.manifest
        got = (self._store.record_count, self._store.passage_count, self._indexes.passages.rows, self._encoder.id)
        want = (manifest.records, manifest.passages, manifest.passages, manifest.encoder)
        if got != want:
            self.close()
            raise SnapshotDamaged(f"{self._files.folder}: holds {got}, its manifest says {want}; run `faq ingest`")

    def within(self, positions: Collection[int]) -> KnowledgeBase:
        """Return the same snapshot, whose questions are answered from the records at these positions alone.

        It shares everything with this one, and is not closed.
        """
        chosen = set(positions) if self._within is None else set(self._within).intersection(positions)
        return KnowledgeBase(self._files, self._indexes, self._encoder, within=tuple(sorted(chosen)))

    @property
    def name(self) -> str:
        """Name of the snapshot."""
        return self._files.name

    @property
    def created(self) -> str:
        """UTC time the snapshot was published, ISO 8601."""
        return self._files.manifest.created

    @property
    def encoder(self) -> Encoder:
        """The snapshot's encoder."""
        return self._encoder

    @property
    def ranking(self) -> Ranking:
        """The snapshot's weights and thresholds."""
        return self._ranking

    @property
    def record_count(self) -> int:
        """Number of records."""
        return self._store.record_count

    def ask(
        self, question: str, *, top_k: int = 3, min_confidence: float | None = None, tags: Sequence[str] = ()
    ) -> Answer:
        """Answer a question: the records that answer it, choices, or nothing.

        `min_confidence` replaces the confidence from which a record counts as the answer. With `tags`, only records
        that carry one of them are considered. Raises InvalidQuery.
        """
        return self.ask_ranked(question, top_k=top_k, min_confidence=min_confidence, tags=tags)[0]

    def ask_ranked(
        self, question: str, *, top_k: int = 3, min_confidence: float | None = None, tags: Sequence[str] = ()
    ) -> tuple[Answer, tuple[ScoredRecord, ...]]:
        """Answer a question, and return every candidate in its order too: what is measured and learned from."""
        started = time.perf_counter()
        _check(top_k, min_confidence, tags)
        answer_one = self._answer_again if len(question) <= _REMEMBERED_CHARS else self._answer
        answer, ranked = answer_one(question, top_k, min_confidence, tuple(tags))
        return replace(answer, took_ms=(time.perf_counter() - started) * 1000), ranked

    def search(self, question: str, *, limit: int = 10, tags: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Return the best hits in the order of `ask`, whatever their confidence. Raises InvalidQuery."""
        _check(limit, None, tags)
        found = self._found(question, parse_query(question), tags)
        return self._filled(found, found.hits[:limit])

    def positions_tagged(self, tags: Sequence[str]) -> frozenset[int]:
        """Return the positions of the records that carry any of the tags."""
        return frozenset(self._store.positions_tagged(tags))

    def positions_from(self, paths: Sequence[str]) -> frozenset[int]:
        """Return the positions of the records written in any of the files, named as in `Source.path`."""
        return frozenset(at for path in set(paths) for at in self._store.positions_by_source().get(path, ()))

    def record_at(self, position: int) -> Record:
        """Return the record at a stored position, 0-based."""
        return self._store.record_at(position)

    def record(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""
        return self._store.record(record_id)

    def records(self, *, after: str | None = None, limit: int = 50) -> tuple[Record, ...]:
        """Return up to `limit` records in stored order, those after the record `after` when it is given."""
        return self._store.records_after(after, limit)

    def record_ids(self, *, start: int = 0, limit: int) -> tuple[str, ...]:
        """Return up to `limit` record ids in stored order, from the position `start`."""
        return self._store.record_ids(start, limit)

    def all_records(self) -> Iterator[Record]:
        """Yield every record in stored order, a page in memory at a time."""
        page = self.records(limit=_PAGE)
        while page:
            yield from page
            page = self.records(after=page[-1].id, limit=_PAGE)

    def passage_texts(self, position: int, kind: Kind) -> tuple[str, ...]:
        """Return the embedded texts of one kind of the record at a position."""
        rows = self._store.rows_of(position)
        return tuple(self._store.passage_text(row) for row in rows if self._store.passage_kind(row) is kind)

    def checks(self) -> tuple[Check, ...]:
        """Return the check scripts, by id."""
        return self._store.checks()

    def check(self, check_id: str) -> Check | None:
        """Return the check script of that id, or None."""
        return self._store.check(check_id)

    def checks_of(self, record: Record) -> tuple[CheckLink, ...]:
        """Return what is to be said of the checks that prove a record; an id that no script has is left out."""
        return tuple(link for link in map(self._store.check_link, record.checks) if link)

    def without_translations(self, hits: Sequence[ScoredRecord]) -> tuple[ScoredRecord, ...]:
        """Return the hits without those that say what a better one says in another language."""
        first: dict[str, ScoredRecord] = {}
        for hit in hits:
            first.setdefault(self._store.identity_of(hit.position).twin, hit)
        return tuple(first.values())

    def close(self) -> None:
        """Let go of files and memory; the knowledge base is not used afterwards."""
        self._find_again.cache_clear()
        self._answer_again.cache_clear()
        self._store.close()
        self._indexes.passages.close()
        self._files.close()

    def _answer(
        self, question: str, top_k: int, min_confidence: float | None, tags: tuple[str, ...]
    ) -> tuple[Answer, tuple[ScoredRecord, ...]]:
        threshold = self._ranking.answered_above if min_confidence is None else min_confidence
        query = parse_query(question)
        found = self._found(question, query, tags)
        status = self._status(found.hits, threshold)
        missing = self._no_answer(query, found.hits, tags) if status is Status.NO_ANSWER else None
        shown = {
            Status.ANSWERED: found.hits[:top_k],
            Status.AMBIGUOUS: self.without_translations(found.hits)[: max(2, min(top_k, limits.CHOICES))],
            Status.NO_ANSWER: (),
        }[status]
        answer = Answer(
            question=query.text,
            status=status,
            confidence=found.hits[0].confidence if found.hits else 0.0,
            hits=self._filled(found, shown),
            no_answer=missing,
            snapshot=self.name,
            took_ms=0.0,
        )
        return answer, found.hits

    def _found(self, question: str, query: Query, tags: Sequence[str]) -> _Found:
        """Return what there is for a question: of a short one, what was found when it was asked before."""
        find = self._find_again if len(question) <= _REMEMBERED_CHARS else self._find
        return find(question, query, tuple(tags))

    def _find(self, question: str, query: Query, tags: tuple[str, ...]) -> _Found:
        allowed = self._allowed(tags)
        if query.is_empty or not self.record_count or allowed == ():
            return _Found(None, ())
        # Simplified for the encoder too: asked in traditional characters, recall@1 rises from 0.77 to 0.79 over records
        # in simplified ones, and over traditional ones it loses nothing.
        text = simplify(query.text)
        embedding = self._encoder.encode_query(text)
        named = self._named_by_error(question, allowed)
        hits = rank_records(text, embedding, self._indexes, allowed=allowed, named=named)
        return _Found(embedding, raise_named(hits, named, KNOWN_ERROR_CONFIDENCE), frozenset(named))

    def _allowed(self, tags: Sequence[str]) -> tuple[int, ...] | None:
        """Return the positions to choose from, ascending; None for all."""
        if not tags:
            return self._within
        tagged = self._store.positions_tagged(tags)
        return tagged if self._within is None else tuple(sorted(set(tagged).intersection(self._within)))

    def _named_by_error(self, question: str, allowed: Sequence[int] | None) -> tuple[int, ...]:
        """Return the positions of the records that a known error in the question belongs to."""
        known = known_error(question, self._store.signatures)
        positions = () if known is None else tuple(map(self._store.position, known.answers))
        return tuple(at for at in positions if at is not None and (allowed is None or at in allowed))

    def _status(self, hits: Sequence[ScoredRecord], threshold: float) -> Status:
        if not hits or hits[0].confidence < min(threshold, self._ranking.ambiguous_above):
            return Status.NO_ANSWER
        if hits[0].confidence >= threshold:
            return Status.ANSWERED
        return Status.AMBIGUOUS if len(self.without_translations(hits)) > 1 else Status.NO_ANSWER

    def _filled(self, found: _Found, shown: Sequence[ScoredRecord]) -> tuple[Hit, ...]:
        return (
            ()
            if found.query is None
            else tuple(self._hit(found.query, hit, hit.position in found.named) for hit in shown)
        )

    def _hit(self, query: Embedding, scored: ScoredRecord, known_error: bool) -> Hit:
        record = self._store.record_at(scored.position)
        sentences = self._store.sentences_of(scored.position)
        return Hit(
            record=record,
            confidence=scored.confidence,
            highlight=highlight(query.tokens, record.answer_text, sentences, self._indexes.tokens),
            explanation=Explanation(
                passage=self._store.passage_text(scored.row),
                scores=scored.parts,
                weights=dict(self._ranking.weights),
                known_error=known_error,
            ),
            checks=self.checks_of(record),
        )

    def _no_answer(self, query: Query, hits: Sequence[ScoredRecord], tags: Sequence[str]) -> NoAnswer:
        unanswerable = Reason.EMPTY_QUESTION if query.is_empty else Reason.EMPTY_INDEX
        reason = Reason.NOT_CONFIDENT if hits else unanswerable
        suggestions = []
        for hit in self.without_translations(hits)[:_SUGGESTIONS]:
            record = self._store.record_at(hit.position)
            suggestions.append(Suggestion(record.id, record.question, hit.confidence))
        return NoAnswer(reason, _MESSAGES[reason], tuple(suggestions))


def _own_encoder(files: SnapshotFiles, threads: int | None) -> Encoder:
    """Load the snapshot's own model; what is wrong with it is mended by building the snapshot again."""
    try:
        return Encoder(files.model_folder, threads=threads)
    except (ModelMissing, ModelDamaged) as error:
        what = str(error).partition(";")[0]
        raise SnapshotDamaged(f"{files.model_folder}: {what}; {REPAIR}") from error


def _opened_indexes(files: SnapshotFiles, dim: int, ranking: Ranking) -> Indexes:
    """Open everything a query is ranked against; the store last, since it has to be closed."""
    return Indexes(
        passages=FaissIndex.from_bytes(files.read_verified(INDEX_FILE)),
        tokens=TokenIndex.open(files.folder / TOKENS_FILE, dim),
        ranking=ranking,
        store=Store(files.folder / RECORDS_FILE),
    )


def _own_ranking(files: SnapshotFiles) -> Ranking:
    try:
        return parse_ranking(files.read_verified(RANKING_FILE), str(files.folder / RANKING_FILE))
    except RankingDamaged as error:
        raise SnapshotDamaged(str(error)) from error


def _check(top_k: int, min_confidence: float | None, tags: Sequence[str]) -> None:
    """Check the parameters of a question."""
    if not 1 <= top_k <= limits.TOP_K_MAX:
        raise InvalidQuery(f"top_k is out of range (got {top_k}, expected 1 to {limits.TOP_K_MAX}); ask for fewer hits")
    if min_confidence is not None and not 0.0 <= min_confidence <= 1.0:
        raise InvalidQuery(
            f"min_confidence is out of range (got {min_confidence}, expected 0 to 1); give a probability"
        )
    if len(tags) > limits.TAGS_MAX or any(len(tag) > limits.TAG_CHARS for tag in tags):
        raise InvalidQuery(
            f"too many or too long tags (got {len(tags)}, expected at most {limits.TAGS_MAX} of at most"
            f" {limits.TAG_CHARS} characters); give fewer"
        )
