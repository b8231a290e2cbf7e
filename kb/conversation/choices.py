"""Which of the choices shown are meant: "第二个", "1 and 3", "the last one", "docker 那个", or a choice's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from faqkb.kb.conversation.talk import is_small_talk
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
_AND = re.compile(r"和|跟|与|及|、|,|，|&|\+|/|(?<![a-z])and(?![a-z])")
_COUNTS = {"two": 2, "three": 3, "两": 2, "二": 2, "三": 3}
_POLITE = {"please", "pls", "plz", ""}
_SEVERAL = re.compile(
    r"(?:(?:show me|i want|i'd like|tell me about|the)\s*+)*+"
    r"(?:first (?P<count>two|three|[23])|both|all)(?: ones?| of them)?(?: please)?"
    r"|我?(?:都|全都?|全部都?)(?:要|想看|看看|说说|讲讲)|全部|前(?P<first>[两二三23])个(?:都要|吧|都看看)?"
)
_LAST = ("last", "最后", "最末")
_NUMBER = r"(?P<number>\d{1,2}|[一二两三四五六七八九]|[a-z]{3,6}|\d(?:st|nd|rd|th)|最后|最末)"
# Repetitions are possessive, longer words first, so that no text is tried in two ways.
_WHOLE = re.compile(
    r"(?:(?:问的是|那就|那么|应该|选择|选项|问题|想问|想看|再看|我|就|那|是|要|选|看|点|再|还有|嗯|好)[\s,，]*+)*+"
    r"(?:(?:i meant|i mean|i'd like|i'd|i'll|i would|i want|it's|it is|choose|pick|take|both"
    r"|show me|show|option|number|question|choice|what about|how about"
    r"|and|ok|okay|then|hm+|now|let's see|give me|try|go with|the|no\.?|nr\.?|#)[\s,]*+)*+"
    rf"(?:第\s*+)?{_NUMBER}\s*+(?:一个|个|条|项|种|号|问题)*+"
    r"\s*+(?:one|option|choice|question|answer)?[\s,，]*+"
    r"(?:(?:please|pls|plz|thanks|then|too|as well|吧|谢谢|呢|啊|的|也|看看|怎么样)\s*+)*+"
)
_POINTING = re.compile(
    r"^(?:问的是|想问的?+是?+|我|就|是|选|要)*+(?P<words>.+?)(?:的?那个|那一?个|那条|这个)(?:吧|问题|呢)?$"
    r"|^(?:(?:no|i meant|i mean)[, ]++)*+the one (?:about|with|on|for|that says) (?P<about>.+)$"
    r"|^(?:(?:no|i meant|i mean)[, ]++)*+the (?P<kind>.+?) one(?: please)?$"
)
_CHARS = 120  # a longer text points at nothing: it asks, and is not looked at
_EDGES = " .,!?。，！？、:：()（）\"'“”"


def chosen_numbers(text: str, choices: int) -> tuple[int, ...]:
    """Return the places, from 1, of the choices that a text names by their numbers and says nothing else.

    They may lie outside of the list; empty where the text is none of that.
    """
    if len(text) > _CHARS or choices < 1:
        return ()
    folded = _folded(text)
    if several := _SEVERAL.fullmatch(folded):
        word = several["count"] or several["first"]
        count = choices if word is None else _COUNTS.get(word) or int(word)
        return tuple(range(1, count + 1)) if count > 1 else ()
    parts = (part.strip(_EDGES) for part in _AND.split(folded))
    places = [_place(part, choices) for part in parts if part not in _POLITE and not is_small_talk(part)]
    return tuple(dict.fromkeys(place for place in places if place is not None)) if None not in places else ()


def _place(part: str, choices: int) -> int | None:
    match = _WHOLE.fullmatch(part)
    if not match:
        return None
    word = match["number"]
    return choices if word in _LAST else int(word) if word.isdecimal() else _NUMBERS.get(word)


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
