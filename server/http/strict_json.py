"""JSON that means one thing only, so that no two readers of a message see two messages."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from faqkb.server.limits import LIST_ITEMS


class Malformed(ValueError):
    """A text is no JSON of one meaning; the message says why, as the end of a sentence."""


def parse_strictly(content: bytes, levels: int | None = None) -> Any:
    """Parse JSON in UTF-8, with a byte order mark or without, nested at most so deep; None leaves that to the parser.

    Raises Malformed, and RecursionError where no depth is given.
    """
    try:
        text = content.decode("utf-8-sig")  # .NET and PowerShell write the mark; RFC 8259 lets it be read over
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8") from None
    if levels is not None and _levels(text) > levels:
        raise Malformed(f"it is nested deeper than {levels} levels")
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except Malformed:
        raise
    except ValueError:
        raise Malformed("it is not valid JSON") from None
    if _is_crowded(value):
        raise Malformed(f"a list in it holds more than {LIST_ITEMS} entries")
    if _holds_surrogate(value):
        raise Malformed("a \\u escape is half of a surrogate pair, which is no character")
    return value


def _levels(text: str) -> int:
    """Return how deep brackets nest outside strings; before the parser, whose recursion limit is Python's."""
    depth = deepest = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("a key occurs twice in one object")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise Malformed("NaN and Infinity are no JSON numbers")


def _is_crowded(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_crowded, value.values()))
    return isinstance(value, list) and (len(value) > LIST_ITEMS or any(map(_is_crowded, value)))


def _holds_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, dict):
        return any(_holds_surrogate(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_holds_surrogate(part) for part in value)
