"""A conversation written down within one text, read back into messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faqkb.kb.text import readable

_USER = "user"
_ASSISTANT = "assistant"
# How those who write a conversation down call its sides, letters folded, before the colon of a line.
_SIDES = {
    "user": _USER,
    "human": _USER,
    "用户": _USER,
    "assistant": _ASSISTANT,
    "ai": _ASSISTANT,
    "response": _ASSISTANT,
    "助手": _ASSISTANT,
    "system": "system",
}
_DECORATION = " |>*#\t"
_LONGEST_SIDE = 24  # characters before the colon; a longer line is text
_TEXT_KEYS = ("mainText", "content", "text")


@dataclass(frozen=True, slots=True)
class Said:
    """One message in words."""

    role: str
    """`user`, `assistant`, `system`, …"""
    text: str


def labelled(text: str) -> list[Said]:
    """Read lines such as `USER: …`, with the lines behind each that name nobody; empty where none names a side."""
    sides: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        side, rest = _side_of(line)
        if side:
            sides.append((side, [rest]))
        elif sides:
            sides[-1][1].append(line)
    return [Said(side, _unquoted("\n".join(lines))) for side, lines in sides]


def from_json(text: str) -> list[Said]:
    """Read a JSON array of `{"role": …, "mainText": …}`, whatever stands behind it; empty where it is none."""
    try:
        entries, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return []
    if not isinstance(entries, list):
        return []
    return [Said(str(entry.get("role")), _text_of(entry)) for entry in entries if isinstance(entry, dict)]


def nameless(pieces: Sequence[str]) -> list[Said]:
    """Return pieces that nobody is named for as the user's: the records that they find tell them apart."""
    return [Said(_USER, piece.strip()) for piece in pieces if piece.strip()]


def _side_of(line: str) -> tuple[str, str]:
    """Return whose line it is and what is said in it; nobody's where it names no side."""
    head, colon, _ = line[: _LONGEST_SIDE * 2].replace("：", ":", 1).partition(":")
    side = _SIDES.get(head.strip(_DECORATION).casefold(), "") if colon and len(head) <= _LONGEST_SIDE else ""
    return side, line[len(head) + 1 :].strip() if side else ""


def _unquoted(text: str) -> str:
    stripped = text.strip()
    is_quoted = len(stripped) > 1 and stripped[0] == stripped[-1] == '"' and '"' not in stripped[1:-1]
    return stripped[1:-1] if is_quoted else stripped


def _text_of(entry: dict[str, Any]) -> str:
    """Return what is said; half of a surrogate pair, which JSON can spell, is no sign that anything else can hold."""
    return readable(next((entry[key] for key in _TEXT_KEYS if isinstance(entry.get(key), str)), ""))
