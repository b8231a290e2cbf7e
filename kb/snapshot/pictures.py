"""The pictures of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faqkb.kb.model.files import FileEntry
from faqkb.kb.pictures import FOLDER, Picture
from faqkb.kb.snapshot.published import SnapshotFiles
from faqkb.kb.snapshot.publishing import CopiedFile


def picture_files(pictures: Sequence[Picture]) -> dict[str, CopiedFile]:
    """Return the files of pictures by their path inside a snapshot: an author's file may change, so it is copied."""
    return {
        f"{FOLDER}/{picture.name}": CopiedFile(picture.path, FileEntry(picture.sha256, picture.size))
        for picture in pictures
    }


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
