"""Texts that are made of listed phrases alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from faqkb.kb.text import clean, simplify


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases by what they say."""

    ranks: Mapping[str, int | None]
    """Lower is weightier; None for one that may stand beside a phrase, never alone."""
    longest: int
    """Characters."""


_CHARS = 80  # a longer text says more than phrases, and is not looked at
_FILLERS_ALONE = 1_000_000  # above any rank
_BETWEEN = " \t\n,.!?;:~-–—，。！？；：、～…"
_LATIN = re.compile(r"[a-z0-9']")
_SYLLABLES = re.compile(r"([a-z]{2})\1{2,}")  # `hahahaha`
_LETTERS = re.compile(r"([^\W\d_])\1{2,}")  # `heyyy`


def ranked(lists: Iterable[tuple[int | None, Iterable[str]]]) -> Phrases:
    """Return the rank of each phrase of some lists; of two that have it, the first."""
    ranks: dict[str, int | None] = {}
    for rank, phrases in lists:
        for phrase in phrases:
            ranks.setdefault(phrase, rank)
    return Phrases(ranks, max(map(len, ranks)))


def lowest_rank(text: str, phrases: Phrases) -> int | None:
    """Return the lowest rank of the phrases that a text is made of; None where it is not, or of fillers alone."""
    folded = _folded(text[: _CHARS * 2])
    if len(folded) > _CHARS:
        return None
    whole = phrases.ranks.get(folded.strip(_BETWEEN))
    if whole is not None:  # `are you a bot or a human` is one phrase, and not one that ends in another
        return whole
    found = (_lowest_rank(form, phrases) for form in _forms(folded))
    return next((rank for rank in found if rank is not None), None)


def end_of_opening(text: str, phrases: Phrases) -> int:
    """Return where a text goes on after the longest listed phrase that it begins with; 0 where it begins with none."""
    folded = text[:_CHARS].casefold()
    ends = range(min(len(folded), phrases.longest), 0, -1)
    found = next((end for end in ends if folded[:end] in phrases.ranks and not _is_within_word(folded, end)), 0)
    rest = text[found:]
    return len(text) - len(rest.lstrip(_BETWEEN)) if found else 0


def ends_in(text: str, phrases: Phrases) -> bool:
    """Say whether a text of at most `_CHARS` characters ends in a listed phrase."""
    folded = _folded(text[: _CHARS * 2]).rstrip(_BETWEEN)
    starts = range(max(0, len(folded) - phrases.longest), len(folded))
    return len(folded) <= _CHARS and any(
        folded[start:] in phrases.ranks and not _is_within_word(folded, start) for start in starts
    )


@lru_cache(maxsize=64)  # one message is held against several lists
def _folded(text: str) -> str:
    return simplify(clean(text).casefold().replace("’", "'"))


@lru_cache(maxsize=64)
def _forms(folded: str) -> tuple[str, ...]:
    """Return a text as it is, and without letters that are drawn out: `heyyy` is `hey`, `cooool` is `cool`."""
    shorter = _SYLLABLES.sub(r"\1\1", folded)
    return tuple(dict.fromkeys((folded, _LETTERS.sub(r"\1", shorter), _LETTERS.sub(r"\1\1", shorter))))


def _lowest_rank(text: str, phrases: Phrases) -> int | None:
    """Return the lowest rank by which the whole text is a row of phrases; every way to part it is looked at, once.

    A phrase in Latin letters begins and ends with a word; what is no letter, digit or phrase stands between any two.
    """
    best: list[int | None] = [_FILLERS_ALONE, *([None] * len(text))]
    ranks, longest = phrases.ranks, phrases.longest
    for start in range(len(text)):
        before = best[start]
        if before is None:
            continue
        if not text[start].isalnum():
            best[start + 1] = _lower(best[start + 1], before)
        if _is_within_word(text, start):
            continue
        for end in range(start + 1, min(len(text), start + longest) + 1):
            rank = ranks.get(text[start:end], -1)
            if rank != -1 and not _is_within_word(text, end):
                best[end] = _lower(best[end], before if rank is None else min(before, rank))
    return None if best[-1] == _FILLERS_ALONE else best[-1]


def _is_within_word(text: str, at: int) -> bool:
    """Say whether a place lies between two letters of a word in Latin letters."""
    return 0 < at < len(text) and bool(_LATIN.match(text[at - 1]) and _LATIN.match(text[at]))


def _lower(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
