"""The manifest of a snapshot: its list of files, hashes and counts, and the name that seals it.

A name is the time of publishing and a hash of the manifest without that time, so every byte of the manifest is
covered by the name, and every byte of the other files by the manifest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faqkb.kb import disk, limits
from faqkb.kb.errors import SnapshotDamaged, SnapshotUnsupported
from faqkb.kb.model.files import FileEntry
from faqkb.kb.pictures import FOLDER as PICTURES
from faqkb.kb.pictures import is_picture_name, sha256_of

FORMAT = 10
MANIFEST_FILE = "manifest.json"
REPAIR = "run `faq ingest` to build it again, or `faq doctor --repair` to go back to the newest whole one"
REPAIR_MODEL = "run `faq ingest` to publish a whole one"  # the snapshots before link to the same damaged file
MOST_BYTES = 1_000_000  # a manifest has a dozen lines; anything larger is not one
_TIME_FORMAT = "%Y%m%dT%H%M%S%fZ"  # to the microsecond: names sort by time even when a script publishes in a loop
_NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z-[0-9a-f]{16}")


_COUNT_MAX = 1_000_000_000
_PATH = re.compile(r"(?:[a-z][a-z0-9_]*/)?[a-z0-9][a-z0-9_]*\.[a-z0-9.]*[a-z0-9]")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds."""

    format: int
    created: str
    """UTC time of publishing, ISO 8601 to the microsecond."""
    encoder: str
    """Id of the encoder whose vectors the index holds."""
    records: int
    passages: int
    files: dict[str, FileEntry]
    """sha256 and size by path inside the snapshot, with forward slashes."""

    @property
    def name(self) -> str:
        """The snapshot's name: time, then hash of all the rest."""
        content = self.to_json()
        created = content.pop("created")
        digest = hashlib.sha256(canonical(content)).hexdigest()
        return f"{datetime.fromisoformat(created).strftime(_TIME_FORMAT)}-{digest[:16]}"

    @property
    def content_hash(self) -> str:
        """The part of the name that does not depend on time."""
        return self.name.rpartition("-")[2]

    def to_json(self) -> dict[str, Any]:
        """Return the object written to `manifest.json`."""
        return {
            "format": self.format,
            "created": self.created,
            "encoder": self.encoder,
            "counts": {"records": self.records, "passages": self.passages},
            "files": {path: asdict(entry) for path, entry in sorted(self.files.items())},
        }


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one way to write a manifest; anything else is not one."""
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def is_name(name: str) -> bool:
    """Say whether this could be the name of a snapshot; no such name leaves its folder."""
    return _NAME.fullmatch(name) is not None


def time_of(name: str) -> datetime | None:
    """Return when a snapshot was published, by its name; None where that is no time."""
    try:
        return datetime.fromisoformat(f"{name[:15]}.{name[15:21]}+00:00")
    except ValueError:
        return None


def read_manifest(path: Path, name: str) -> Manifest:
    """Return the manifest of the snapshot of that name. Raises SnapshotDamaged, SnapshotUnsupported."""
    try:
        content = disk.read_regular(path, MOST_BYTES)
    except OSError as error:
        raise SnapshotDamaged(f"{path}: {error.strerror}; {REPAIR}") from error
    manifest = parse_manifest(content, path)
    if manifest.name != name:
        raise SnapshotDamaged(f"{path}: does not match the name of its snapshot; {REPAIR}")
    return manifest


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """Return what a manifest says; `path` is where it stands. Raises SnapshotDamaged, SnapshotUnsupported."""
    try:
        fields = json.loads(content)
        if fields["format"] != FORMAT:
            raise SnapshotUnsupported(
                f"{path}: snapshot format {fields['format']!r:.40}, this version reads {FORMAT}; run `faq ingest`"
            )
        manifest = Manifest(
            format=fields["format"],
            created=fields["created"],
            encoder=str(fields["encoder"]),
            records=_count(fields["counts"]["records"]),
            passages=_count(fields["counts"]["passages"]),
            files={_path(key, entry): FileEntry(**entry) for key, entry in fields["files"].items()},
        )
        datetime.fromisoformat(manifest.created).astimezone(UTC)  # a year 9999 may be beyond the last one there
        whole = canonical(manifest.to_json()) == content and is_name(manifest.name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        told = f" ({error})" if type(error) is ValueError else ""  # our own words; others say nothing to a reader
        raise SnapshotDamaged(f"{path}: not a manifest{told}; {REPAIR}") from error
    if not whole:
        raise SnapshotDamaged(f"{path}: not a manifest as it is written; {REPAIR}")
    return manifest


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _COUNT_MAX:
        raise ValueError(f"got {value!r:.60} for a number of records or passages")
    return value


def _path(path: str, entry: Mapping[str, Any]) -> str:
    """Return the path of a file; whoever opens the snapshot may rely on where it leads and on what a picture is."""
    folder, _, name = path.rpartition("/")
    if not _PATH.fullmatch(path) or (folder == PICTURES and not is_picture_name(name)):
        raise ValueError(f"it names a file {path[:80]!r}, which no snapshot has")
    if not _SHA256.fullmatch(entry["sha256"]) or type(entry["size"]) is not int or entry["size"] < 0:
        raise ValueError(f"sha256 and size of {path} are none")
    if folder == PICTURES and (entry["sha256"] != sha256_of(name) or entry["size"] > limits.PICTURE_BYTES):
        raise ValueError(f"{path} has another sha256 than its name, or more than {limits.PICTURE_BYTES:,} bytes")
    return path


def check_files(folder: Path, manifest: Manifest) -> None:
    """Check that exactly the manifest's files are there, each with its size. Raises SnapshotDamaged."""
    try:
        _check_found(folder, manifest)
    except OSError as error:
        raise unreadable(error.filename or folder, error) from error


def unreadable(path: object, error: OSError) -> SnapshotDamaged:
    """Return the error of a file that the system does not give."""
    return SnapshotDamaged(f"{path}: cannot be read ({error.strerror or error}); {REPAIR}")


def _check_found(folder: Path, manifest: Manifest) -> None:
    found = {(Path(base) / name).relative_to(folder).as_posix() for base, _, names in os.walk(folder) for name in names}
    expected = {MANIFEST_FILE, *manifest.files}
    if found != expected:
        path = min(found ^ expected)
        what = "is missing" if path in expected else "is not in the manifest"
        raise SnapshotDamaged(f"{folder / path} {what}; {REPAIR}")
    for path, entry in manifest.files.items():
        status = (folder / path).lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != entry.size:
            raise SnapshotDamaged(f"{folder / path}: {status.st_size} bytes, its manifest says {entry.size}; {REPAIR}")
