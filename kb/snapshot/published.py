"""Snapshots on disk: published whole, opened whole, or not at all.

DIR/current             one line: the name of the live snapshot
DIR/snapshots/NAME/     manifest.json, records.sqlite, passages.faiss, cohort.faiss, tokens.i8, ranking.json,
                        model/
DIR/lock                held by the one writer
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from faqkb.kb import disk, limits
from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.model.files import FileEntry
from faqkb.kb.snapshot.manifest import (
    FORMAT,
    MANIFEST_FILE,
    REPAIR,
    Manifest,
    canonical,
    check_files,
    is_name,
    read_manifest,
)

RECORDS_FILE = "records.sqlite"
INDEX_FILE = "passages.faiss"
COHORT_FILE = "cohort.faiss"
TOKENS_FILE = "tokens.i8"
RANKING_FILE = "ranking.json"
MODEL_FOLDER = "model"


@dataclass(frozen=True, slots=True)
class SnapshotSummary:
    """One line of `faq snapshots`."""

    name: str
    current: bool
    created: str
    records: int
    passages: int
    encoder: str


class SnapshotFiles:
    """The files of one published snapshot, checked and held against removal until `close`."""

    def __init__(self, folder: Path, manifest: Manifest, reading: int) -> None:
        self.folder = folder
        self.manifest = manifest
        self._reading = reading

    @property
    def name(self) -> str:
        """The snapshot's name."""
        return self.folder.name

    @property
    def model_folder(self) -> Path:
        """Folder of the snapshot's own copy of the encoder."""
        return self.folder / MODEL_FOLDER

    @property
    def model_paths(self) -> tuple[str, ...]:
        """Paths of the encoder's files inside the snapshot."""
        return tuple(path for path in sorted(self.manifest.files) if path.startswith(f"{MODEL_FOLDER}/"))

    def read_verified(self, path: str) -> bytes:
        """Return a file's content after its sha256 held; the bytes checked are the bytes returned."""
        content = (self.folder / path).read_bytes()
        self._check_hash(path, hashlib.sha256(content).hexdigest())
        return content

    def verify(self, *paths: str) -> None:
        """Check the sha256 of the files named, of all when none is. Raises SnapshotDamaged."""
        for path in paths or sorted(self.manifest.files):
            self._check_hash(path, file_sha256(self.folder / path))

    def _check_hash(self, path: str, got: str) -> None:
        want = self.manifest.files[path].sha256
        if got != want:
            raise SnapshotDamaged(
                f"{self.folder / path}: sha256 is {got[:12]}, its manifest says {want[:12]}; {REPAIR}"
            )

    def close(self) -> None:
        """Let the writer remove the snapshot when its time has come."""
        if self._reading >= 0:
            os.close(self._reading)
            self._reading = -1


def current_snapshot(folder: Path) -> str:
    """Return the name of the live snapshot of a knowledge base. Raises KnowledgeBaseMissing or SnapshotDamaged."""
    try:
        content = (folder / "current").read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise KnowledgeBaseMissing(f"{folder} holds no knowledge base; run `faq ingest PATH --kb {folder}`") from error
    except OSError as error:
        raise SnapshotDamaged(f"{folder / 'current'}: {error.strerror}; {REPAIR}") from error
    name = content.decode("ascii", errors="replace").removesuffix("\n")
    if not is_name(name):
        raise SnapshotDamaged(f"{folder / 'current'} names no snapshot (got {name[:60]!r}); {REPAIR}")
    return name


def open_current(folder: Path) -> SnapshotFiles:
    """Open the live snapshot; when it is replaced and removed while it is being opened, the new one is opened.

    Raises KnowledgeBaseMissing, SnapshotDamaged, SnapshotUnsupported.
    """
    while True:
        name = current_snapshot(folder)
        try:
            return open_snapshot(folder, name)
        except (SnapshotDamaged, SnapshotNotFound):
            if current_snapshot(folder) == name:
                raise


def open_snapshot(folder: Path, name: str) -> SnapshotFiles:
    """Open a snapshot by name: its manifest holds, and exactly its files are there with their sizes."""
    path = folder / "snapshots" / name
    if not is_name(name) or not path.is_dir() or path.is_symlink():
        raise SnapshotNotFound(f"{folder} has no snapshot {name[:60]!r}; `faq snapshots` lists them")
    manifest_path = path / MANIFEST_FILE
    try:
        reading = disk.lock_shared(manifest_path)
    except OSError as error:
        raise SnapshotDamaged(f"{manifest_path}: {error.strerror}; {REPAIR}") from error
    try:
        manifest = read_manifest(manifest_path, name)
        check_files(path, manifest)
    except BaseException:
        os.close(reading)
        raise
    return SnapshotFiles(path, manifest, reading)


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A file that lies elsewhere and goes into a snapshot as it is."""

    path: Path
    entry: FileEntry
    """Its sha256 and size, checked by the caller."""


def publish_snapshot(
    folder: Path, files: Mapping[str, bytes | LinkedFile], *, encoder: str, records: int, passages: int
) -> str:
    """Write a snapshot beside the others, verify it, and make it current; returns its name.

    `files` maps a path inside the snapshot to its content, or to a file to link. The caller holds `writer_lock`. When
    the content is that of the live snapshot nothing is written. Raises StorageFailed; then the old one stays live.
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


def _write_files(temporary: Path, files: Mapping[str, bytes | LinkedFile]) -> dict[str, FileEntry]:
    entries: dict[str, FileEntry] = {}
    for path, content in sorted(files.items()):
        target = temporary / path
        target.parent.mkdir(exist_ok=True)
        if isinstance(content, LinkedFile):
            disk.link_or_copy(content.path, target)
            entries[path] = content.entry
        else:
            disk.write_file(target, content)
            entries[path] = FileEntry(hashlib.sha256(content).hexdigest(), len(content))
    return entries


def _verify_written(folder: Path, manifest: Manifest, files: Mapping[str, bytes | LinkedFile]) -> None:
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


def snapshot_names(folder: Path) -> list[str]:
    """Return the names of all snapshots of a knowledge base, oldest first, whole or not."""
    snapshots = folder / "snapshots"
    return sorted(path.name for path in snapshots.iterdir() if is_name(path.name)) if snapshots.is_dir() else []


def _prune(folder: Path) -> None:
    """Remove all but the newest snapshots, except the live one and those somebody reads."""
    current = current_snapshot(folder)
    for name in snapshot_names(folder)[: -limits.KEEP_SNAPSHOTS]:
        path = folder / "snapshots" / name
        manifest = path / MANIFEST_FILE
        if name != current and not (manifest.is_file() and disk.is_being_read(manifest)):
            disk.remove_folder(path)


def list_snapshots(folder: Path) -> tuple[SnapshotSummary, ...]:
    """Return the snapshots of a knowledge base, oldest first; damaged ones are left out, `faq doctor` names them."""
    current = current_snapshot(folder)
    found: list[SnapshotSummary] = []
    for name in snapshot_names(folder):
        try:
            files = open_snapshot(folder, name)
        except (SnapshotDamaged, SnapshotUnsupported):
            continue
        files.close()
        manifest = files.manifest
        found.append(
            SnapshotSummary(
                name, name == current, manifest.created, manifest.records, manifest.passages, manifest.encoder
            )
        )
    return tuple(found)


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
