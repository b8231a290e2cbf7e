"""The pictures of a snapshot: taken over from the live one where it has them, copied where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from faqkb.kb.errors import KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported
from faqkb.kb.model.files import FileEntry
from faqkb.kb.pictures import FOLDER, Picture
from faqkb.kb.snapshot.published import SnapshotFiles, open_current
from faqkb.kb.snapshot.publishing import CopiedFile, LinkedFile


def picture_files(folder: Path, pictures: Sequence[Picture]) -> dict[str, CopiedFile | LinkedFile]:
    """Return the files of pictures by their path inside a snapshot; the caller holds `writer_lock`.

    A link to the live snapshot's own file takes no space; an author's file may change, so it is copied.
    """
    found: dict[str, CopiedFile | LinkedFile] = {}
    with _live(folder) as live:
        for picture in pictures:
            path, entry = f"{FOLDER}/{picture.name}", FileEntry(picture.sha256, picture.size)
            is_kept = live is not None and live.manifest.files.get(path) == entry
            if live is not None and is_kept and _holds(live, path):
                found[path] = LinkedFile(live.folder / path, entry)
            else:
                found[path] = CopiedFile(picture.path, entry)
    return found


def pictures_of(files: SnapshotFiles) -> Iterator[Picture]:
    """Yield the pictures of a snapshot, by name."""
    for path in files.picture_paths:
        yield Picture(path.removeprefix(f"{FOLDER}/"), files.folder / path, files.manifest.files[path].size)


def read_picture(files: SnapshotFiles, name: str) -> bytes | None:
    """Return a picture's bytes after its sha256 held, None where the snapshot has none. Raises SnapshotDamaged."""
    path = f"{FOLDER}/{name}"
    if path not in files.manifest.files:
        return None
    return files.read_verified(path)


def _holds(files: SnapshotFiles, path: str) -> bool:
    try:
        files.verify(path)
    except SnapshotDamaged:
        return False
    return True


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
