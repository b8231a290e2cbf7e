"""Texts that are made of listed phrases alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from faqkb.kb.text import clean, simplify

Ranks = Mapping[str, int | None]
"""The rank of each phrase, lower is weightier; None for one that may stand beside a phrase, never alone."""

_CHARS = 80  # a longer text says more than phrases, and is not looked at
_FILLERS_ALONE = 1_000_000  # above any rank
_BETWEEN = " \t\n,.!?;:~-–—，。！？；：、～…"
_LATIN = re.compile(r"[a-z0-9']")
_SYLLABLES = re.compile(r"([a-z]{2})\1{2,}")  # `hahahaha`
_LETTERS = re.compile(r"([^\W\d_])\1{2,}")  # `heyyy`


def ranked(lists: Iterable[tuple[int | None, Iterable[str]]]) -> Ranks:
    """Return the rank of each phrase of some lists; of two that have it, the first."""
    ranks: dict[str, int | None] = {}
    for rank, phrases in lists:
        for phrase in phrases:
            ranks.setdefault(phrase, rank)
    return ranks


def lowest_rank(text: str, ranks: Ranks) -> int | None:
    """Return the lowest rank of the phrases that a text is made of; None where it is not, or of fillers alone."""
    folded = simplify(clean(text[: _CHARS * 2]).casefold().replace("’", "'"))
    if len(folded) > _CHARS:
        return None
    whole = ranks.get(folded.strip(_BETWEEN))
    if whole is not None:  # `are you a bot or a human` is one phrase, and not one that ends in another
        return whole
    found = (_lowest_rank(form, ranks) for form in dict.fromkeys(_forms(folded)))
    return next((rank for rank in found if rank is not None), None)


def end_of_opening(text: str, phrases: Ranks) -> int:
    """Return where a text goes on after the longest listed phrase that it begins with; 0 where it begins with none."""
    folded = text[:_CHARS].casefold()
    ends = range(min(len(folded), max(map(len, phrases))), 0, -1)
    found = next((end for end in ends if folded[:end] in phrases and not _is_within_word(folded, end)), 0)
    rest = text[found:]
    return len(text) - len(rest.lstrip(_BETWEEN)) if found else 0


def ends_in(text: str, phrases: Ranks) -> bool:
    """Say whether a text of at most `_CHARS` characters ends in a listed phrase."""
    folded = simplify(clean(text[: _CHARS * 2]).casefold().replace("’", "'")).rstrip(_BETWEEN)
    starts = range(max(0, len(folded) - max(map(len, phrases))), len(folded))
    return len(folded) <= _CHARS and any(
        folded[start:] in phrases and not _is_within_word(folded, start) for start in starts
    )


def _forms(folded: str) -> Iterator[str]:
    """Yield a text as it is, and without letters that are drawn out: `heyyy` is `hey`, `cooool` is `cool`."""
    yield folded
    shorter = _SYLLABLES.sub(r"\1\1", folded)
    yield _LETTERS.sub(r"\1", shorter)
    yield _LETTERS.sub(r"\1\1", shorter)


def _lowest_rank(text: str, ranks: Ranks) -> int | None:
    """Return the lowest rank by which the whole text is a row of phrases; every way to part it is looked at, once.

    A phrase in Latin letters begins and ends with a word; what is no letter, digit or phrase stands between any two.
    """
    best: list[int | None] = [_FILLERS_ALONE, *([None] * len(text))]
    longest = max(map(len, ranks))
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
