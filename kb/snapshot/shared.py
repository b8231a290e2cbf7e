"""Files that snapshots have in common: linked, so that they take no space.

A link is the same bytes on the disk. Were the prepared model itself linked, one damaged block would be in it and in
every snapshot, and nothing left to mend them from: so the snapshots of a user share one copy, and the prepared model is
another, 80 MB once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.model.files import FileEntry, ModelManifest, model_id, user_cache
from faqkb.kb.snapshot.published import SnapshotFiles, open_current
from faqkb.kb.snapshot.publishing import CopiedFile, LinkedFile


def shared_files(folder: Path, wanted: Mapping[str, CopiedFile | LinkedFile]) -> dict[str, CopiedFile | LinkedFile]:
    """Return what is wanted, by path inside a snapshot, from the live one where it has it whole.

    The caller holds `writer_lock`.
    """
    found: dict[str, CopiedFile | LinkedFile] = {}
    with _live(folder) as live:
        for path, file in wanted.items():
            is_kept = live is not None and live.manifest.files.get(path) == file.entry
            if live is not None and is_kept and file_sha256(live.folder / path) == file.entry.sha256:
                found[path] = LinkedFile(live.folder / path, file.entry)
            else:
                found[path] = file
    return found


def linkable_file(folder: Path, name: str, manifest: ModelManifest) -> Path | None:
    """Return a whole copy of a file of a prepared folder, made now where there is none; None where it cannot be kept.

    The caller has verified the folder.
    """
    entry = manifest.files[name]
    copy = user_cache() / "linked" / model_id("model", manifest.files) / name
    try:
        if not _is_whole(copy, entry):
            copy.parent.mkdir(parents=True, exist_ok=True)
            beside = copy.with_name(f"{name}.{os.getpid()}")
            try:
                shutil.copyfile(folder / name, beside)
                beside.replace(copy)  # a damaged one stays in the snapshots that link to it, and goes with them
            finally:
                beside.unlink(missing_ok=True)
        return copy if _is_whole(copy, entry) else None
    except OSError:
        return None


def _is_whole(path: Path, entry: FileEntry) -> bool:
    return path.is_file() and path.stat().st_size == entry.size and file_sha256(path) == entry.sha256


@contextmanager
def _live(folder: Path) -> Iterator[SnapshotFiles | None]:
    """Lend the live snapshot, None where there is none to take anything from."""
    try:
        files = open_current(folder)
    except (KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
        yield None
        return
    try:
        yield files
    finally:
        files.close()
