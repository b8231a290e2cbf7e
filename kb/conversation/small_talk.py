"""Greetings, thanks and the like: said to a chatbot, and no question to a FAQ.

By a list of phrases that the whole text has to be made of, not by likeness to them: for an encoder of this size
"how do I say hello to the server" lies as near to "hello" as "hey there" does. What is not listed goes the way of any
question, and finds no confident answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from faqkb.kb.answers import Answer, NoAnswer, Reason, Status
from faqkb.kb.conversation.word_lists import read_word_lists
from faqkb.kb.text import clean, simplify

_CHARS = 80  # a longer text is no small talk, and is not looked at
_OPENINGS = 8  # `hi, hello, excuse me, ...`: nobody greets longer
_SEPARATORS = r"[^\w']*"  # punctuation, spaces, emoji; the apostrophe belongs to "what's"
_ALNUM = re.compile(r"[^\W_]")
_OPENING_END = re.compile(r"[\s,.!?;:~，。！？；：、～…]+")


def is_small_talk(text: str) -> bool:
    """Say whether a text is made of small talk alone: `谢谢啦，明白了`, `ok thanks!`; an empty one is not."""
    folded = _folded(text)
    return len(folded) <= _CHARS and bool(_whole().fullmatch(folded)) and bool(_phrase().search(folded))


def is_unanswered_talk(answer: Answer) -> bool:
    """Say whether an answer is to small talk that no stored record is about; a greeting is better then."""
    return answer.status is not Status.ANSWERED and is_small_talk(answer.question)


def greeted(answer: Answer, message: str) -> Answer:
    """Return what to say to small talk in place of an answer."""
    said = NoAnswer(Reason.SMALL_TALK, message)
    return replace(answer, status=Status.NO_ANSWER, confidence=0.0, hits=(), no_answer=said, why="", others=())


def without_small_talk(text: str) -> str:
    """Return a question without the small talk it begins with: `你好，请问…` gives `请问…`.

    Only what ends at a punctuation mark is taken off, and never all of it.
    """
    rest = text.strip()
    start = 0
    for _ in range(_OPENINGS):
        after = _opening_end(rest, start)
        if after == start or not _ALNUM.search(rest, after):
            break
        start = after
    return rest[start:]


def _opening_end(text: str, start: int) -> int:
    """Return where the text goes on after small talk and a punctuation mark; `start` when it does not go on so."""
    for end in _OPENING_END.finditer(text, start, start + _CHARS):
        if end.group().strip():
            return end.end() if is_small_talk(text[start : end.start()]) else start
    return start


def _folded(text: str) -> str:
    return simplify(clean(text[: _CHARS * 2]).casefold().replace("’", "'"))


@lru_cache(maxsize=1)
def _phrase() -> re.Pattern[str]:
    return re.compile(_any_of(read_word_lists("small_talk.txt")["phrases"]))


@lru_cache(maxsize=1)
def _whole() -> re.Pattern[str]:
    """Return the pattern of a whole text; possessive, so that no text is tried in two ways."""
    lists = read_word_lists("small_talk.txt")
    words = _any_of((*lists["phrases"], *lists["fillers"]))
    return re.compile(f"{_SEPARATORS}(?:(?:{words}){_SEPARATORS})++")


def _any_of(phrases: Sequence[str]) -> str:
    """Return a pattern of any of the phrases, longest first; one in Latin letters ends at the end of a word."""
    longest = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return "|".join(
        rf"(?<![a-z']){re.escape(phrase)}(?![a-z'])" if phrase.isascii() else re.escape(phrase) for phrase in longest
    )
