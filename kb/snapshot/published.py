"""Published snapshots: opened whole, or not at all; `publishing` writes them.

DIR/current             one line: the name of the live snapshot
DIR/snapshots/NAME/     manifest.json, records.sqlite, postings.bin, places.bin, passages.faiss, cohort.faiss,
                        cohort.i8, packing.i8, wordings.bin, ranking.json, tokens/, model/, and pictures/
                        where answers show some
                        passages.rabitq where there are very many passages
                        days.bin where some records are older than the snapshot
DIR/lock                held by the one writer
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from faqkb.kb import disk
from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.model.verified import Memory
from faqkb.kb.pictures import FOLDER as PICTURE_FOLDER
from faqkb.kb.pictures import Picture
from faqkb.kb.snapshot.days import Days
from faqkb.kb.snapshot.manifest import (
    MANIFEST_FILE,
    REPAIR,
    REPAIR_MODEL,
    Manifest,
    check_files,
    is_name,
    read_manifest,
    unreadable,
)

RECORDS_FILE = "records.sqlite"
INDEX_FILE = "passages.faiss"
COARSE_FILE = "passages.rabitq"
COHORT_FILE = "cohort.faiss"
PLACES_FILE = "places.bin"
POSTINGS_FILE = "postings.bin"
TOKENS_FOLDER = "tokens"
COHORT_TOKENS_FILE = "cohort.i8"
PACKING_FILE = "packing.i8"
WORDINGS_FILE = "wordings.bin"
DAYS_FILE = "days.bin"
RANKING_FILE = "ranking.json"
MODEL_FOLDER = "model"
_NAME_BYTES = 1_000  # of `current`, which has 38
_REMEMBERED_BYTES = 64 << 20  # of a file, whose hash takes a tenth of a second: a smaller one is read each time


@dataclass(frozen=True, slots=True)
class SnapshotSummary:
    """One line of `faq snapshots`."""

    name: str
    current: bool
    created: str
    records: int | None
    """None where a database holds the snapshot and has it not in memory."""
    passages: int | None
    encoder: str


class OpenedSnapshot(Protocol):
    """A published snapshot, wherever it lies."""

    @property
    def name(self) -> str:
        """The snapshot's name."""

    @property
    def manifest(self) -> Manifest:
        """What it holds."""

    def pictures(self) -> tuple[Picture, ...]:
        """Return the pictures that answers show, by name, as files until `close`."""

    def picture(self, name: str) -> bytes | None:
        """Return a picture's bytes after its sha256 held, None where there is none. Raises SnapshotDamaged."""

    @property
    def days(self) -> Days:
        """Since when each record reads as it does. Raises SnapshotDamaged."""

    def close(self) -> None:
        """Let go of it."""


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
        return self._paths_in(MODEL_FOLDER)

    @property
    def picture_paths(self) -> tuple[str, ...]:
        """Paths of the pictures inside the snapshot."""
        return self._paths_in(PICTURE_FOLDER)

    @property
    def small_paths(self) -> tuple[str, ...]:
        """Paths of small files that are read when they are needed, not before."""
        return tuple(path for path in (COHORT_FILE, COHORT_TOKENS_FILE, DAYS_FILE) if path in self.manifest.files)

    @property
    def token_paths(self) -> tuple[str, ...]:
        """Paths of the token vectors inside the snapshot; their rows are counted from the first on."""
        return self._paths_in(TOKENS_FOLDER)

    def _paths_in(self, folder: str) -> tuple[str, ...]:
        return tuple(path for path in sorted(self.manifest.files) if path.startswith(f"{folder}/"))

    def large_paths(self, verified: SnapshotFiles | None) -> tuple[str, ...]:
        """Return the paths of model, tokens and pictures, without those that are the very files of a verified one."""
        paths = (*self.model_paths, *self.token_paths, *self.picture_paths)
        return tuple(path for path in paths if verified is None or not self._is_in(verified, path))

    def _is_in(self, other: SnapshotFiles, path: str) -> bool:
        """Return whether a file is a link to that of another snapshot, of the same name and promised content."""
        is_promised = other.manifest.files.get(path) == self.manifest.files[path]
        return is_promised and (self.folder / path).samefile(other.folder / path)

    def read_verified(self, path: str) -> bytes:
        """Return a file's content after its sha256 held; the bytes checked are the bytes returned."""
        try:
            content = (self.folder / path).read_bytes()
        except OSError as error:
            raise unreadable(self.folder / path, error) from error
        self.check_hash(path, hashlib.sha256(content).hexdigest())
        return content

    def read_if_there(self, path: str) -> bytes | None:
        """Return `read_verified` of a file that not every snapshot has, None where this one has none."""
        return self.read_verified(path) if path in self.manifest.files else None

    def verify(self, *paths: str) -> None:
        """Check the sha256 of the files named, of all when none is. Raises SnapshotDamaged."""
        for path in paths or sorted(self.manifest.files):
            try:
                digest = file_sha256(self.folder / path)
            except OSError as error:
                raise unreadable(self.folder / path, error) from error
            self.check_hash(path, digest)

    def verify_once(self, *paths: str) -> None:
        """Check the sha256 of large files, unless they are the very ones that were checked before.

        Raises SnapshotDamaged.
        """
        for path in paths:
            entry = self.manifest.files[path]
            if entry.size < _REMEMBERED_BYTES:
                self.verify(path)
                continue
            try:
                memory = Memory(self.folder / path, entry)
                if not memory.is_of_this_file:
                    self.verify(path)
                    memory.keep()
            except OSError as error:
                raise unreadable(self.folder / path, error) from error

    def check_hash(self, path: str, got: str) -> None:
        """Compare the sha256 that was read of a file with the one promised. Raises SnapshotDamaged."""
        want = self.manifest.files[path].sha256
        if got != want:
            repair = REPAIR_MODEL if path in self.model_paths else REPAIR
            raise SnapshotDamaged(
                f"{self.folder / path}: sha256 is {got[:12]}, its manifest says {want[:12]}; {repair}"
            )

    def pictures(self) -> tuple[Picture, ...]:
        """Return the pictures, by name."""
        return tuple(
            Picture(path.removeprefix(f"{PICTURE_FOLDER}/"), self.folder / path, self.manifest.files[path].size)
            for path in self.picture_paths
        )

    def picture(self, name: str) -> bytes | None:
        """Return a picture's bytes after its sha256 held, None where the snapshot has none. Raises SnapshotDamaged."""
        return self.read_if_there(f"{PICTURE_FOLDER}/{name}")

    @cached_property
    def days(self) -> Days:
        """Since when each record reads as it does. Raises SnapshotDamaged."""
        return Days.from_bytes(self.read_if_there(DAYS_FILE), self.manifest.records, self.manifest.created)

    def close(self) -> None:
        """Let the writer remove the snapshot when its time has come."""
        if self._reading >= 0:
            os.close(self._reading)
            self._reading = -1


