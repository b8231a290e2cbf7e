"""What the readers of JSON share: a field as text, and what of an object has no place in a record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Any


def text_of(value: Any) -> str:
    """Return a field as text: nothing for nothing, JSON for what is neither text nor number."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def texts_of(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, of one text that one."""
    several = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text.strip() for text in map(text_of, several) if text.strip()))


def rest_of(found: Mapping[str, Any], taken: Set[str]) -> list[tuple[str, str]]:
    """Return the names and values of an object that nobody took, in order."""
    return [
        (str(name), "" if is_empty(value) else text_of(value)) for name, value in found.items() if name not in taken
    ]


def is_empty(value: Any) -> bool:
    """Whether a value says nothing, however deep: `{"title": "", "buttons": []}`."""
    if isinstance(value, Mapping):
        return all(map(is_empty, value.values()))
    if isinstance(value, list):
        return all(map(is_empty, value))
    return value in {None, ""} if isinstance(value, str | None) else False
