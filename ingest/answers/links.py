"""Where an address in running text ends."""

from __future__ import annotations

from dataclasses import dataclass

_MARKS = frozenset("-._~:/?#[]@!$&'()*+,;=%")
_TRAILING = frozenset("?!.,:;*_~'\"$&")
_PAIRS = {")": "(", "]": "["}
_PLACEHOLDERS = frozenset("{<|\\`")  # `https://host/{id}`: no address yet
_UNSPACED = 0x0E00  # Thai and all behind it: scripts that write no blanks between a link and the text


@dataclass(frozen=True, slots=True)
class Address:
    """Where an address in a text ends."""

    end: int
    whole: bool
    """Whether it can be followed: not one with a place to fill in, `https://host/{id}`."""


def read_address(source: str, start: int, limit: int) -> Address | None:
    """Return the address whose host starts at `start`, None when there is none.

    Punctuation at its end belongs to the sentence, as does a bracket that was opened before it.
    """
    if start >= limit or not _is_letter(source[start]):
        return None
    end = start
    depth = dict.fromkeys(_PAIRS.values(), 0)
    while end < limit and (source[end] in _MARKS or _is_letter(source[end])):
        char = source[end]
        if char in depth:
            depth[char] += 1
        elif char in _PAIRS:
            depth[_PAIRS[char]] -= 1
            if depth[_PAIRS[char]] < 0:
                break
        end += 1
    if end < limit and source[end] in _PLACEHOLDERS and source[end - 1] in "/=-._":
        return Address(end, whole=False)
    while source[end - 1] in _TRAILING or (source[end - 1] in depth):
        end -= 1
    return Address(end, whole=True)


def _is_letter(char: str) -> bool:
    return char.isalnum() and ord(char) < _UNSPACED