def current_snapshot(folder: Path) -> str:
    """Return the name of the live snapshot of a knowledge base. Raises KnowledgeBaseMissing or SnapshotDamaged."""
    try:
        content = disk.read_regular(folder / "current", _NAME_BYTES)
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
    if not is_name(name) or not _is_folder(path):
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


def verified(files: SnapshotFiles) -> Manifest:
    """Check every file of a snapshot, close it, and return its manifest. Raises SnapshotDamaged."""
    try:
        files.verify()
    finally:
        files.close()
    return files.manifest


def snapshot_names(folder: Path) -> list[str]:
    """Return the names of all snapshots of a knowledge base, oldest first, whole or not."""
    return sorted(path.name for path in entries(folder) if is_name(path.name) and _is_folder(path))


def entries(folder: Path) -> list[Path]:
    """Return all that lies among the snapshots of a knowledge base, none where they cannot be listed."""
    try:
        return sorted((folder / "snapshots").iterdir())
    except OSError:  # no folder yet, or not ours to read: whoever opens a snapshot is told so
        return []


def _is_folder(path: Path) -> bool:
    """Say whether this is a folder itself: a link leads out of the knowledge base."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def find_snapshot(folder: Path, wanted: str) -> str:
    """Return the name of the one snapshot that is called so or begins so; `previous` is the one before the live one.

    Raises SnapshotNotFound, and KnowledgeBaseMissing for `previous`.
    """
    names = snapshot_names(folder)
    if wanted in names:
        return wanted
    if wanted == "previous":
        earlier = [name for name in names if name < current_snapshot(folder)]
        if not earlier:
            raise SnapshotNotFound(f"{folder} has no snapshot before the live one; `faq snapshots` lists them")
        return earlier[-1]
    found = [name for name in names if wanted and name.startswith(wanted)]
    if len(found) > 1:
        raise SnapshotNotFound(
            f"{folder} has {len(found)} snapshots that begin so (got {wanted[:60]!r}, expected more of the name of"
            f" one); `faq snapshots` lists them"
        )
    if not found:
        raise SnapshotNotFound(f"{folder} has no snapshot {wanted[:60]!r}; `faq snapshots` lists them")
    return found[0]


def list_snapshots(folder: Path) -> tuple[SnapshotSummary, ...]:
    """Return the snapshots of a knowledge base, oldest first; damaged ones are left out, `faq doctor` names them."""
    current = current_snapshot(folder)
    found: list[SnapshotSummary] = []
    for name in snapshot_names(folder):
        try:
            files = open_snapshot(folder, name)
        except (SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
            continue
        files.close()
        manifest = files.manifest
        found.append(
            SnapshotSummary(
                name, name == current, manifest.created, manifest.records, manifest.passages, manifest.encoder
            )
        )
    return tuple(found)
