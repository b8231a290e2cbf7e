"""Record ids: the path, and the label that a question keeps while others come, go or move."""

from __future__ import annotations

from pathlib import PurePosixPath

SLUG_CHARS = 60
_KEPT = "._-"
_NAMELESS = "question"


def label_of(*, given: str, number: str, anchor: str | None, question: str) -> str:
    """Return the label of a question: the id given in metadata, else its number, its anchor, a slug of its words."""
    return given or _safe(number) or _safe(anchor or "") or slug(question)


def slug(question: str) -> str:
    """Return the question's letters and digits, of any script, in lower case, words joined by `-`; 60 characters."""
    words = "".join(char if char.isalnum() else " " for char in question.casefold()).split()
    return "-".join(words)[:SLUG_CHARS].strip("-") or _NAMELESS


def stem_of(path: str) -> str:
    """Return a relative path without its last suffix: what the ids of its records begin with."""
    return PurePosixPath(path).with_suffix("").as_posix()


class Ids:
    """Hands out ids so that none is given twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """Return the id, with `-2`, `-3` … when it is taken."""
        unique = wanted
        while unique in self._taken:
            number = self._next.get(wanted, 2)
            self._next[wanted] = number + 1
            unique = f"{wanted}-{number}"
        self._taken.add(unique)
        return unique


def _safe(label: str) -> str:
    """Return the label with what an address or a path would stumble over as `-`."""
    return "".join(char if char.isalnum() or char in _KEPT else "-" for char in label.strip()).strip("-.")
