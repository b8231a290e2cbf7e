"""List items and quotes: the prefix that their lines carry, and taking it away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_SPACE_AFTER_MARKER = 4  # columns; more belongs to the text of the item (CommonMark 5.2)
_TAB = 4  # columns to a tab stop (CommonMark 2.2)


class Wrap(StrEnum):
    """What a block stands in."""

    ITEM = "item"
    QUOTE = "quote"
    TERM = "term"
    DEFINITION = "definition"
    CALLOUT = "callout"
    """`??? question "Title"`: its text is indented below it."""


@dataclass(frozen=True, slots=True)
class Container:
    """A list item, quote or definition."""

    wrap: Wrap
    first: int
    """0-based first line."""
    last: int
    """0-based line after the last one."""
    top: int
    """0-based first line of the outermost list or quote that it is part of: equal for all items of one list."""
    indent: int = 0
    """Columns between its left edge and its text."""

    def unwrap(self, line: str, number: int) -> str:
        """Return line `number` (0-based) without this container's prefix; lazy lines and lines outside stay."""
        if not self.first <= number < self.last:
            return line
        if self.wrap is Wrap.QUOTE:
            return _without_quote_marker(line)
        return line[self.indent :] if number == self.first else _without_indent(line, self.indent)


def unwrap_line(line: str, number: int, within: Sequence[Container]) -> str:
    """Return the line without the prefixes of the containers, given outermost first."""
    for container in within:
        line = container.unwrap(line, number)
    return line


def item_indent(line: str) -> int:
    """Return how many columns of an item's first line come before its text: indent, marker and space."""
    rest = line.lstrip(" ")
    marker = len(rest) - len(rest.lstrip("0123456789")) + 1
    after = rest[marker:].expandtabs(_TAB)
    space = len(after) - len(after.lstrip(" "))
    return len(line) - len(rest) + marker + (space if after.strip() and space <= _SPACE_AFTER_MARKER else 1)


def _without_quote_marker(line: str) -> str:
    rest = line.lstrip(" ")
    if not rest.startswith(">"):
        return line
    return rest[1:].removeprefix(" ")


def _without_indent(line: str, columns: int) -> str:
    """Return the line less at most so many columns of white space."""
    text = line.lstrip(" \t")
    space = line[: len(line) - len(text)].expandtabs(_TAB)
    return space[columns:] + text
