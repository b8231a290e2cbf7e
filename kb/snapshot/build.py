"""Records to a published snapshot; vectors that an earlier snapshot already has are taken over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from faqkb.kb import disk
from faqkb.kb.checks import Check
from faqkb.kb.errors import ContentError, KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.index.cohort import LANGUAGES, Baselines, Cohort, cohort_questions
from faqkb.kb.index.dense import FaissIndex, rounded
from faqkb.kb.index.late_interaction import TokenIndex, dequantise
from faqkb.kb.index.passages import Kind, Passage, View, passages_of, views_of
from faqkb.kb.index.places import Places
from faqkb.kb.index.postings import build_postings, words_of
from faqkb.kb.index.sentences import PieceTokens, Sentence, sentences_of
from faqkb.kb.index.tables import table_rows
from faqkb.kb.index.wordings import fit_wordings
from faqkb.kb.language.detection import detect_language
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import MANIFEST_FILE
from faqkb.kb.pictures import Picture
from faqkb.kb.records import Record
from faqkb.kb.snapshot.pictures import picture_files
from faqkb.kb.snapshot.published import (
    COHORT_FILE,
    INDEX_FILE,
    MODEL_FOLDER,
    PLACES_FILE,
    POSTINGS_FILE,
    RANKING_FILE,
    RECORDS_FILE,
    TOKENS_FILE,
    WORDINGS_FILE,
    SnapshotFiles,
    open_current,
)
from faqkb.kb.snapshot.publishing import Content, CopiedFile, LinkedFile, publish_snapshot
from faqkb.kb.snapshot.shared import linkable_file, shared_files
from faqkb.kb.snapshot.tuned import tuned_ranking
from faqkb.kb.store.passage_table import cohort_spans
from faqkb.kb.store.store import Store
from faqkb.kb.store.writing import Texts, build_store
from faqkb.kb.vectors import Matrix, TokenCodes, Vector

Progress = Callable[[int, int], None]
"""Called with (passages embedded, passages to embed)."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a build did."""

    snapshot: str
    changed: bool
    """False when the live snapshot already held exactly this."""
    records: int
    passages: int
    embedded: int
    """Passages that were embedded; the others' vectors were taken over."""
    calibrated: bool
    """Whether weights and confidence were fitted with this encoder."""
    truncated: tuple[str, ...]
    """Ids of records with a passage longer than the encoder reads."""
    kept: tuple[str, ...] = ()
    """What should have been removed and could not be, a line each."""


def build_snapshot(
    folder: Path,
    records: Sequence[Record],
    encoder: Encoder,
    progress: Progress = lambda done, total: None,
    *,
    checks: Sequence[Check] = (),
    pictures: Sequence[Picture] = (),
) -> Published:
    """Embed what is new, write a snapshot and make it current.

    `checks` and `pictures` are stored with the records that name them. Raises ContentError when two records have one
    id or a picture has changed, Busy when another process writes, StorageFailed when the disk does not take it,
    ModelDamaged when the encoder is not what its manifest says; the old snapshot then stays current.
    """
    _check_ids(records)
    encoder.verify()
    kept: list[str] = []
    with disk.writer_lock(folder / "lock", subject=str(folder)):
        passages = _all_passages(records, encoder)
        ranking = tuned_ranking(folder)
        before, known = _earlier(folder, encoder)
        cohort = cohort_questions()
        fresh = _embed_new((*cohort, *passages), known, encoder, progress)
        files = _snapshot_files(records, passages, cohort, known, encoder, checks)
        files[RANKING_FILE] = ranking.to_json().encode()
        files[f"{MODEL_FOLDER}/{MANIFEST_FILE}"] = encoder.manifest.to_json().encode()
        files |= shared_files(folder, {**_model_files(encoder), **picture_files(pictures)})
        name = publish_snapshot(
            folder, files, encoder=encoder.id, records=len(records), passages=len(passages), tell=kept.append
        )
    return Published(
        snapshot=name,
        changed=name != before,
        records=len(records),
        passages=len(passages),
        calibrated=ranking.encoder == encoder.manifest.source,
        embedded=sum(entry.position >= 0 for entry in fresh.entries),
        truncated=tuple(dict.fromkeys(records[entry.position].id for entry in fresh.truncated)),
        kept=tuple(kept),
    )


