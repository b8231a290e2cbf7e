"""Greetings, thanks and the like: said to a chatbot, and no question to a FAQ; and what is said of an answer.

By lists of phrases that the whole text has to be made of, not by likeness to them: for an encoder of this size
"how do I say hello to the server" lies as near to "hello" as "hey there" does. What is not listed goes the way of any
question, and finds no confident answer.
"""

from __future__ import annotations

import re
from functools import lru_cache

from faqkb.kb.answers import Talk
from faqkb.kb.conversation.phrases import Phrases, end_of_opening, ends_in, lowest_rank, ranked
from faqkb.kb.conversation.word_lists import read_word_lists

_CHARS = 80  # a longer text is no small talk, and is not looked at
_OPENINGS = 8  # `hi, hello, excuse me, ...`: nobody greets longer
_HEARD_CHARS = 1_000
_ASKS = re.compile(
    r"[?？]|怎么|怎样|如何|什么|为啥|哪|吗|呢|(?<![a-z])(?:how|what|why|where|which|should i|can i)(?![a-z])"
)
_ALNUM = re.compile(r"[^\W_]")
_OPENING_END = re.compile(r"[\s,.!?;:~，。！？；：、～…]+")
_ASKING = (Talk.DISTRESS, Talk.PERSON, Talk.INSULT, Talk.QUESTION, Talk.IDENTITY)
_KINDS = tuple(kind.value for kind in Talk)


def talk_of(text: str) -> Talk | None:
    """Return what kind of small talk a text is made of alone: `谢谢啦，明白了`, `ok thanks!`; None for all else.

    Of several kinds the one that `Talk` names first; an empty text is none.
    """
    if any(words in text[:_HEARD_CHARS].casefold() for words in _said_anywhere()):
        return Talk.DISTRESS
    narrow, wide = _talk(), _asking_talk()
    found = [rank for rank in (lowest_rank(text, narrow), lowest_rank(text, wide)) if rank is not None]
    return Talk(_KINDS[min(found)]) if found else None


def is_small_talk(text: str) -> bool:
    """Say whether a text is made of small talk alone."""
    return talk_of(text) is not None


def is_repair(text: str) -> bool:
    """Say whether a text says of the answer before it that it did not help, and nothing more: `还是不行`, `wrong`."""
    return lowest_rank(text, _remarks("repairs")) == 0


def may_be_repair(text: str) -> bool:
    """Say whether a text tells something and then that it did not help, and asks nothing: `设了编码也没效果`."""
    return ends_in(text, _remarks("repairs", beside=False)) and not _ASKS.search(text.casefold())


def is_refusal(text: str) -> bool:
    """Say whether a text says that none of a list is meant: `都不是`, `none of these`."""
    return lowest_rank(text, _remarks("declined")) == 0


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


def without_change(text: str) -> tuple[str, bool]:
    """Return a question without the words that announce another one, `顺便`, `btw`, and whether there were any."""
    end = end_of_opening(text, _changes())
    return (text[end:], True) if text[end:] and end else (text, False)


def _opening_end(text: str, start: int) -> int:
    """Return where the text goes on after small talk and a punctuation mark; `start` when it does not go on so."""
    for end in _OPENING_END.finditer(text, start, start + _CHARS):
        if end.group().strip():
            return end.end() if is_small_talk(text[start : end.start()]) else start
    return start


@lru_cache(maxsize=1)
def _talk() -> Phrases:
    lists = read_word_lists("talk.txt")
    return ranked([*((at, lists[kind]) for at, kind in enumerate(_KINDS) if kind in lists), (None, lists["fillers"])])


@lru_cache(maxsize=1)
def _asking_talk() -> Phrases:
    """Return the ranks of talk that asks for something, with the small words of requests; other talk is beside it."""
    lists = read_word_lists("talk.txt")
    asking = [(_KINDS.index(kind.value), lists[kind.value]) for kind in _ASKING]
    return ranked([*asking, (None, _talk().ranks), (None, lists["asking_fillers"])])


@lru_cache(maxsize=1)
def _said_anywhere() -> tuple[str, ...]:
    return read_word_lists("talk.txt")["anywhere"]


@lru_cache(maxsize=4)
def _remarks(name: str, *, beside: bool = True) -> Phrases:
    """Return the ranks of a list of remarks on an answer, with small talk and what was tried that may stand beside."""
    lists = read_word_lists("follow_ups.txt")
    return ranked([(0, lists[name]), *([(None, _asking_talk().ranks), (None, lists["tried"])] if beside else ())])


@lru_cache(maxsize=1)
def _changes() -> Phrases:
    return ranked([(0, read_word_lists("follow_ups.txt")["changes"])])
