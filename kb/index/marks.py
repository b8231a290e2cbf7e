"""The words that vectors miss: opposites and numbered names.

"Enable X" and "disable X", ResNet50 and ResNet101 lie side by side for an encoder and have different answers. A mark
says which member of a set of exclusive things a text names: `enable|disable=enable`, `resnet#=50`. A query conflicts
with a record where both name something of the same set and nothing in common. `opposites.txt` beside this file holds
the sets, in both languages, so a Chinese query can conflict with an English record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from faqkb.kb.text import clean, simplify

# ResNet50, v3, Q1.3, cuda-11: a name with a number at its end. Linear: the classes are disjoint.
_NUMBERED = re.compile(r"(?<![a-z])([a-z]++)[-_ ]?(\d+(?:\.\d+)*)")
_LATIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def marks_of(text: str) -> frozenset[str]:
    """Return the marks of a text, each `set=member` without white space."""
    folded = simplify(clean(text).casefold())
    return frozenset((*_opposites(folded), *_numbered(folded)))


def conflicts(query: frozenset[str], record: frozenset[str]) -> int:
    """Return in how many sets two texts name different members, and no common one."""
    return sum(
        1
        for name in {mark.partition("=")[0] for mark in query} & {mark.partition("=")[0] for mark in record}
        if not any(mark in record for mark in query if mark.partition("=")[0] == name)
    )


def _opposites(folded: str) -> Iterator[str]:
    padded = f" {' '.join(_LATIN.findall(folded))} "
    for word, mark in marked_words():
        if word in folded if _HAN.match(word) else f" {word} " in padded:
            yield mark


def _numbered(folded: str) -> Iterator[str]:
    for match in _NUMBERED.finditer(folded):
        yield f"{match[1]}#={match[2]}"


@lru_cache(maxsize=1)
def marked_words() -> tuple[tuple[str, str], ...]:
    """Return (word, mark) of every word in the file of opposites."""
    text = files("faqkb.kb.index").joinpath("opposites.txt").read_text(encoding="utf-8")
    found = []
    for line in text.splitlines():
        members = [member.split() for member in line.split("|")] if line and not line.startswith("#") else []
        for member in members:
            name = f"{members[0][0]}|{members[1][0]}"
            found += [(word.replace("_", " "), f"{name}={member[0]}") for word in member]
    return tuple(found)
