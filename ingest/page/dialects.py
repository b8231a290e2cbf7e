"""Headings of other markups that stand in Markdown files: `== AsciiDoc`, reStructuredText's underlines, `##Title`.

They count only where the document has no heading of Markdown, so that no ordinary text changes its meaning.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

_ENOUGH = 2  # headings of one markup that make it the markup of a document
_LEVELS = 6
_TITLE_CHARS = 300
_UNDERLINES = "=-~^\"'*+.:_#`"
_SETEXT = "=-"
_FENCES = ("```", "~~~")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a document writes its headings, beside CommonMark's."""

    name: str = ""
    """`AsciiDoc` or `reStructuredText`, empty for Markdown."""
    underlines: dict[str, int] = field(default_factory=dict)
    """Level of each character that underlines titles, by the order in which they first come."""


MARKDOWN = Dialect()


def dialect_of(text: str) -> Dialect:
    """Return how the document writes its headings."""
    lines = text.split("\n")
    equals, underlined, fenced = 0, [], ""
    for number, line in enumerate(lines):
        if fenced or line.startswith("```"):
            fenced = "" if fenced and line.startswith(fenced) else "```"
            continue
        if line.startswith("#") and line.lstrip("#").startswith(" "):
            return MARKDOWN
        equals += asciidoc_heading(line) is not None
        mark = underline_at(lines, number)
        if mark:
            underlined.append(mark)
    if equals >= _ENOUGH:
        return Dialect("AsciiDoc")
    if len(underlined) >= _ENOUGH and not set(underlined) <= set(_SETEXT):
        return Dialect("reStructuredText", {mark: i for i, mark in enumerate(dict.fromkeys(underlined), 1)})
    return MARKDOWN


def asciidoc_heading(line: str) -> tuple[int, str] | None:
    """Return (level, title) of `== Title`, None for any other line."""
    title = line.lstrip("=")
    level = len(line) - len(title)
    if not 0 < level <= _LEVELS or not title.startswith(" ") or not title.strip() or len(title) > _TITLE_CHARS:
        return None
    return level, title.strip()


def underline_at(lines: Sequence[str], number: int) -> str:
    """Return the character that underlines the line with this 0-based number as a title, empty when none does."""
    title = lines[number].rstrip()
    if number + 1 >= len(lines) or not title or title[0].isspace() or len(title) > _TITLE_CHARS:
        return ""
    line = lines[number + 1].rstrip()
    mark = line[:1]
    if not mark or mark not in _UNDERLINES or line.strip(mark) or not title.strip(_UNDERLINES):
        return ""
    apart = number == 0 or not lines[number - 1].strip() or not lines[number - 1].strip(_UNDERLINES)
    return mark if apart and len(line) >= max(_width(title) - 1, 3) else ""


def close_heading(line: str) -> tuple[int, str] | None:
    """Return (level, title) of `##Title`, a heading whose author left the space out; None for any other line."""
    title = line.lstrip("#")
    level = len(line) - len(title)
    if not 0 < level <= _LEVELS or not title or title[0].isspace() or len(title) > _TITLE_CHARS:
        return None
    wide = unicodedata.east_asian_width(title[0]) in {"W", "F"}
    return (
        (level, title.rstrip(" #")) if wide or (level > 1 and (title[0].isalnum() or title[0] in "\"'¿*`[")) else None
    )


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(char) in {"W", "F"}) for char in text)
