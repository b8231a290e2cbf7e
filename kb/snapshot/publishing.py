"""Publishes snapshots: written whole beside the others, verified, and made current in one step."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from faqkb.kb import disk, limits
from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import ContentError, KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.foreign.paths import inside
from faqkb.kb.model.files import FileEntry
from faqkb.kb.snapshot.manifest import FORMAT, MANIFEST_FILE, Manifest, canonical, check_files
from faqkb.kb.snapshot.published import current_snapshot, open_current, open_snapshot, snapshot_names


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


Content = bytes | LinkedFile | CopiedFile
"""Of one file of a snapshot."""


def publish_snapshot(folder: Path, files: Mapping[str, Content], *, encoder: str, records: int, passages: int) -> str:
    """Write a snapshot beside the others, verify it, and make it current; returns its name.

    `files` maps a path inside the snapshot to its content, or to a file to link or copy. The caller holds
    `writer_lock`. When the content is that of the live snapshot nothing is written. Raises StorageFailed, and
    ContentError when a file to copy has changed; then the old one stays live.
    """
    with disk.storage_errors(folder):
        snapshots = folder / "snapshots"
        snapshots.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(snapshots)
        temporary = snapshots / f"{disk.TEMPORARY_PREFIX}{os.getpid()}"
        temporary.mkdir()
        manifest = Manifest(
            format=FORMAT,
            created=datetime.now(UTC).isoformat(timespec="microseconds"),
            encoder=encoder,
            records=records,
            passages=passages,
            files=_write_files(temporary, files),
        )
        if _is_current(folder, manifest):
            disk.remove_folder(temporary)
            return current_snapshot(folder)
        disk.write_file(temporary / MANIFEST_FILE, canonical(manifest.to_json()))
        for base, _, _ in os.walk(temporary):
            disk.sync_folder(Path(base))
        _verify_written(temporary, manifest, files)
        disk.rename_folder(temporary, snapshots / manifest.name)
        disk.replace_file(folder / "current", f"{manifest.name}\n".encode())
        _prune(folder)
    return manifest.name


def rollback(folder: Path, name: str) -> None:
    """Make an earlier snapshot the live one, after checking all of its files."""
    with disk.writer_lock(folder / "lock", subject=str(folder)):
        files = open_snapshot(folder, name)
        try:
            files.verify()
        finally:
            files.close()
        with disk.storage_errors(folder):
            disk.replace_file(folder / "current", f"{name}\n".encode())


def _write_files(temporary: Path, files: Mapping[str, Content]) -> dict[str, FileEntry]:
    entries: dict[str, FileEntry] = {}
    for path, content in sorted(files.items()):
        target = inside(temporary, path)
        target.parent.mkdir(exist_ok=True)
        if isinstance(content, LinkedFile):
            disk.link_or_copy(content.path, target)
            entries[path] = content.entry
        else:
            given = _unchanged(content) if isinstance(content, CopiedFile) else content
            disk.write_file(target, given)
            entries[path] = FileEntry(hashlib.sha256(given).hexdigest(), len(given))
    return entries


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


def _is_current(folder: Path, manifest: Manifest) -> bool:
    """Say whether the live snapshot is whole and already holds this content."""
    try:
        files = open_current(folder)
    except (KnowledgeBaseMissing, SnapshotNotFound, SnapshotDamaged, SnapshotUnsupported):
        return False
    try:
        if files.manifest.content_hash != manifest.content_hash:
            return False
        files.verify()
    except SnapshotDamaged:
        return False
    finally:
        files.close()
    return True


def _remove_leftovers(snapshots: Path) -> None:
    for path in sorted(snapshots.iterdir()):
        if path.name.startswith(disk.TEMPORARY_PREFIX):
            disk.remove_folder(path)


def _prune(folder: Path) -> None:
    """Remove all but the newest snapshots, except the live one and those somebody reads."""
    current = current_snapshot(folder)
    for name in snapshot_names(folder)[: -limits.KEEP_SNAPSHOTS]:
        path = folder / "snapshots" / name
        manifest = path / MANIFEST_FILE
        if name != current and not (manifest.is_file() and disk.is_being_read(manifest)):
            disk.remove_folder(path)
