"""Arguments of tags and directives: `title="Linux" open`, `label={'Mac'}`, `.red #id width=200`."""

from __future__ import annotations

from dataclasses import dataclass, field

_QUOTES = {'"': '"', "'": "'", "“": "”"}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What stands in a tag after its name."""

    named: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """What stands alone, without quotes."""
    quoted: tuple[str, ...] = ()
    """What stands alone, in quotes."""


def read_arguments(text: str) -> Arguments:
    """Return the arguments in a text; every character is looked at once."""
    named: dict[str, str] = {}
    words: list[str] = []
    quoted: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char.isspace() or char in ",/":
            position += 1
        elif char in _QUOTES:
            value, position = _value(text, position)
            quoted.append(value)
        else:
            word, position = _word(text, position)
            if text[position : position + 1] == "=":
                named[word.casefold()], position = _value(text, position + 1)
            else:
                words.append(word)
    return Arguments(named, tuple(words), tuple(quoted))


def _word(text: str, start: int) -> tuple[str, int]:
    end = start + 1
    while end < len(text) and not text[end].isspace() and text[end] not in "=,":
        end += 1
    return text[start:end], end


def _value(text: str, start: int) -> tuple[str, int]:
    """Return (the value that starts here, without its quotes or braces, where it ends)."""
    opening = text[start : start + 1]
    if opening in _QUOTES:
        end = text.find(_QUOTES[opening], start + 1)
        return (text[start + 1 :], len(text)) if end < 0 else (text[start + 1 : end], end + 1)
    if opening == "{":
        end = text.find("}", start)
        end = len(text) if end < 0 else end
        return text[start + 1 : end].strip(" \"'`"), end + 1
    end = start
    while end < len(text) and not text[end].isspace() and text[end] != ",":
        end += 1
    return text[start:end], end
