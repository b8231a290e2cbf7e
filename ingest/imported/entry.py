"""What every format is read into: questions with answers, where each stood, and what of it has no place here."""

from __future__ import annotations

from dataclasses import dataclass

from faqkb.kb.foreign.cells import from_cell


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its answer as another system wrote it."""

    row: int
    """1-based: the line of a table's row, the position in a list."""
    question: str
    answer: str
    """Markdown, or HTML where the system keeps that."""
    id: str = ""
    """As the other system counts it, or as we exported it: `faq_2021_s1/Q1.3`."""
    alternates: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    language: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    """Names and values without a place in a record; they are kept in a comment."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that becomes no record, or a part of one that is not as it was."""

    row: int
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A file of another system, read."""

    form: str
    """Name of its format, e.g. `azure-tsv`."""
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()


def several(text: str) -> tuple[str, ...]:
    """Return the lines of a cell that holds one value a line, each as it was before `as_cell`."""
    return tuple(dict.fromkeys(from_cell(line).strip() for line in text.splitlines() if line.strip()))


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of a list such as `a,b`."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def filled(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the pairs whose value says something."""
    return tuple((name, value.strip()) for name, value in pairs if value.strip() not in {"", "[]", "{}", "null"})
