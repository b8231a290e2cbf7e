"""A long paste, cut to what a server takes, so that it is understood as if all of it had been sent.

A question is told by its first line and its last telling ones (`kb/retrieval/query.py`), a known error by the end of
the text (`kb/retrieval/signatures.py`): those are sent, and what lies between is left out.
"""

from __future__ import annotations

import json

from faqkb.kb import limits
from faqkb.kb.retrieval.query import telling_numbers

_ROOM_BYTES = 4 * 1024  # of a body, for the other fields: 16 tags of 64 characters of 3 bytes each
_BODY_BYTES = limits.BODY_BYTES - _ROOM_BYTES
_GAP = " … "  # within a line, where a part of it is left out
_CHAR_BYTES = 6  # the most that one character takes in JSON: \\u0000


def fitted(text: str, size: int = _BODY_BYTES) -> str:
    """Return a text that fits into `size` bytes of JSON: the whole, or its telling lines and as much of its end."""
    if _bytes_of(text) <= size:
        return text
    lines = [line for line in text.splitlines() if line.strip()]
    sent = {number: lines[number][: limits.QUERY_CHARS] for number in _read_of(lines)}
    left = size - sum(map(_bytes_of, sent.values()))
    for number in reversed(range(len(lines))):
        line = lines[number]
        left += _bytes_of(sent.get(number, "")) if number in sent else 0
        if _bytes_of(line) > left:
            sent |= _cut(number, line, left) if number in sent or number == len(lines) - 1 else {}
            break
        left -= _bytes_of(line)
        sent[number] = line
    gap = [_GAP.strip()] * (len(lines) - len(sent))  # so that a log of few, long lines is still one
    shown = [sent[number] for number in sorted(sent)]
    return "\n".join([*shown[:1], *gap[:3], *shown[1:]] if len(shown) < 4 else shown)


def _read_of(lines: list[str]) -> list[int]:
    """Return which lines the question is read from: the telling ones, else those that hold its first characters."""
    telling = telling_numbers(lines)
    if telling:
        return telling
    chars = 0
    for number, line in enumerate(lines):
        chars += len(line[: limits.QUERY_CHARS])
        if chars >= limits.QUERY_CHARS:
            return list(range(number + 1))
    return list(range(len(lines)))


def _cut(number: int, line: str, left: int) -> dict[int, str]:
    """Return a line without its middle: its beginning says whether it is telling, its end may hold a known error."""
    start = line[: limits.QUERY_CHARS]
    rest = (left - _bytes_of(start + _GAP)) // _CHAR_BYTES
    return {number: start + _GAP + line[-rest:] if 0 < rest < len(line) - len(start) else start}


def _bytes_of(text: str) -> int:
    """Return how many bytes a text takes in a JSON body, a line break after it counted in."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))
