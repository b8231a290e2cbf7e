"""The names of products among the words of a knowledge base, found at ingest without a list of names.

A name is a Latin word that many of the records hold and hardly any FAQ of other projects (`common_words.txt`). Where it
is in many of all records the whole knowledge base is about it. Where several products are stored together it is in many
of one file's records and in few others, and names that file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from faqkb.kb.language.codes import twin_key

_RECORDS_LEAST = 5  # of a knowledge base, or a file, that has words in many of its records
_SHARE_LEAST = 0.2  # of the records that hold a name
_OWN_LEAST = 0.75  # of the records that hold a file's name, in that file
_NAME = re.compile(r"[a-z][a-z0-9]+")


class Name(NamedTuple):
    """A word that names what records are about."""

    word: str
    source: str
    """The file it names, as `source_key` gives it; empty where it names the whole knowledge base."""


def source_key(path: str) -> str:
    """Return what is equal for a file and its translations in other language folders."""
    return twin_key(path)


def names_of(words: Sequence[Sequence[str]], sources: Sequence[str]) -> Iterator[Name]:
    """Yield the names among the words of records, in order of the words; `sources` says which file each is of."""
    holders: Counter[str] = Counter()
    by_source: dict[str, Counter[str]] = {}
    for own, source in zip(words, sources, strict=True):
        found = {word for word in own if _NAME.fullmatch(word)} - _common_words()
        holders.update(found)
        by_source.setdefault(source, Counter()).update(found)
    sizes = Counter(sources)
    for word, count in sorted(holders.items()):
        if len(words) >= _RECORDS_LEAST and count >= _SHARE_LEAST * len(words):
            yield Name(word, "")
            continue
        named = [
            source
            for source, size in sizes.items()
            if size >= _RECORDS_LEAST and by_source[source][word] >= max(_SHARE_LEAST * size, _OWN_LEAST * count)
        ]
        yield from (Name(word, source) for source in named)  # one at most: it holds most of them


@cache
def _common_words() -> frozenset[str]:
    lines = files("faqkb.kb.index").joinpath("common_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
