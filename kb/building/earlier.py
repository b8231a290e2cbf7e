"""What the live snapshot has that need not be computed again: whole records by their digests, texts by their keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faqkb.kb.building.journal import Journal
from faqkb.kb.errors import KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.index.cohort import LANGUAGES, cohort_questions
from faqkb.kb.index.dense import stored_vectors
from faqkb.kb.index.late_interaction import TokenIndex
from faqkb.kb.index.passages import Kind
from faqkb.kb.index.places import Places
from faqkb.kb.index.postings import Occurrences, PostingsFile
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record
from faqkb.kb.snapshot.published import (
    COHORT_FILE,
    COHORT_TOKENS_FILE,
    INDEX_FILE,
    PACKING_FILE,
    PLACES_FILE,
    POSTINGS_FILE,
    SnapshotFiles,
)
from faqkb.kb.snapshot.stored import Stored, open_stored
from faqkb.kb.store.passage_table import cohort_spans
from faqkb.kb.store.store import Store
from faqkb.kb.vectors import Halves, Packing, TokenCodes, Vector

_DERIVED = b"1\n"  # raised when passages, sentences, marks or words of the same record come out otherwise than before


def digest_of(record: Record) -> bytes:
    """Return what all depends on that is worked out of a record: equal digests have equal passages, words and marks."""
    parts = (record.question, record.answer_text, record.answer_html, *record.alternates)
    return hashlib.sha256(_DERIVED + "\0".join(parts).encode()).digest()[:16]


@dataclass(frozen=True)
class Earlier:
    """An opened earlier snapshot of the same encoder; an empty one where there is none."""

    places: Places
    vectors: Halves
    """Of its passages."""
    tokens: TokenIndex
    keys: Sequence[str]
    """Of its passages."""
    is_wording: npt.NDArray[np.bool_]
    """Of each passage, whether it is a question or an alternate."""
    marks: Sequence[str]
    """Of each record."""
    digests: Mapping[bytes, int]
    """Position of the record of each digest."""
    occurrences: Occurrences
    cohort: Mapping[str, tuple[Vector, TokenCodes]]
    """Of unrelated questions, by key."""
    files: SnapshotFiles | None

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Row of the passage of each key."""
        return {key: row for row, key in enumerate(self.keys)}

    @cached_property
    def view_of_row(self) -> npt.NDArray[np.int64]:
        """Number of the view that each passage is in."""
        found: npt.NDArray[np.int64] = np.cumsum(self.places.begins_view) - 1
        return found

    def tokens_of(self, row: int) -> TokenCodes:
        """Return the codes of a passage."""
        places, view = self.places, int(self.view_of_row[row])
        before = int(places.tokens_before[row] - places.tokens_before[places.view_rows[view]])
        first = int(places.view_tokens_at[view]) + before
        return self.tokens.codes(range(first, first + int(places.tokens[row])))


@dataclass(frozen=True)
class Embedded:
    """Every embedded text, wherever it is: in the earlier snapshot, or in the journal of this build."""

    earlier: Earlier
    journal: Journal

    def vector(self, key: str) -> Vector:
        """Return the vector of the passage of a key."""
        row = self.earlier.rows.get(key)
        return self.journal.vector(key) if row is None else self.earlier.vectors[row].astype(np.float32)

    def tokens(self, key: str) -> TokenCodes:
        """Return the codes of the passage of a key, as they are once they are kept."""
        row = self.earlier.rows.get(key)
        return self.packing.rounded(self.journal.tokens(key)) if row is None else self.earlier.tokens_of(row)

    @cached_property
    def packing(self) -> Packing:
        """How token vectors are kept: for codes as those of unrelated questions are, so that no record decides it."""
        return Packing.of(np.concatenate([self.of_cohort(question.key)[1] for question in cohort_questions()]))

    def token_count(self, key: str) -> int:
        """Return the number of token vectors of the passage of a key, without reading them."""
        row = self.earlier.rows.get(key)
        return self.journal.token_count(key) if row is None else int(self.earlier.places.tokens[row])

    def of_cohort(self, key: str) -> tuple[Vector, TokenCodes]:
        """Return vector and codes of an unrelated question."""
        return self.earlier.cohort.get(key) or (self.journal.vector(key), self.journal.tokens(key))


