"""Records to a published snapshot; vectors that an earlier snapshot already has are taken over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from faqkb.kb import disk
from faqkb.kb.building.derived import Derived
from faqkb.kb.building.earlier import Earlier, Embedded, days_known, open_earlier
from faqkb.kb.building.journal import Journal, open_journal, remove_journal
from faqkb.kb.checks import Check
from faqkb.kb.errors import ContentError
from faqkb.kb.fusion import Ranking
from faqkb.kb.index.cohort import cohort_questions
from faqkb.kb.index.passages import Passage
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import MANIFEST_FILE
from faqkb.kb.model.verified import Memory
from faqkb.kb.pictures import Picture
from faqkb.kb.records import Record
from faqkb.kb.snapshot.days import days_content
from faqkb.kb.snapshot.moved import moved_ids
from faqkb.kb.snapshot.pictures import picture_files
from faqkb.kb.snapshot.published import DAYS_FILE, MODEL_FOLDER, RANKING_FILE, TOKENS_FOLDER
from faqkb.kb.snapshot.publishing import Content, CopiedFile, LinkedFile, publish_snapshot
from faqkb.kb.snapshot.shared import linkable_file, shared_files
from faqkb.kb.snapshot.tuned import tuned_ranking

_TOGETHER = 256  # passages that are embedded before they are written down: some seconds of work

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


# Long on purpose: the steps of a build, one after the other.
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
    with (
        disk.writer_lock(folder / "lock", subject=str(folder)),
        open_earlier(folder, encoder) as (before, earlier),
        disk.storage_errors(folder),
        open_journal(folder, encoder.id, encoder.dim) as journal,
        encoder.reading_much(),
    ):
        ranking = tuned_ranking(folder)
        derived = Derived(records, earlier, encoder)
        fresh = _embed_new(derived, earlier, journal, encoder, progress)
        files = derived.files(Embedded(earlier, journal), checks, moved_ids(before, records))
        files |= _beside(ranking, encoder) | _days(derived, days_known(before, earlier))
        files |= _linked_model(encoder, shared_files(folder, {**_model_files(encoder), **picture_files(pictures)}))
        counts = {"records": len(records), "passages": derived.count}
        name = publish_snapshot(folder, files, encoder=encoder.id, **counts, tell=kept.append)
        remove_journal(folder)
        _remember_links(folder, name, files)
    return Published(
        snapshot=name,
        changed=before is None or name != before.name,
        **counts,
        calibrated=ranking.encoder == encoder.manifest.source,
        embedded=fresh.embedded,
        truncated=tuple(dict.fromkeys(records[entry.position].id for entry in fresh.truncated)),
        kept=tuple(kept),
    )


def _check_ids(records: Sequence[Record]) -> None:
    first: dict[str, Record] = {}
    for record in records:
        other = first.setdefault(record.id, record)
        if other is not record:
            places = " and ".join(f"{each.source.path}:{each.source.line}" for each in (other, record))
            raise ContentError(f"{places}: two records have the id {record.id}; give one of them another `id=`")


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What had to be embedded."""

    embedded: int
    """How many passages; unrelated questions do not count."""
    truncated: Sequence[Passage]
    """Those longer than the encoder reads."""


def _embed_new(derived: Derived, earlier: Earlier, journal: Journal, encoder: Encoder, progress: Progress) -> _Fresh:
    """Embed what neither the earlier snapshot nor the journal knows, the longest texts first."""
    wanted = {entry.key: entry for entry in derived.fresh_passages() if entry.key not in earlier.rows}
    wanted |= {entry.key: entry for entry in cohort_questions() if entry.key not in earlier.cohort}
    fresh = sorted((each for key, each in wanted.items() if key not in journal), key=lambda each: -len(each.text))
    truncated: list[Passage] = []
    for start in range(0, len(fresh), _TOGETHER):
        batch = fresh[start : start + _TOGETHER]
        encoded = encoder.encode_passages(
            [entry.text for entry in batch],
            [entry.kind for entry in batch],
            partial(_told, progress, start, len(fresh)),
        )
        for entry, vector, tokens in zip(batch, encoded.vectors, encoded.tokens, strict=True):
            journal.add(entry.key, vector, tokens)
        truncated += [batch[at] for at in encoded.truncated]
    return _Fresh(sum(entry.position >= 0 for entry in fresh), sorted(truncated, key=lambda each: each.position))


def _remember_links(folder: Path, name: str, files: Mapping[str, Content]) -> None:
    """Remember of token vectors that were only linked that they are right still: a link changes the time of a file.

    Not of the model: what is known of it is more than its hash.
    """
    for path, content in files.items():
        if path.startswith(f"{TOKENS_FOLDER}/") and isinstance(content, LinkedFile):
            Memory(folder / "snapshots" / name / path, content.entry).keep()


def _told(progress: Progress, start: int, total: int, done: int) -> None:
    progress(start + done, total)


def _beside(ranking: Ranking, encoder: Encoder) -> dict[str, Content]:
    return {
        RANKING_FILE: ranking.to_json().encode(),
        f"{MODEL_FOLDER}/{MANIFEST_FILE}": encoder.manifest.to_json().encode(),
    }


def _days(derived: Derived, known: Mapping[bytes, int]) -> dict[str, Content]:
    content = days_content(derived.digests, known)
    return {} if content is None else {DAYS_FILE: content}


def _model_files(encoder: Encoder) -> dict[str, CopiedFile | LinkedFile]:
    """Return the encoder's files by their path inside the snapshot."""
    files = encoder.manifest.files
    return {f"{MODEL_FOLDER}/{name}": CopiedFile(encoder.folder / name, entry) for name, entry in files.items()}


def _linked_model(encoder: Encoder, files: Mapping[str, CopiedFile | LinkedFile]) -> dict[str, CopiedFile | LinkedFile]:
    """Return the files with those of the model as links where they can be, never to those that it was loaded from.

    Only what the snapshot before does not have is looked for elsewhere: to hash a model takes longer than one record.
    """
    found = dict(files)
    for name, entry in encoder.manifest.files.items():
        path = f"{MODEL_FOLDER}/{name}"
        copy = linkable_file(encoder.folder, name, encoder.manifest) if isinstance(files[path], CopiedFile) else None
        if copy is not None:
            found[path] = LinkedFile(copy, entry)
    return found
