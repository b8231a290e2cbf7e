"""How much a question leans on what was said before, as far as its words tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from faqkb.kb.conversation.word_lists import read_word_lists
from faqkb.kb.text import clean, simplify

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"[a-z0-9_]+(?:['’.+#-]+[a-z0-9_]+)*")
_ALNUM = re.compile(r"[^\W_]")
_THERE_IS = re.compile(r"(?<![a-z])(?:(?:is|are|was|were) there|there(?:'s| is| are| was| were))(?![a-z])")
_ENDING = re.compile(r"呢\W*$")
_SHORT_WORDS = 8  # a pronoun in a longer question usually stands for something in the question itself
_HAN_OF_A_WORD = 2
_CHARS = 300  # a longer text leans on nothing, however few its words


class Leaning(Enum):
    """From standing alone to saying nothing alone."""

    NONE = 0
    """`how do I enable TensorRT`."""
    ELLIPTIC = 1
    """Names one new thing, leaves the rest out: `那 GPU 呢？`, `and on Windows?`."""
    REFERRING = 2
    """Stands for, or sets a condition on, something said before: `它的原理是什么`, `what if I can't recreate it?`."""
    EMPTY = 3
    """Nothing to search for: `为什么？`, `how do I do it?`."""


def leaning_of(text: str) -> Leaning:
    """Return how a question leans on earlier ones."""
    if len(text) > _CHARS:
        return Leaning.NONE
    folded = simplify(clean(text).casefold())
    if not _ALNUM.search(folded):
        return Leaning.NONE
    if not _ALNUM.search(_pattern("empty").sub("", folded)):
        return Leaning.EMPTY
    if length_in_words(folded) > _SHORT_WORDS:
        return Leaning.NONE
    if _pattern("pronouns").search(_THERE_IS.sub(" ", folded)) or _pattern("conditions").search(folded):
        return Leaning.REFERRING
    return Leaning.ELLIPTIC if _pattern("openings").match(folded) or _ENDING.search(folded) else Leaning.NONE


def length_in_words(folded: str) -> float:
    """Return the length of a text in lower case in words; two Chinese characters count as one."""
    return len(_LATIN.findall(folded)) + len(_HAN.findall(folded)) / _HAN_OF_A_WORD


@lru_cache(maxsize=8)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_any_of(read_word_lists("follow_ups.txt")[name]))


def _any_of(words: Sequence[str]) -> str:
    longest = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(rf"(?<![a-z0-9_']){re.escape(word)}(?![a-z0-9_'])" if word.isascii() else word for word in longest)
