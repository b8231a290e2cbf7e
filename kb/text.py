"""Text analysis shared by index and query: the same words come out of both; and text that only is what it shows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

# Linear: the three character classes are disjoint, so there is one way to match.
_WORD = re.compile(r"[^\W_](?:\w|[.\-/+#](?=\w))*(?:\+\+|#)?")
_PART = re.compile(r"[^\W_]+")
_UNREADABLE = frozenset({"Cc", "Cs", "Cf", "Co", "Cn"})  # control, surrogate, format, private, unassigned
# What steers a terminal or turns the order of what is read, but line breaks, tabs and the joiners that scripts need:
# controls, soft hyphen, invisible operators, directions (Unicode's "Trojan Source"), annotations, tags, surrogates.
STEERING = re.compile(
    "(?!\r\n)[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def clean(text: str) -> str:
    """Return the text in NFKC with controls, lone surrogates and runs of white space as single spaces.

    Idempotent. NFKC can lengthen a text 18 times (`ﷺ`): cut before and after.
    """
    readable = "".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Cf", "Co", "Cn"} else char for char in text)
    return " ".join(unicodedata.normalize("NFKC", readable).split())


def readable(text: str) -> str:
    """Return the text with a space for each character that steers what shows it instead of being shown."""
    return STEERING.sub(" ", text)


def analyse(text: str) -> tuple[str, ...]:
    """Return the words of a text for lexical search, in order, with repeats.

    Case, width and traditional characters are folded. Chinese runs give character bigrams (a single character gives
    itself). Identifiers, paths and versions are kept whole and also split at their joints: `c++`, `dev/shm` + `dev` +
    `shm`, `class_num` + `class` + `num`.
    """
    return tuple(_words(simplify(clean(text).casefold())))


def simplify(text: str) -> str:
    """Return the text with traditional Chinese characters replaced by simplified ones, phrase by phrase."""
    try:
        "".join(_HAN_RUN.findall(text)).encode("gb2312")  # the simplified characters; these need no dictionary
    except UnicodeEncodeError:
        return str(_simplifier().convert(text))
    return text


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    from opencc import OpenCC  # noqa: PLC0415 - 15 ms that few questions need

    return OpenCC("t2s")


def _words(text: str) -> Iterator[str]:
    end = 0
    for run in _HAN_RUN.finditer(text):
        yield from _latin_words(text[end : run.start()])
        yield from _bigrams(run.group())
        end = run.end()
    yield from _latin_words(text[end:])


def _bigrams(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _latin_words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        word = match.group()
        yield word
        parts = _PART.findall(word)
        if len(parts) > 1:
            yield from parts
