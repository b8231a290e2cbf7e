"""Which of the choices shown is meant: "第二个", "3", "the last one", "docker 那个", or the choice's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from faqkb.kb.text import analyse, clean, simplify

_NUMBERS = {
    **dict(zip("一二三四五六七八九", range(1, 10), strict=True)),
    "两": 2,
    **{
        word: number
        for number, words in enumerate(
            ("first one", "second two", "third three", "fourth four", "fifth five", "sixth six"), start=1
        )
        for word in words.split()
    },
    **{f"{number}{ending}": number for number, ending in ((1, "st"), (2, "nd"), (3, "rd"), (4, "th"), (5, "th"))},
}
_LAST = ("last", "最后", "最末")
_NUMBER = r"(?P<number>\d{1,2}|[一二两三四五六七八九]|[a-z]{3,6}|\d(?:st|nd|rd|th)|最后|最末)"
# Repetitions are possessive, longer words first, so that no text is tried in two ways.
_WHOLE = re.compile(
    r"(?:(?:问的是|那就|应该|选择|想问|想看|我|就|那|是|要|选|看|点)\s*+)*+"
    r"(?:(?:i meant|i mean|it's|it is|choose|pick|take|show me|show|option|number|choice|the|no\.?|#)\s*+)*+"
    rf"(?:第\s*+)?{_NUMBER}\s*+(?:一个|个|条|项|种|号|问题)*+"
    r"\s*+(?:one|option|choice|question)?[\s,，]*+(?:please|pls|thanks|吧|谢谢|呢|啊|的)*+"
)
_POINTING = re.compile(
    r"^(?:问的是|想问的?+是?+|我|就|是|选|要)*+(?P<words>.+?)(?:的?那个|那一?个|那条|这个)(?:吧|问题|呢)?$"
    r"|^(?:(?:no|i meant|i mean)[, ]++)*+the one (?:about|with|on|for|that says) (?P<about>.+)$"
    r"|^(?:(?:no|i meant|i mean)[, ]++)*+the (?P<kind>.+?) one(?: please)?$"
)
_CHARS = 120  # a longer text points at nothing: it asks, and is not looked at
_EDGES = " .,!?。，！？、:：()（）\"'“”"


def chosen_number(text: str, choices: int) -> int | None:
    """Return the place, from 0, of the choice that a text names by its number; None when it names none of them."""
    match = _WHOLE.fullmatch(_folded(text)) if len(text) <= _CHARS else None
    if not match or choices < 1:
        return None
    word = match["number"]
    number = choices if word in _LAST else int(word) if word.isdecimal() else _NUMBERS.get(word, 0)
    return number - 1 if 1 <= number <= choices else None


def chosen_by_words(text: str, titles: Sequence[str]) -> int | None:
    """Return the place, from 0, of the choice that a text means by its words: its title, or words it alone holds."""
    folded = _folded(text)
    same = [at for at, title in enumerate(titles) if _folded(title) == folded]
    if same:
        return same[0]
    match = _POINTING.match(folded) if len(text) <= _CHARS else None
    if not match:
        return None
    words = set(analyse(match["words"] or match["about"] or match["kind"]))
    held = [len(words.intersection(analyse(title))) for title in titles]
    best = max(held, default=0)
    return held.index(best) if best and held.count(best) == 1 else None


def _folded(text: str) -> str:
    return simplify(clean(text).casefold()).strip(_EDGES)
