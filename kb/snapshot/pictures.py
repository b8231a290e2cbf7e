"""The pictures of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from faqkb.kb.model.files import FileEntry
from faqkb.kb.pictures import FOLDER, Picture
from faqkb.kb.snapshot.publishing import CopiedFile


def picture_files(pictures: Sequence[Picture]) -> dict[str, CopiedFile]:
    """Return the files of pictures by their path inside a snapshot: an author's file may change, so it is copied."""
    return {
        f"{FOLDER}/{picture.name}": CopiedFile(picture.path, FileEntry(picture.sha256, picture.size))
        for picture in pictures
    }
