"""An opened knowledge base: ask it, search it, read its records."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from kb import limits
from kb.answers import Answer, Explanation, Hit, NoAnswer, Reason, Status, Suggestion
from kb.cohort import Cohort
from kb.dense import FaissIndex
from kb.encoder import Encoder
from kb.errors import InvalidQuery, ModelDamaged, ModelMissing, SnapshotDamaged
from kb.highlight import highlight
from kb.manifest import REPAIR
from kb.query import Query, parse_query
from kb.ranking import AMBIGUOUS_ABOVE, ANSWERED_ABOVE, WEIGHTS, Indexes, ScoredRecord, rank_records
from kb.records import Record
from kb.snapshot import COHORT_FILE, INDEX_FILE, RECORDS_FILE, SnapshotFiles, open_current
from kb.store import Store

_MESSAGES = {
    Reason.NOT_CONFIDENT: "Nothing stored is likely to answer this question.",
    Reason.EMPTY_QUESTION: "The question holds no letters or digits to search for.",
    Reason.EMPTY_INDEX: "The knowledge base holds no records that may answer.",
}
_SUGGESTIONS = 3
_PAGE = 1_000  # records held at once by who goes through all of them


class KnowledgeBase:
    """One snapshot, opened. It never changes; any number of threads may ask it."""

    def __init__(self, files: SnapshotFiles, indexes: Indexes, encoder: Encoder) -> None:
        self._files = files
        self._indexes = indexes
        self._store = indexes.store
        self._encoder = encoder

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        verify_model: bool = False,
        threads: int | None = None,
        before: KnowledgeBase | None = None,
    ) -> KnowledgeBase:
        """Open the live snapshot of a knowledge base.

        The sha256 of records and index is checked, that of the model (its largest file) only with `verify_model`;
        `threads` is how many cores one question may use. The encoder of `before`, an opened earlier snapshot, is
        shared when it is the same: it is most of the memory and of the time.
        Raises KnowledgeBaseMissing, SnapshotDamaged, SnapshotUnsupported.
        """
        files = open_current(folder)
        try:
            files.verify(RECORDS_FILE, *(files.model_paths if verify_model else ()))
            passages = FaissIndex.from_bytes(files.read_verified(INDEX_FILE))
            cohort = FaissIndex.from_bytes(files.read_verified(COHORT_FILE)).all_vectors()
            shared = before._encoder if before and before._encoder.id == files.manifest.encoder else None
            encoder = shared or _own_encoder(files, threads)
            store = Store(files.folder / RECORDS_FILE)
        except BaseException:
            files.close()
            raise
        knowledge = cls(files, Indexes(passages, store, Cohort(store.cohort_languages(), cohort)), encoder)
        knowledge._check_agreement()
        return knowledge

    def _check_agreement(self) -> None:
        manifest = self._files.manifest
        got = (self._store.record_count, self._store.passage_count, self._indexes.passages.rows, self._encoder.id)
        want = (manifest.records, manifest.passages, manifest.passages, manifest.encoder)
        if got != want:
            self.close()
            raise SnapshotDamaged(f"{self._files.folder}: holds {got}, its manifest says {want}; run `faq ingest`")

    @property
    def name(self) -> str:
        """Name of the snapshot."""
        return self._files.name

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
        started = time.perf_counter()
        threshold = _checked(top_k, min_confidence, tags)
        query = parse_query(question)
        hits = self._hits(query, tags)
        status = self._status(hits, threshold)
        missing = self._no_answer(query, hits, tags) if status is Status.NO_ANSWER else None
        shown = {
            Status.ANSWERED: hits[:top_k],
            Status.AMBIGUOUS: self._choices(hits)[: max(2, min(top_k, limits.CHOICES))],
            Status.NO_ANSWER: (),
        }[status]
        return Answer(
            question=query.text,
            status=status,
            confidence=hits[0].confidence if hits else 0.0,
            hits=self._filled(query, shown),
            no_answer=missing,
            snapshot=self.name,
            took_ms=(time.perf_counter() - started) * 1000,
        )

    def search(self, question: str, *, limit: int = 10, tags: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Return the best hits in the order of `ask`, whatever their confidence. Raises InvalidQuery."""
        _checked(limit, None, tags)
        query = parse_query(question)
        return self._filled(query, self._hits(query, tags)[:limit])

    def record(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""
        return self._store.record(record_id)

    def records(self, *, after: str | None = None, limit: int = 50) -> tuple[Record, ...]:
        """Return up to `limit` records in stored order, those after the record `after` when it is given."""
        return self._store.records_after(after, limit)

    def all_records(self) -> Iterator[Record]:
        """Yield every record in stored order, a page in memory at a time."""
        page = self.records(limit=_PAGE)
        while page:
            yield from page
            page = self.records(after=page[-1].id, limit=_PAGE)

    def close(self) -> None:
        """Let go of files and memory; the knowledge base is not used afterwards."""
        self._store.close()
        self._indexes.passages.close()
        self._files.close()

    def _hits(self, query: Query, tags: Sequence[str]) -> tuple[ScoredRecord, ...]:
        allowed = self._store.positions_tagged(tags) if tags else None
        if query.is_empty or not self.record_count or allowed == ():
            return ()
        vector = self._encoder.encode_query(query.text)
        return rank_records(query.text, vector, self._indexes, allowed=allowed)

    def _status(self, hits: Sequence[ScoredRecord], threshold: float) -> Status:
        if not hits or hits[0].confidence < min(threshold, AMBIGUOUS_ABOVE):
            return Status.NO_ANSWER
        if hits[0].confidence >= threshold:
            return Status.ANSWERED
        return Status.AMBIGUOUS if len(self._choices(hits)) > 1 else Status.NO_ANSWER

    def _choices(self, hits: Sequence[ScoredRecord]) -> tuple[ScoredRecord, ...]:
        """Return the hits without those that say what a better one says in another language."""
        first: dict[str, ScoredRecord] = {}
        for hit in hits:
            first.setdefault(self._store.identity_of(hit.position).twin, hit)
        return tuple(first.values())

    def _filled(self, query: Query, scored: Sequence[ScoredRecord]) -> tuple[Hit, ...]:
        return tuple(self._hit(query, hit) for hit in scored)

    def _hit(self, query: Query, scored: ScoredRecord) -> Hit:
        record = self._store.record_at(scored.position)
        return Hit(
            record=record,
            confidence=scored.confidence,
            highlight=highlight(query.text, record.answer_text),
            explanation=Explanation(
                passage=self._store.passage_text(scored.row),
                scores=scored.parts,
                weights=dict(WEIGHTS),
            ),
        )

    def _no_answer(self, query: Query, hits: Sequence[ScoredRecord], tags: Sequence[str]) -> NoAnswer:
        unanswerable = Reason.EMPTY_QUESTION if query.is_empty else Reason.EMPTY_INDEX
        reason = Reason.NOT_CONFIDENT if hits else unanswerable
        suggestions = []
        for hit in self._choices(hits)[:_SUGGESTIONS]:
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


def _checked(top_k: int, min_confidence: float | None, tags: Sequence[str]) -> float:
    """Check the parameters of a question; return the confidence from which a record is the answer."""
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
    return ANSWERED_ABOVE if min_confidence is None else min_confidence
