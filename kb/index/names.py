"""The names of products among the words of a knowledge base, found at ingest without a list of names.

A name is a Latin word that many of the records hold and hardly any FAQ of other projects (`common_words.txt`). Where it
is in many of all records the whole knowledge base is about it. Where several products are stored together it is in many
of one file's records and in few others, and names that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from faqkb.kb.index.postings import Occurrences
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


def names_of(found: Occurrences, sources: Sequence[str]) -> Iterator[Name]:
    """Yield the names among the words of records, in order of the words; `sources` says which file each is of."""
    known = {source: number for number, source in enumerate(dict.fromkeys(sources))}
    of_record = np.array([known[source] for source in sources], dtype=np.int64)
    sizes = np.bincount(of_record, minlength=len(known))
    holders = np.bincount(found.words, minlength=len(found.vocabulary))
    pairs = found.words.astype(np.int64) * max(len(known), 1) + of_record[found.positions]
    together, held = np.unique(pairs, return_counts=True)
    words, own = np.divmod(together, max(len(known), 1))
    enough = np.maximum(_SHARE_LEAST * sizes[own], _OWN_LEAST * holders[words])
    named = (sizes[own] >= _RECORDS_LEAST) & (held >= enough)
    files = dict(zip(words[named].tolist(), own[named].tolist(), strict=True))  # one at most: it holds most of them
    everywhere = (holders >= _SHARE_LEAST * len(sources)) & (len(sources) >= _RECORDS_LEAST)
    names = list(known)
    for number in np.flatnonzero(everywhere | np.isin(np.arange(len(holders)), list(files))).tolist():
        word = found.vocabulary[number]
        if _NAME.fullmatch(word) and word not in _common_words():
            yield Name(word, "" if everywhere[number] else names[files[number]])


@cache
def _common_words() -> frozenset[str]:
    lines = files("faqkb.kb.index").joinpath("common_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
