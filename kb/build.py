"""Records to a published snapshot; vectors that an earlier snapshot already has are taken over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb import disk
from kb.cohort import Cohort, cohort_questions
from kb.dense import FaissIndex, Matrix, Vector
from kb.encoder import Encoder
from kb.errors import ContentError, KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from kb.language import detect_language
from kb.model_files import MANIFEST_FILE, verify_files
from kb.passages import Passage, passages_of
from kb.records import Record
from kb.snapshot import (
    COHORT_FILE,
    INDEX_FILE,
    MODEL_FOLDER,
    RECORDS_FILE,
    LinkedFile,
    SnapshotFiles,
    open_current,
    publish_snapshot,
)
from kb.store import Store, build_store

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
    truncated: tuple[str, ...]
    """Ids of records with a passage longer than the encoder reads."""


def build_snapshot(
    folder: Path, records: Sequence[Record], encoder: Encoder, progress: Progress = lambda done, total: None
) -> Published:
    """Embed what is new, write a snapshot and make it current.

    Raises ContentError when two records have one id, Busy when another process writes, StorageFailed when the disk
    does not take it, ModelDamaged when the encoder is not what its manifest says; the old snapshot then stays current.
    """
    _check_ids(records)
    verify_files(encoder.folder, encoder.manifest)
    with disk.storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with disk.writer_lock(folder / "lock", subject=str(folder)):
        passages = [
            passage
            for position, record in enumerate(records)
            for passage in passages_of(record, position, encoder.split)
        ]
        before, known = _earlier_vectors(folder, encoder)
        cohort = cohort_questions()
        fresh = list({entry.key: entry for entry in (*cohort, *passages) if entry.key not in known}.values())
        encoded = encoder.encode_passages(
            [entry.text for entry in fresh],
            [entry.kind for entry in fresh],
            lambda done: progress(done, len(fresh)),
        )
        known |= {entry.key: vector for entry, vector in zip(fresh, encoded.vectors, strict=True)}
        name = publish_snapshot(
            folder,
            _snapshot_files(records, passages, cohort, known, encoder),
            encoder=encoder.id,
            records=len(records),
            passages=len(passages),
        )
    return Published(
        snapshot=name,
        changed=name != before,
        records=len(records),
        passages=len(passages),
        embedded=sum(entry.position >= 0 for entry in fresh),
        truncated=tuple(dict.fromkeys(records[fresh[at].position].id for at in encoded.truncated)),
    )


def _check_ids(records: Sequence[Record]) -> None:
    first: dict[str, Record] = {}
    for record in records:
        other = first.setdefault(record.id, record)
        if other is not record:
            places = " and ".join(f"{each.source.path}:{each.source.line}" for each in (other, record))
            raise ContentError(f"{places}: two records have the id {record.id}; give one of them another `id=`")


def _snapshot_files(
    records: Sequence[Record],
    passages: Sequence[Passage],
    cohort: Sequence[Passage],
    vectors: Mapping[str, Vector],
    encoder: Encoder,
) -> dict[str, bytes | LinkedFile]:
    """Return the content of every file of the snapshot; `vectors` holds one by passage key."""
    of_passages, of_cohort = (_stacked(entries, vectors, encoder.dim) for entries in (passages, cohort))
    languages = tuple(detect_language(question.text) for question in cohort)
    baselines = Cohort(languages, of_cohort).baselines(of_passages)
    files: dict[str, bytes | LinkedFile] = {
        RECORDS_FILE: build_store(records, passages, baselines, cohort),
        INDEX_FILE: FaissIndex.build(of_passages).to_bytes(),
        COHORT_FILE: FaissIndex.build(of_cohort).to_bytes(),
    }
    for name, entry in encoder.manifest.files.items():
        files[f"{MODEL_FOLDER}/{name}"] = LinkedFile(encoder.folder / name, entry)
    files[f"{MODEL_FOLDER}/{MANIFEST_FILE}"] = encoder.manifest.to_json().encode()
    return files


def _stacked(passages: Sequence[Passage], vectors: Mapping[str, Vector], dim: int) -> Matrix:
    return np.array([vectors[passage.key] for passage in passages], dtype=np.float32).reshape(-1, dim)


def _earlier_vectors(folder: Path, encoder: Encoder) -> tuple[str | None, dict[str, Vector]]:
    """Return the live snapshot's name and its vectors by passage key; none when unusable or of another encoder."""
    try:
        files = open_current(folder)
    except (KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
        return None, {}
    try:
        return files.name, _vectors_by_key(files) if files.manifest.encoder == encoder.id else {}
    except SnapshotDamaged:
        return files.name, {}
    finally:
        files.close()


def _vectors_by_key(files: SnapshotFiles) -> dict[str, Vector]:
    files.verify(RECORDS_FILE)
    store = Store(files.folder / RECORDS_FILE)
    try:
        keys = {INDEX_FILE: store.passage_keys(), COHORT_FILE: store.cohort_keys()}
    finally:
        store.close()
    return {
        key: vector
        for file, names in keys.items()
        for key, vector in zip(names, FaissIndex.from_bytes(files.read_verified(file)).all_vectors(), strict=True)
    }