def _all_passages(records: Sequence[Record], encoder: Encoder) -> list[Passage]:
    numbered = enumerate(records)
    return [passage for position, record in numbered for passage in passages_of(record, position, encoder.split)]


def _check_ids(records: Sequence[Record]) -> None:
    first: dict[str, Record] = {}
    for record in records:
        other = first.setdefault(record.id, record)
        if other is not record:
            places = " and ".join(f"{each.source.path}:{each.source.line}" for each in (other, record))
            raise ContentError(f"{places}: two records have the id {record.id}; give one of them another `id=`")


@dataclass(frozen=True, slots=True)
class _Embedded:
    """What is kept of one embedded text."""

    vector: Vector
    tokens: TokenCodes


@dataclass(frozen=True, slots=True)
class _Known:
    """What need not be computed again."""

    texts: dict[str, _Embedded]
    """By passage key."""
    view_baselines: Mapping[str, Sequence[float]]
    """By view key, for the cohort of today."""


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What had to be embedded."""

    entries: Sequence[Passage]
    truncated: Sequence[Passage]
    """Those longer than the encoder reads."""


def _embed_new(entries: Sequence[Passage], known: _Known, encoder: Encoder, progress: Progress) -> _Fresh:
    """Embed what is not known yet, and add it to what is."""
    fresh = list({entry.key: entry for entry in entries if entry.key not in known.texts}.values())
    encoded = encoder.encode_passages(
        [entry.text for entry in fresh],
        [entry.kind for entry in fresh],
        lambda done: progress(done, len(fresh)),
    )
    for entry, vector, tokens in zip(fresh, rounded(encoded.vectors), encoded.tokens, strict=True):
        known.texts[entry.key] = _Embedded(vector, tokens)
    return _Fresh(fresh, [fresh[at] for at in encoded.truncated])


def _snapshot_files(
    records: Sequence[Record],
    passages: Sequence[Passage],
    cohort: Sequence[Passage],
    known: _Known,
    encoder: Encoder,
    checks: Sequence[Check],
) -> dict[str, Content]:
    """Return the content of every file of the snapshot; `known` holds every text."""
    of_passages, of_cohort = (_stacked(entries, known.texts, encoder.dim) for entries in (passages, cohort))
    codes = [known.texts[entry.key].tokens for entry in (*passages, *cohort)]
    languages = tuple(detect_language(question.text) for question in cohort)
    unrelated = Cohort(languages, of_cohort, [dequantise(own) for own in codes[len(passages) :]])
    views = tuple(views_of(passages))
    counts = [len(own) for own in codes]
    words = [words_of(record) for record in records]
    postings = build_postings(words)
    baselines = unrelated.baselines(of_passages), _view_baselines(views, codes, known.view_baselines, unrelated)
    texts = Texts(
        passages=passages,
        views=views,
        sentences=_sentences(records, passages, counts, encoder),
        cohort=cohort,
        cohort_tokens=counts[len(passages) :],
        words=words,
        entries=postings.entries,
    )
    places = Places.build(len(records), passages, views, counts[: len(passages)], baselines)
    return {
        RECORDS_FILE: build_store(records, texts, checks),
        POSTINGS_FILE: postings.content,
        PLACES_FILE: places.to_bytes(),
        INDEX_FILE: FaissIndex.build(of_passages).to_bytes(),
        COHORT_FILE: FaissIndex.build(of_cohort).to_bytes(),
        TOKENS_FILE: b"".join(own.tobytes() for own in codes),
        WORDINGS_FILE: fit_wordings(passages, of_passages).to_bytes(),
    }


def _model_files(encoder: Encoder) -> dict[str, CopiedFile | LinkedFile]:
    """Return the encoder's files by their path inside the snapshot, never the very files that it was loaded from."""
    found: dict[str, CopiedFile | LinkedFile] = {}
    for name, entry in encoder.manifest.files.items():
        copy = linkable_file(encoder.folder, name, encoder.manifest)
        own = CopiedFile(encoder.folder / name, entry)
        found[f"{MODEL_FOLDER}/{name}"] = own if copy is None else LinkedFile(copy, entry)
    return found


