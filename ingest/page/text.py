"""Text that every later step can carry: one kind of line end, nothing that is no character."""

from __future__ import annotations

_REPLACEMENT = "\ufffd"
_UNREADABLE = dict.fromkeys((0, *range(0xD800, 0xE000)), _REPLACEMENT)
_EXCERPT_CHARS = 80


def readable(text: str) -> tuple[str, tuple[int, ...]]:
    """Return (the text with `\\n` line ends, without byte order mark, NUL and surrogates replaced; lines of those)."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    clean = plain.translate(_UNREADABLE)
    if clean == plain:
        return plain, ()
    pairs = zip(plain.split("\n"), clean.split("\n"), strict=True)
    return clean, tuple(number for number, (old, new) in enumerate(pairs, 1) if old != new)


def excerpt(text: str) -> str:
    """Return how a text begins, on one line."""
    line = " ".join(text[: 4 * _EXCERPT_CHARS].split())
    return line if len(line) <= _EXCERPT_CHARS else line[: _EXCERPT_CHARS - 1] + "…"
