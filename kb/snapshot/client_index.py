"""An index that a browser searches by itself: words and where they stand, as plain JSON values.

It knows words, not meaning: no vectors, no model. `server/site/` holds the other half, the search in JavaScript, whose
words are the same (`client_words` here, `analyse` there). A record is a number, its position; a posting is four
numbers: the record, and how often the word is in its question and other wordings, in its answer, and in the headings
above it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from faqkb.kb.records import Record
from faqkb.kb.store.writing import twins
from faqkb.kb.text import analyse, simplify

FORMAT = 1
_HAN = range(0x3400, 0xA000)  # with the rare ones of extension A; what opencc maps beyond is not in an FAQ
_ENGLISH = re.compile(r"[a-z]+")
_VOWEL = re.compile(r"[aeiouy]")
_DOUBLE = re.compile(r"([^aeiouylsz])\1$")
_PLURAL = re.compile(r"[^sui]s$")


def client_index(records: Sequence[Record]) -> dict[str, Any]:
    """Return the index of some records, in their order; the same records give the same value."""
    postings: dict[str, list[int]] = {}
    for position, record in enumerate(records):
        asked = Counter(client_words("\n".join((record.question, *record.alternates))))
        answered = Counter(client_words(record.answer_text))
        above = Counter(client_words("\n".join(record.section)))
        for word in {*asked, *answered, *above}:
            postings.setdefault(word, []).extend((position, asked[word], answered[word], above[word]))
    return {
        "format": FORMAT,
        "twins": list(twins(records)),
        "languages": [record.language for record in records],
        "wordings": [1 + len(record.alternates) for record in records],
        "words": {word: postings[word] for word in sorted(postings)},
        "simplified": _simplified(postings),
    }


def client_words(text: str) -> list[str]:
    """Return the words of `kb.text.analyse`, English ones without their commonest endings."""
    return [_stem(word) for word in analyse(text)]


def _simplified(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the traditional characters whose simplified ones the words hold: no other one can find anything."""
    held = {char for word in words for char in word}
    pairs = ((char, simplify(char)) for char in map(chr, _HAN))
    return {char: plain for char, plain in pairs if plain != char and plain in held}


def _stem(word: str) -> str:
    if len(word) < 4 or not _ENGLISH.fullmatch(word):
        return word
    stemmed = _without_plural(word)
    for ending in ("ing", "ed"):
        root = stemmed.removesuffix(ending)
        if root != stemmed and len(root) >= 3 and _VOWEL.search(root):
            stemmed = root[:-1] if _DOUBLE.search(root) else root
            break
    return stemmed[:-1] if len(stemmed) > 3 and stemmed.endswith("e") else stemmed


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if _PLURAL.search(word) else word