def _sentences(
    records: Sequence[Record], passages: Sequence[Passage], counts: Sequence[int], encoder: Encoder
) -> list[tuple[Sentence, ...]]:
    """Return the sentences of each record's answer with the rows of their tokens."""
    pieces: list[list[PieceTokens]] = [[] for _ in records]
    for passage, first_row in zip(passages, accumulate(counts, initial=0), strict=False):
        if passage.kind is Kind.ANSWER:
            question = len(records[passage.position].question) + 1
            spans = encoder.token_spans(passage.text, Kind.ANSWER)
            own = [range(span.start - question, span.stop - question) for span in spans]
            pieces[passage.position].append(PieceTokens(passage.text[question:], own, first_row))
    return [
        tuple(sentences_of(record.answer_text, own, tuple(table_rows(record.answer_text, record.answer_html))))
        for record, own in zip(records, pieces, strict=True)
    ]


def _stacked(passages: Sequence[Passage], texts: Mapping[str, _Embedded], dim: int) -> Matrix:
    return np.array([texts[passage.key].vector for passage in passages], dtype=np.float32).reshape(-1, dim)


def _view_baselines(
    views: Sequence[View], codes: Sequence[TokenCodes], known: Mapping[str, Sequence[float]], cohort: Cohort
) -> Baselines:
    """Return the baselines of every view; one at a time, so that a view's do not depend on its neighbours."""
    rows = [
        known[view.key]
        if view.key in known
        else cohort.late_baseline(dequantise(np.concatenate(codes[view.rows.start : view.rows.stop])))[0]
        for view in views
    ]
    return np.array(rows, dtype=np.float32).reshape(-1, len(LANGUAGES))


def _earlier(folder: Path, encoder: Encoder) -> tuple[str | None, _Known]:
    """Return the live snapshot's name and what can be taken over; nothing when unusable or of another encoder."""
    nothing = _Known({}, {})
    try:
        files = open_current(folder)
    except (KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
        return None, nothing
    try:
        return files.name, _taken_over(files, encoder.dim) if files.manifest.encoder == encoder.id else nothing
    except SnapshotDamaged:
        return files.name, nothing
    finally:
        files.close()


def _taken_over(files: SnapshotFiles, dim: int) -> _Known:
    files.verify(RECORDS_FILE, TOKENS_FILE)
    counts = files.manifest
    places = Places.from_bytes(files.read_verified(PLACES_FILE), counts.passages, counts.records)
    store = Store(files.folder / RECORDS_FILE)
    try:
        passages = store.passages
        keys = (*passages.keys(), *passages.cohort_keys())
        cohort = cohort_spans(passages.cohort_tokens(), places.token_count)
        spans = (*map(places.tokens_of, range(places.count)), *cohort)
        of_same_cohort = passages.cohort_keys() == tuple(question.key for question in cohort_questions())
        of_views = dict(zip(passages.view_keys(), places.view_baselines.tolist(), strict=True))
        baselines = of_views if of_same_cohort else {}
    finally:
        store.close()
    rows, tokens = {INDEX_FILE: places.count, COHORT_FILE: len(cohort)}, spans[-1].stop if spans else 0
    vectors = [FaissIndex.from_bytes(files.read_verified(file), dim, count) for file, count in rows.items()]
    with closing(TokenIndex(files.folder / TOKENS_FILE, dim, tokens)) as codes:
        known = {
            key: _Embedded(vector, codes.codes(span))
            for key, vector, span in zip(
                keys, np.concatenate([index.all_vectors() for index in vectors]), spans, strict=True
            )
        }
    return _Known(known, baselines)
