"""Which language a text in Latin letters is in: English unless there is reason to say otherwise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from faqkb.kb.language.detector import LATIN_LANGUAGES, language_shares

ENGLISH = "en"
# English is what is left: how unlikely it must be before a text is in another language. Few English questions have an
# accent (`café`) or a small word of another language (`rio de janeiro`).
_MOST_ENGLISH = 0.05
_MOST_ENGLISH_MARKED = 0.3
_SPANISH = re.compile(r"(?<!\w)¿\s*\w")  # no other language begins a question so; in `ï¿½` a byte was misread
# Fewer people write these, and each is close to one that more do: Norwegian to Swedish, Slovak to Czech.
_RARER = dict.fromkeys(("da", "fi", "hu", "no", "ro", "sk"), 0.25)
_MIN_KNOWN = 0.5  # of the words: names are the others
_FEWEST = 2  # words, or there is nothing to tell from: `Visa`, `cutmix`
# Those that no other language has: not `is`, `do`, `to`, `can`, `will`, `a`, `i`.
_ENGLISH_SMALL_WORDS = frozenset(
    [
        *(
            "and",
            "are",
            "because",
            "could",
            "did",
            "does",
            "for",
            "from",
            "has",
            "have",
            "how",
            "it",
            "my",
            "not",
            "of",
        ),
        *("should", "that", "the", "there", "this", "what", "when", "where", "which", "who", "why", "with", "would"),
        *("you", "your"),
    ]
)
_EDGES = "\"'`“”‘’«»„‚()[]{}<>¿?¡!.,;:…*&|"
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)")
_SHORTENED = re.compile(r"(?<=\w\w)['’](?:s|ve|m|re|ll|t|d)$|(?<=^[iI])['’](?:ve|m|ll|d)$")  # `docker's`, `I've`
# Names, numbers, options, paths, identifiers and acronyms are the same in every language.
_CODE = re.compile(r"[\d_/\\.=<>{}()\[\]:@#$%^*+~|`]|^-|(?<=\w)[A-Z]|^[A-Z]{2,}$")


def latin_language(text: str) -> str:
    """Return the language of a text in Latin letters, English where nothing says otherwise."""
    if _SPANISH.search(text):
        return "es"
    words = plain_words(text)
    if is_plainly_english(words):
        return ENGLISH
    is_marked = has_small_words(words) or not all(word.isascii() for word in words)
    told = _not_english(words) if is_marked else words
    shares = language_shares(" ".join(told), LATIN_LANGUAGES)
    if shares[ENGLISH] > (_MOST_ENGLISH_MARKED if is_marked else _MOST_ENGLISH):
        return ENGLISH
    others = sorted(shares.keys() - {ENGLISH})
    return max(others, key=lambda language: shares[language] * _RARER.get(language, 1.0))


def plain_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that belong to a language, in order, without names, code, numbers and quotations."""
    unquoted = _words_of(_QUOTED.sub(" ", text))
    return unquoted if len(unquoted) >= _FEWEST else _words_of(text)


def _words_of(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for token in text.split():
        word = _SHORTENED.sub("", token.strip(_EDGES))
        if not _CODE.search(word):
            found += [part for part in re.split(r"[-–—'’,]", word) if part]
    return tuple(found)


def _not_english(words: Sequence[str]) -> Sequence[str]:
    """Return the words without those of an English error or command, where they are the lesser part."""
    known = word_list("english.txt")
    others = [word for word in words if word.casefold() not in known]
    return others if len(others) > len(words) / 2 else words


def is_plainly_english(words: Sequence[str]) -> bool:
    """Whether the words tell it without a detector: enough English ones and none of another language, or too few."""
    if has_small_words(words) or not all(word.isascii() for word in words):
        return False
    longer = [word.casefold() for word in words if len(word) > 1]
    known = word_list("english.txt")
    return len(longer) < _FEWEST or sum(word in known for word in longer) > _MIN_KNOWN * len(longer)


def has_small_words(words: Sequence[str]) -> bool:
    """Whether there are more small words of other languages, such as `der` or `que`, than of English."""
    folded = [word.casefold() for word in words]
    others = sum(word in word_list("small_words.txt") for word in folded)
    return others > sum(word in _ENGLISH_SMALL_WORDS for word in folded)


@cache
def word_list(file_name: str) -> frozenset[str]:
    """Return the words of a file beside this one: `english.txt` or `small_words.txt`."""
    text = files("faqkb.kb.language").joinpath(file_name).read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