def _nothing(dim: int) -> Earlier:
    none = np.empty(0, dtype=np.uint32)
    baselines = np.empty((0, len(LANGUAGES)), dtype=np.float32)
    places = Places(0, none, none, none.astype(np.bool_), baselines, baselines, none.astype(np.uint64))
    vectors = np.empty((0, dim), dtype=np.float16)
    return Earlier(
        places,
        vectors,
        TokenIndex((), Packing.of(np.zeros((1, dim), dtype=np.int8))),
        (),
        np.empty(0, dtype=np.bool_),
        (),
        {},
        Occurrences.of({}, 0),
        {},
        None,
    )


@contextmanager
def open_earlier(folder: Path, encoder: Encoder) -> Iterator[tuple[Stored | None, Earlier]]:
    """Lend the live snapshot, None where its records cannot be read, and what can be taken over of it.

    That is nothing when it is damaged or of another encoder.
    """
    before: Stored | None = None
    with ExitStack() as opened:
        earlier = _nothing(encoder.dim)
        with suppress(KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
            before = opened.enter_context(open_stored(folder))
            if before.files.manifest.encoder == encoder.id:
                earlier = _taken_over(before, encoder.dim, opened)
        yield before, earlier


def days_known(before: Stored | None, earlier: Earlier) -> dict[bytes, int]:
    """Return since which day there are records of each digest, by an earlier snapshot; see `kb.snapshot.days`.

    The digests of one of another encoder are in no `earlier`: they are read here.
    """
    known: dict[bytes, int] = {}
    with suppress(SnapshotDamaged):
        if before is not None:
            days = before.files.days.numbers.tolist()
            if earlier.digests:
                known = {digest: days[position] for digest, position in earlier.digests.items()}
            else:
                known = dict(zip(before.store.records.derived()[0], days, strict=True))
    return known


def _taken_over(before: Stored, dim: int, opened: ExitStack) -> Earlier:
    files, store = before.files, before.store
    if store.passages.cohort_keys() != tuple(question.key for question in cohort_questions()):
        return _nothing(dim)  # its token vectors are packed otherwise, and its baselines are of other questions
    files.verify(POSTINGS_FILE, COHORT_TOKENS_FILE)
    files.verify_once(*files.token_paths)
    counts = files.manifest
    places = Places.from_bytes(files.read_verified(PLACES_FILE), counts.passages, counts.records)
    vectors = stored_vectors(files.read_verified(INDEX_FILE), dim, counts.passages)
    packing = Packing.from_bytes(files.read_verified(PACKING_FILE), dim)
    tokens = TokenIndex([files.folder / path for path in files.token_paths], packing)
    opened.callback(tokens.close)
    places.check_tokens(tokens.rows)
    postings = PostingsFile(files.folder / POSTINGS_FILE, counts.records)
    opened.callback(postings.close)
    digests, marks = store.records.derived()
    kinds, keys = store.passages.kinds_and_keys()
    store.records.check_sentences()
    found = Earlier(
        places=places,
        vectors=vectors,
        tokens=tokens,
        keys=keys,
        is_wording=np.array([kind != Kind.ANSWER.value for kind in kinds], dtype=np.bool_),
        marks=marks,
        digests={digest: position for position, digest in enumerate(digests)},
        occurrences=postings.occurrences(store.word_entries()),
        cohort=_cohort(files, store, dim),
        files=files,
    )
    _check(found, len(digests), store.passages.count_views())
    return found


def _check(found: Earlier, digests: int, views: int) -> None:
    """Make sure that its parts are as many as each other. Raises SnapshotDamaged."""
    places = found.places
    got = (len(found.keys), views, digests, len(found.marks))
    want = (places.count, len(places.view_tokens_at), places.records, places.records)
    if got != want:
        raise SnapshotDamaged(f"the records have {got} parts, expected {want}; run `faq ingest`")


def _cohort(files: SnapshotFiles, store: Store, dim: int) -> dict[str, tuple[Vector, TokenCodes]]:
    counts = store.passages.cohort_tokens()
    vectors = stored_vectors(files.read_verified(COHORT_FILE), dim, len(counts)).astype(np.float32)
    content = files.read_verified(COHORT_TOKENS_FILE)
    if len(content) != dim * sum(counts):
        raise SnapshotDamaged(
            f"{files.folder / COHORT_TOKENS_FILE}: not as many token vectors as stored; run `faq ingest`"
        )
    codes = np.frombuffer(content, dtype=np.int8).reshape(-1, dim)
    return {
        key: (vector, codes[span.start : span.stop])
        for key, vector, span in zip(store.passages.cohort_keys(), vectors, cohort_spans(counts), strict=True)
    }
