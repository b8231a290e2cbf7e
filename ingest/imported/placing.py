"""In which file an entry stands, and under which label: an id that we exported comes back as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from faqkb.ingest.ids import Ids, slug
from faqkb.ingest.imported.entry import Entry
from faqkb.kb.limits import PATH_CHARS

_KEPT = "._-"
_NAME_CHARS = 100  # of a part of a path: file systems take 255 bytes, and a Chinese character is three

_FILE_CHARS = 2_000_000  # of answers in one file, so that it can be edited; what we exported keeps its files


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and where it will be."""

    entry: Entry
    stem: str
    """Of its file, relative, with forward slashes."""
    label: str
    note: str = ""
    """Why its id is not the one it had; empty where it is."""

    @property
    def id(self) -> str:
        """The id that ingest gives it."""
        return f"{self.stem}/{self.label}"


def placed(entries: Iterable[Entry], file_name: str) -> Iterator[Placed]:
    """Yield where each entry goes: to the file that its id names, else to one called like the file it came from."""
    default = slug(PurePosixPath(file_name).stem) if file_name else "imported"
    labels = Ids()
    chars = 0
    for entry in entries:
        stem, label = _of_id(entry.id)
        if not stem:
            part = chars // _FILE_CHARS + 1
            stem = default if part == 1 else f"{default}-{part}"
            chars += len(entry.answer) + sum(len(value) for _, value in entry.kept)
        wanted = f"{stem}/{label or slug(entry.question)}"
        unique = labels.take(wanted)
        note = ""
        if unique != wanted:
            note = f"its id is taken by a row above; here it is {unique}"
        elif entry.id and not label:
            note = f"its id {entry.id[:80]!r} can be none here; it is {unique}"
        elif entry.id and entry.id not in {unique, label}:
            note = f"its id {entry.id[:80]!r} is {unique} here"
        yield Placed(entry, stem, unique.removeprefix(f"{stem}/"), note)


def _of_id(text: str) -> tuple[str, str]:
    """Return (stem, label) of an id; an id of another system is a label, one that fits nowhere is neither."""
    whole = text.strip()
    stem, _, label = whole.rpartition("/")
    if stem and _is_stem(stem) and _is_label(label):
        return stem, label
    safe = "".join(char if _is_label(char) else "-" for char in whole).strip("-.")[:_NAME_CHARS]
    return "", safe


def _is_label(text: str) -> bool:
    return bool(text) and len(text) <= PATH_CHARS and all(char.isalnum() or char in _KEPT for char in text)


def _is_stem(stem: str) -> bool:
    """Whether a path can be that of a Markdown file below the folder: no way out, nothing hidden, no odd signs.

    Nor one that a command takes for an option.
    """
    parts = stem.split("/")
    return len(stem) <= PATH_CHARS and all(_is_name(part) for part in parts)


def _is_name(part: str) -> bool:
    plain = part.replace(" ", "")
    return _is_label(plain) and part == part.strip() and part[0] not in ".-" and len(part) <= _NAME_CHARS
