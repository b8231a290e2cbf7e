"""Publishes snapshots: written whole beside the others, verified, and made current in one step."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from faqkb.kb import disk, limits
from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import ContentError, KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.foreign.paths import inside
from faqkb.kb.model.files import FileEntry
from faqkb.kb.snapshot.manifest import FORMAT, MANIFEST_FILE, Manifest, canonical, check_files, time_of
from faqkb.kb.snapshot.published import (
    DAYS_FILE,
    current_snapshot,
    entries,
    open_current,
    open_snapshot,
    snapshot_names,
    verified,
)


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A file that lies elsewhere and goes into a snapshot as it is."""

    path: Path
    entry: FileEntry
    """Its sha256 and size, checked by the caller."""


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file that somebody may still change: its bytes go into a snapshot if they are those promised."""

    path: Path
    entry: FileEntry
    """Its sha256 and size."""


@dataclass(frozen=True, slots=True)
class PiecedFile:
    """A file too large to be in memory."""

    pieces: Callable[[], Iterator[bytes]]
    """Gives its content, one piece after the other."""


Content = bytes | LinkedFile | CopiedFile | PiecedFile
"""Of one file of a snapshot."""


_PERHAPS_LIVE = "the snapshot is whole but perhaps not live (`faq snapshots` tells)"

Tell = Callable[[str], None]


def publish_snapshot(
    folder: Path,
    files: Mapping[str, Content],
    *,
    encoder: str,
    records: int,
    passages: int,
    tell: Tell = lambda line: None,
) -> str:
    """Write a snapshot beside the others, verify it, and make it current; returns its name.

    `tell` is called with what of earlier ones should go and cannot: that stops no publish.

    `files` maps a path inside the snapshot to its content, or to a file to link or copy. The caller holds
    `writer_lock`. When the content is that of the live snapshot nothing is written. Raises StorageFailed, and
    ContentError when a file to copy has changed; then the old one stays live.
    """
    with disk.storage_errors(folder):
        temporary = _new_folder(folder, tell)
        manifest = Manifest(
            format=FORMAT,
            created=_time_after_all(folder).isoformat(timespec="microseconds"),
            encoder=encoder,
            records=records,
            passages=passages,
            files=_write_files(temporary, files),
        )
        if _is_current(folder, manifest):
            disk.remove_folder(temporary)
            disk.sync_folder(folder)  # whoever made it live may have been told that this failed
            return current_snapshot(folder)
        disk.write_file(temporary / MANIFEST_FILE, canonical(manifest.to_json()))
        for base, _, _ in os.walk(temporary):
            disk.sync_folder(Path(base))
        _verify_written(temporary, manifest, files)
        disk.rename_folder(temporary, temporary.with_name(manifest.name))
    _make_live(folder, manifest.name)
    for line in _prune(folder, manifest.name):
        tell(line)
    return manifest.name


def _new_folder(folder: Path, tell: Tell) -> Path:
    """Return an empty folder beside the snapshots, after what killed writers left there is gone."""
    disk.make_folders(folder / "snapshots")
    for line in remove_leftovers(folder):
        tell(line)
    temporary = folder / "snapshots" / f"{disk.TEMPORARY_PREFIX}{uuid.uuid4().hex}"
    temporary.mkdir()
    return temporary


def _make_live(folder: Path, name: str) -> None:
    with disk.storage_errors(folder, outcome=_PERHAPS_LIVE):
        disk.replace_file(folder / "current", f"{name}\n".encode())


def _time_after_all(folder: Path) -> datetime:
    """Return the time, or one just after the newest snapshot where the clock was set back: names sort by time."""
    known = snapshot_names(folder)
    with suppress(KnowledgeBaseMissing, SnapshotDamaged):  # nothing is live: the others alone count
        known.append(current_snapshot(folder))
    times = [time + timedelta(microseconds=1) for time in map(time_of, known) if time is not None]
    return max(datetime.now(UTC), *times) if times else datetime.now(UTC)


def rollback(folder: Path, name: str) -> None:
    """Make an earlier snapshot the live one, after checking all of its files."""
    with disk.writer_lock(folder / "lock", subject=str(folder)):
        verified(open_snapshot(folder, name))
        _make_live(folder, name)


def go_back(folder: Path) -> str:
    """Make the newest snapshot the live one whose every file holds; returns its name. Raises Busy, SnapshotDamaged."""
    for name in reversed(snapshot_names(folder)):
        try:
            rollback(folder, name)
        except (SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
            continue
        return name
    raise SnapshotDamaged(f"{folder} has no whole snapshot; run `faq ingest` to build one")


def _write_files(temporary: Path, files: Mapping[str, Content]) -> dict[str, FileEntry]:
    entries: dict[str, FileEntry] = {}
    for path, content in sorted(files.items()):
        target = inside(temporary, path)
        target.parent.mkdir(exist_ok=True)
        if isinstance(content, LinkedFile):
            disk.link_or_copy(content.path, target)
            entries[path] = content.entry
        elif isinstance(content, PiecedFile):
            entries[path] = _write_pieces(target, content)
        else:
            given = _unchanged(content) if isinstance(content, CopiedFile) else content
            disk.write_file(target, given)
            entries[path] = FileEntry(hashlib.sha256(given).hexdigest(), len(given))
    return entries


def _write_pieces(target: Path, content: PiecedFile) -> FileEntry:
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in content.pieces():
            digest.update(piece)
            size += len(piece)
            yield piece

    disk.write_pieces(target, counted())
    return FileEntry(digest.hexdigest(), size)


def _unchanged(file: CopiedFile) -> bytes:
    content = file.path.read_bytes()
    if FileEntry(hashlib.sha256(content).hexdigest(), len(content)) != file.entry:
        raise ContentError(f"{file.path}: changed while it was being published; run `faq ingest` again")
    return content


def _verify_written(folder: Path, manifest: Manifest, files: Mapping[str, Content]) -> None:
    """Read back what was written; a hard link needs no second look, it is the file that the caller checked."""
    check_files(folder, manifest)
    for path, content in files.items():
        linked = isinstance(content, LinkedFile) and content.path.samefile(folder / path)
        if not linked and file_sha256(folder / path) != manifest.files[path].sha256:
            raise SnapshotDamaged(f"{folder / path}: was not written as given; check the disk, nothing was published")


def _without_days(manifest: Manifest) -> Manifest:
    """Return a manifest without the days since when its records read so: they tell of other snapshots than its own."""
    return replace(manifest, files={path: entry for path, entry in manifest.files.items() if path != DAYS_FILE})


def _is_current(folder: Path, manifest: Manifest) -> bool:
    """Say whether the live snapshot is whole and already holds this content."""
    try:
        files = open_current(folder)
    except (KnowledgeBaseMissing, SnapshotNotFound, SnapshotDamaged, SnapshotUnsupported):
        return False
    try:
        if _without_days(files.manifest).content_hash != _without_days(manifest).content_hash:
            return False
        files.verify()
    except SnapshotDamaged:
        return False
    finally:
        files.close()
    return True


def remove_leftovers(folder: Path) -> list[str]:
    """Remove what killed writers left; the caller holds `writer_lock`. Returns a line for each that cannot go."""
    left = [path for path in entries(folder) if path.name.startswith(disk.TEMPORARY_PREFIX)]
    return [*disk.remove_leftovers(folder), *_removed(left)]


def _prune(folder: Path, live: str) -> list[str]:
    """Remove all that is older than the newest whole snapshots, except the live one and those somebody reads.

    Returns a line for each that cannot be removed. Damaged ones and those of another format do not count.
    """
    names = snapshot_names(folder)
    whole = [name for name in names if is_whole(folder, name)]
    oldest = whole[-limits.KEEP_SNAPSHOTS :][0]  # there is one: what was just published
    old = [folder / "snapshots" / name for name in names if name < oldest and name != live]
    return _removed([path for path in old if not _is_read(path / MANIFEST_FILE)])


def is_whole(folder: Path, name: str) -> bool:
    """Say whether a snapshot opens: its manifest holds, and every file is there with its size."""
    try:
        open_snapshot(folder, name).close()
    except (SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
        return False
    return True


def remove_damaged(folder: Path) -> list[str]:
    """Remove what no reader will ever open again; return a line for each. The caller knows that the live one is whole.

    One that the system does not give may come back, and one of another format is whole. Raises Busy.
    """
    with disk.writer_lock(folder / "lock", subject=str(folder)):
        live = current_snapshot(folder)
        damaged = [name for name in snapshot_names(folder) if name != live and _is_lost(folder, name)]
        paths = [folder / "snapshots" / name for name in damaged]
        kept = _removed([path for path in paths if not _is_read(path / MANIFEST_FILE)])
    return [*(f"{path.name} was damaged and is removed" for path in paths if not path.exists()), *kept]


def _is_lost(folder: Path, name: str) -> bool:
    try:
        verified(open_snapshot(folder, name))
    except SnapshotDamaged as error:
        return not isinstance(error.__cause__, OSError) or isinstance(error.__cause__, FileNotFoundError)
    except (SnapshotNotFound, SnapshotUnsupported):
        return False
    return False


def _is_read(manifest: Path) -> bool:
    try:
        return manifest.is_file() and disk.is_being_read(manifest)
    except OSError:
        return False  # not ours to look at: whether it can be removed shows


def _removed(folders: Sequence[Path]) -> list[str]:
    """Remove folders; return a line for each that cannot be."""
    kept = []
    for path in folders:
        try:
            disk.remove_folder(path)
        except OSError as error:
            kept.append(disk.not_removed(path, error))
    return kept
