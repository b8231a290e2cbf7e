"""What the value of a setting may be: each kind with its name for errors and for the reference, and its check."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MAIL = re.compile(r"[^\s@<>\"?&#%]+@[^\s@<>\"?&#%]+\.[^\s@<>\"?&#%]+")
_WEB = re.compile(r"https?://[^\s/<>\"]+[^\s<>\"]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
WORDS_CHARS = 500  # of one text on the pages; the longest useful one is a footer with an address in it


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_texts(value: Any) -> bool:
    return type(value) is list and all(type(entry) is str for entry in value)


def _is_path(value: str) -> bool:
    """Tell what the system takes for a path: no path is empty or holds a NUL."""
    return bool(value) and "\0" not in value


def _is_words(value: Any) -> bool:
    """Tell one line of text, or a table of them by language."""
    if isinstance(value, Mapping):
        return (
            bool(value)
            and all(_LANGUAGE.fullmatch(language) for language in value)
            and all(map(_is_line, value.values()))
        )
    return _is_line(value)


def _is_line(value: Any) -> bool:
    return type(value) is str and bool(value.strip()) and len(value) <= WORDS_CHARS and value.isprintable()


def _is_address(value: Any) -> bool:
    return type(value) is str and bool(_WEB.fullmatch(value) or _MAIL.fullmatch(value))


class Kind(Enum):
    """A kind of value; its text is how errors and the reference name it."""

    TEXT = "text"
    TEXTS = "texts in a list"
    PATH = "the path of a file or folder"
    PATHS = "paths in a list"
    SWITCH = "true or false"
    NUMBER = "a whole number"
    WORDS = f'a line of text of at most {WORDS_CHARS} characters, or one for each language: {{en = "…", zh = "…"}}'
    COLOUR = "a colour such as #17605b"
    ADDRESS = "an address that starts with https://, or an e-mail address"

    def fits(self, value: Any) -> bool:
        """Return whether a value of TOML is of this kind."""
        return _CHECKS[self](value)


_CHECKS: Mapping[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: _is_text,
    Kind.TEXTS: _is_texts,
    Kind.PATH: lambda value: _is_text(value) and _is_path(value),
    Kind.PATHS: lambda value: _is_texts(value) and all(map(_is_path, value)),
    Kind.SWITCH: lambda value: type(value) is bool,
    Kind.NUMBER: lambda value: type(value) is int,  # not isinstance: true is no number here
    Kind.WORDS: _is_words,
    Kind.COLOUR: lambda value: type(value) is str and bool(_COLOUR.fullmatch(value)),
    Kind.ADDRESS: _is_address,
}
