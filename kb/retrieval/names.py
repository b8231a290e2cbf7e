"""The product's own name in a question: it raises every record alike, and pulls towards whichever holds it.

What the whole knowledge base is about says nothing about which of the records is meant. The name of one product among
several says whose records are meant, and nothing more. So the question is searched without its names
(`kb/index/names.py` finds them), among the records of the file that is named. What that is worth: docs/quality.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]++")
_TELLING = re.compile(r"[A-Za-z0-9]{2,}|[\u3400-\u9fff]")
_TELLING_LEAST = 2  # words, or Chinese characters, that have to be left


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A question without the names it holds."""

    text: str
    sources: frozenset[str]
    """The files that were named; none where only the whole knowledge base was."""


def without_names(text: str, names: Callable[[str], str | None]) -> Unnamed:
    """Return a question without the words that are names; one that is hardly more stays as it is.

    `names` says which file a word names: an empty string for the whole knowledge base, None for a word that is no name.
    """
    found = {word: names(word.casefold()) for word in dict.fromkeys(_WORD.findall(text))}
    left = " ".join(_WORD.sub(lambda match: match.group() if found[match.group()] is None else " ", text).split())
    if len(_TELLING.findall(left)) < _TELLING_LEAST:
        return Unnamed(text, frozenset())
    return Unnamed(left, frozenset(filter(None, found.values())))
