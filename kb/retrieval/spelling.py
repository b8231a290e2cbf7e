"""Questions as people type them: in capitals, with letters swapped or doubled.

Only a word that neither the knowledge base nor an English dictionary knows is changed, and only into one that they do
know: an identifier of the maintainer's own is never touched, and a stranger's is hardly ever one swap from a word. The
one module that knows pyspellchecker, whose dictionary takes 0.2 s to load and is needed for unknown words alone.
`docs/quality.md` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from faqkb.kb.language.detection import detect_language

RecordsWith = Callable[[str], int]
"""Returns in how many records a word occurs."""

# A plain word of four letters or more; no part of a path, an option, an identifier or an address. Possessive: linear.
_PLAIN_WORD = re.compile(r"(?<![\w.\-/+#@:'’])[A-Za-z][a-z]{3,}+(?![\w\-/+#@:'’]|\.\w)")
_PLAIN = re.compile(r"[a-z]{4,}")
_SHOUTED_LETTERS = 8  # fewer may well be a name: `CUDA OOM`
_CORRECTED_WORDS = 8  # of a question; one with more unknown words is no English
_HAN = re.compile(r"[\u3400-\u9fff]")


def as_meant(text: str, records_with: RecordsWith) -> str:
    """Return a question in the letters it was meant in: not shouted, and without typing errors."""
    quiet = _lowered(text)
    language = detect_language(quiet)
    return _corrected(quiet, records_with, english=language == "en") if language in {"en", "zh"} else quiet


def _lowered(text: str) -> str:
    """Return a text that is all in capitals in lower case: the encoder reads capitals as names."""
    letters = [char for char in text if char.isupper() or char.islower()]
    shouted = len(letters) >= _SHOUTED_LETTERS and all(char.isupper() for char in letters) and " " in text.strip()
    return text.casefold() if shouted and not _HAN.search(text) else text


def _corrected(text: str, records_with: RecordsWith, *, english: bool) -> str:
    """Return a text without typing errors; within another language's, only words of the knowledge base are put right.

    Of several readings the one in most records is taken, then the one that English uses most.
    """
    left = _CORRECTED_WORDS

    def put_right(match: re.Match[str]) -> str:
        nonlocal left
        word = match.group().casefold()
        if not left or records_with(word):
            return match.group()
        if english and _english()[word]:
            return match.group()
        left -= 1
        known = [(records_with(other), _english()[other] if english else 0, other) for other in set(_slips(word))]
        stored, common, best = max(known)
        return best if stored or common else match.group()

    return _PLAIN_WORD.sub(put_right, text)


def _slips(word: str) -> Iterator[str]:
    """Yield what may have been meant: two neighbours the other way round, a letter once instead of twice, or twice."""
    for at in range(len(word) - 1):
        if word[at] != word[at + 1]:
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        else:
            yield word[:at] + word[at + 1 :]
    for at, letter in enumerate(word):
        yield word[:at] + letter + word[at:]


def english_near(words: Iterable[str]) -> list[str]:
    """Return the English words that are one slip from any of some words: those that must not be read as these."""
    plain = {word for word in words if _PLAIN.fullmatch(word)}
    return sorted({other for word in plain for other in _slips(word) if other not in plain and _english()[other]})


def english_words() -> Mapping[str, int]:
    """Return how often English uses each word."""
    frequencies: Mapping[str, int] = _english().dictionary
    return frequencies


@cache
def _english() -> Any:
    """Return how often English uses each word, 0 for an unknown one."""
    from spellchecker import SpellChecker  # noqa: PLC0415 - 0.2 s that few questions need

    return SpellChecker(language="en").word_frequency
