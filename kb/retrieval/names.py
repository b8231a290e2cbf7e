"""The product's own name in a question: it raises every record alike, and pulls towards whichever holds it.

A name is found without a list of names: a word that many of the records hold, and hardly any FAQ of other projects
(`common_words.txt`). Where it fills the records it says nothing about which of them is meant, so the question is
searched without it. Where several products are stored together each name is in few records, and stays: there it tells
them apart. On questions about the product that nothing answers, the AUROC rises by 0.04 to 0.05 (docs/quality.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

_RECORDS_LEAST = 5  # of a knowledge base that has words in many of its records
_SHARE_LEAST = 0.2  # of the records that hold a name
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]++")
_TELLING = re.compile(r"[A-Za-z0-9]{2,}|[\u3400-\u9fff]")
_TELLING_LEAST = 2  # words, or Chinese characters, that have to be left


def without_names(text: str, records_with: Callable[[str], int], records: int) -> str:
    """Return a question without the words that name what the whole knowledge base is about.

    `records_with` says in how many of the `records` a word occurs. A question that is hardly more stays as it is.
    """
    if records < _RECORDS_LEAST:
        return text

    def is_name(word: str) -> bool:
        folded = word.casefold()
        return folded not in _common_words() and records_with(folded) >= _SHARE_LEAST * records

    left = " ".join(_WORD.sub(lambda match: " " if is_name(match.group()) else match.group(), text).split())
    return left if len(_TELLING.findall(left)) >= _TELLING_LEAST else text


@cache
def _common_words() -> frozenset[str]:
    lines = files("faqkb.kb.retrieval").joinpath("common_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
