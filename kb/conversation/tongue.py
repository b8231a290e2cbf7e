"""The language of a conversation: what a message is written in, where it is in any, and the one it asks for."""

from __future__ import annotations

import re
from functools import lru_cache

from faqkb.kb.conversation.phrases import Phrases, lowest_rank, ranked
from faqkb.kb.conversation.word_lists import read_word_lists
from faqkb.kb.language.codes import UNDETERMINED
from faqkb.kb.language.detection import detect_language
from faqkb.kb.language.latin import ENGLISH, plain_words

_FILE = "languages.txt"
_AROUND = "around"
_REFUSED = "refused"
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_HAN_OF_A_WORD = 2
_READ = 4_000  # characters of a text, at its two ends: between them lies what was pasted
_WORDS_OF_A_SENTENCE = 3  # in Latin letters: fewer may be names and commands in a conversation in any language


def requested_language(text: str) -> str | None:
    """Return the language that a text asks to go on in, `in English please`, `请用中文`, and no more; else None."""
    rank = lowest_rank(text, _requests())
    return None if rank is None else _codes()[rank]


def own_language(text: str) -> str | None:
    """Return the language that a text is written in; None for one that could stand in a conversation in any language.

    Two Chinese characters tell of Chinese, whatever is pasted beside them; some words that are no names and
    no code tell of a language in Latin letters.
    """
    read = text if len(text) <= _READ else f"{text[: _READ // 2]}\n{text[-_READ // 2 :]}"
    language = detect_language(read)
    if language != ENGLISH:
        return None if language == UNDETERMINED else language
    if _is_around_paste(read):
        return "zh"
    return language if len(plain_words(read)) >= _WORDS_OF_A_SENTENCE else None


def _is_around_paste(text: str) -> bool:
    """Say whether a line of a text of several is Chinese: what was pasted is in the language of a program."""
    lines = text.splitlines()
    return len(lines) > 1 and any(
        len(_HAN.findall(line)) >= _HAN_OF_A_WORD and detect_language(line) == "zh" for line in lines
    )


@lru_cache(maxsize=1)
def _codes() -> tuple[str, ...]:
    return tuple(name for name in read_word_lists(_FILE) if name not in {_AROUND, _REFUSED})


@lru_cache(maxsize=1)
def _requests() -> Phrases:
    """Return the rank of each language's names by its place among the codes; a name that is of no use has none."""
    lists = read_word_lists(_FILE)
    names = [lists[code] for code in _codes()]
    refused = [f"{no} {name}" if no.isascii() else no + name for no in lists[_REFUSED] for own in names for name in own]
    return ranked([(None, refused), *enumerate(names), (None, lists[_AROUND])])
