"""The marks that FAQ authors write before questions and answers: `Q1.3:`, `**A**：`, `问题：`, `3.`.

All of this is character work on the start of one line: no pattern that an odd line could slow down.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from faqkb.ingest.page.model import NO_LABELS, OwnLabels
from faqkb.ingest.styles.words import PHRASES

_LOOK_AHEAD = 100  # characters; a label stands at the very start

_MARK_CHARS = 12  # letters of a label of an author's own
_COLONS = ":：﹕"
_STOPS = ".．。、)）,，–—-|" + _COLONS
_HYPHENS = "-–"
_HAN_NUMERALS = "一二三四五六七八九十"
_BOLD_TAGS = ("<strong>", "<b>")
_EMPHASIS = {"***": "***", "**": "**", "__": "__", "*": "*", "_": "_", "<strong>": "</strong>", "<b>": "</b>"}


class Side(StrEnum):
    """Whether a label opens a question or an answer."""

    QUESTION = "question"
    ANSWER = "answer"


_SIDES = {
    **dict.fromkeys(PHRASES["question_labels"], Side.QUESTION),
    **dict.fromkeys(PHRASES["answer_labels"], Side.ANSWER),
}
_BY_FIRST = {
    word[0]: sorted((other for other in _SIDES if other[0] == word[0]), key=len, reverse=True) for word in _SIDES
}
_WORD_CHARS = max(map(len, _SIDES)) + 1
_BRACKETS = {"【": "】", "[": "]", "［": "］", "(": ")", "（": "）", "「": "」", "〔": "〕", "〖": "〗"}
_WIDE_LETTERS = ("Ａ", "ｚ")
_WIDE_SPACE = "\u3000"


@dataclass(frozen=True, slots=True)
class Label:
    """A label at the start of a line."""

    side: Side
    number: str
    """As written: `Q1.3`, `3`; empty without one."""
    length: int
    """Characters of the line that the label takes, with the space around it and emphasis that only it carries."""
    reopens: str
    """Emphasis that begins before the label and goes on after it: `**` in `**A: Yes.** But …`."""
    sure: bool
    """A colon, emphasis or a numbered stop sets it off; `A. ` and `Q1 ` may be something else."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What may be a label, if the document repeats it."""

    word: str
    """In lower case."""
    number: str
    stop: str
    """Empty when only a space sets it off from the text."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """A number at the start of a heading or list-like paragraph."""

    number: str
    length: int
    sure: bool
    """A stop follows; `1.1 Basics` may also be a version or a measure."""


def read_label(line: str, own: OwnLabels = NO_LABELS) -> Label | None:
    """Return the question or answer label that a line (Markdown or plain text) starts with.

    `own` are letters that the document uses as labels beside those that everybody knows.
    """
    text = line[:_LOOK_AHEAD]
    start, opening = _emphasis_at(text, _after_ornaments(text))
    bracket = _BRACKETS.get(text[start : start + 1], "")
    side, word = _word_at(text, start + bool(bracket), own)
    if side is None:
        return None
    at = start + bool(bracket) + len(word)
    number, at = _number_at(text, at)
    if bracket:
        if text[at : at + 1] != bracket or text[at + 1 : at + 2] in {"(", "[", ":"} or word == "a":
            return None
        at += 1
    closing = _EMPHASIS.get(opening, "")
    at, closed = _skip(text, at, closing)
    at, stop = _stop_at(text, at, numbered=bool(number))
    if not closed:
        at, closed = _skip(text, at, closing)
    sure = closed or bool(bracket) or bool(stop and (number or stop in _COLONS)) or _is_wide(word, text[at : at + 1])
    sure = sure or (bool(number) and _folded(word) in own.bare and text[at : at + 1].isspace())
    if not sure and not _may_be_label(text[at:], side, word, number, stop):
        return None
    number = unicodedata.normalize("NFKC", number)
    known = _folded(word) in {"q", "a"} or _folded(word) in own.questions
    letter = unicodedata.normalize("NFKC", word) if known else ""
    end = at + len(text[at:]) - len(text[at:].lstrip())
    return Label(side, letter + number if number else "", end, "" if closed else opening, sure)


def read_mark(line: str) -> Mark | None:
    """Return what may be a label of an author's own at the start of a line: `P1:`, `**R:**`, `FAQ-001:`."""
    text = line[:_LOOK_AHEAD]
    start, opening = _emphasis_at(text, _after_ornaments(text))
    end = start
    while end < len(text) and _is_alphabetic(text[end]):
        end += 1
    if end == start and text[start : start + 1].isalpha():
        end = start + 1  # one sign of a script without spaces: `문:`, `問：`
    if end == start or end - start > _MARK_CHARS:
        return None
    number, at = _number_at(text, end)
    at, _ = _skip(text, at, _EMPHASIS.get(opening, ""))
    at, stop = _stop_at(text, at, numbered=bool(number))
    spaced = bool(number) and text[at : at + 1].isspace()
    return Mark(_folded(text[start:end]), number, stop) if stop or spaced else None


def _is_wide(word: str, after: str) -> bool:
    """Whether a label is a full-width letter set off by a full-width space: `Ｑ　`."""
    return after == _WIDE_SPACE and len(word) == 1 and _WIDE_LETTERS[0] <= word <= _WIDE_LETTERS[1]


def read_whole_label(text: str) -> Label | None:
    """Return the label that a heading is without any stop: `Question 1`, `Answer`."""
    label = read_label(f"{text}:") if len(text) < _LOOK_AHEAD else None
    return label if label and label.length > len(text) else None


def read_answer_label(heading: str) -> Label | None:
    """Return the answer label that a heading starts with or consists of: `A: Yes`, `Answer`."""
    label = read_whole_label(heading.rstrip(":： ")) or read_label(heading)
    return label if label and label.side is Side.ANSWER and label.sure else None


def read_number(text: str, *, counted: bool = False) -> Numbering | None:
    """Return the numbering that a heading starts with: `3.`, `2.1`, `(4)`, `五、`.

    `counted` says that its neighbours count on, so that the dot of `1.Seata` is a stop and no part of a version.
    """
    head = text[:_LOOK_AHEAD].lstrip()
    lead = len(text[:_LOOK_AHEAD]) - len(head)
    bracket = head[:1] in {"(", "（", "["}
    number, at = _number_at(head[bracket:], 0)
    if counted and "." in number and not bracket:  # the `3.` of `3.2PC`
        number = number.partition(".")[0]
        at = len(number)
        return Numbering(number, lead + at + 1 + len(head[at + 1 :]) - len(head[at + 1 :].lstrip()), sure=True)
    at += bracket
    stop, after = head[at : at + 1], head[at + 1 : at + 2]
    if not number or (bracket and stop not in {")", "）", "]"}):
        return None
    if not number[0].isdigit() and stop not in {"、", ")", "）"}:
        return None
    stopped = (
        bool(stop)
        and stop in ".．。、)）]" + _COLONS
        and (not _goes_on(stop, after) or (counted and stop == "." and after.isalpha()))
    )
    if not stopped and stop != "." and not ("." in number and stop.isspace()):
        return None
    end = at + (not stop.isspace())
    end += len(head[end:]) - len(head[end:].lstrip())
    return Numbering(number, lead + end, stopped)


def _goes_on(stop: str, after: str) -> bool:
    """Whether what looks like a stop is inside a word, time or version: `1.x`, `12:30`."""
    return stop in ".:" and bool(after) and after.isalnum() and (after.isascii() or stop == ":")


def _may_be_label(rest: str, side: Side, word: str, number: str, stop: str) -> bool:
    """Whether `Q1.3 how`, `Q1如何`, `Q. How` or `A. Yes` reads as a label."""
    if len(word) != 1 or not word.isascii():
        return False
    if rest.lstrip()[:4].isdecimal():  # `Q1 2024` is a quarter
        return False
    if stop == ".":
        return rest[:1].isspace()
    return side is Side.QUESTION and bool(number) and not (rest[:1].isascii() and rest[:1].isalnum())


def _after_ornaments(text: str) -> int:
    """Return where the text begins after space, emoji, invisible characters and tags that are no emphasis."""
    at = 0
    while at < len(text):
        tag = _tag_length(text, at)
        if not tag and not text[at].isspace() and unicodedata.category(text[at]) not in {"So", "Cf", "Mn"}:
            break
        at += tag or 1
    return at


def _tag_length(text: str, at: int) -> int:
    """Return the length of an opening tag such as `<font size=3>` that stands here, 0 for none."""
    is_tag = text[at] == "<" and text[at + 1 : at + 2].isalpha() and not text.startswith(_BOLD_TAGS, at)
    return text.find(">", at) + 1 - at if is_tag and ">" in text[at:] else 0


def _emphasis_at(text: str, at: int) -> tuple[int, str]:
    """Return (position after, the emphasis) that opens here; the longest counts."""
    opening = next((mark for mark in _EMPHASIS if text.startswith(mark, at)), "")
    at += len(opening)
    return at + len(text[at:]) - len(text[at:].lstrip()) if opening else at, opening


def _skip(text: str, at: int, closing: str) -> tuple[int, bool]:
    spaces = len(text[at:]) - len(text[at:].lstrip())
    if closing and text.startswith(closing, at + spaces):
        return at + spaces + len(closing), True
    return at, False


def _word_at(text: str, at: int, own: OwnLabels) -> tuple[Side | None, str]:
    """Return which side's word stands here, as written; Latin words must be whole."""
    if own is not NO_LABELS:
        end = at
        while end < min(len(text), at + _MARK_CHARS) and _is_alphabetic(text[end]):
            end += 1
        word = _folded(text[at:end])
        if word in own.questions or word in own.answers:
            return (Side.QUESTION if word in own.questions else Side.ANSWER), text[at:end]
    words = _BY_FIRST.get(_folded(text[at : at + 1]), ())
    folded = _folded(text[at : at + _WORD_CHARS]) if words else ""
    for word in words:
        goes_on = _is_alphabetic(word[-1]) and _is_alphabetic(folded[len(word) : len(word) + 1])
        if folded.startswith(word) and not goes_on:
            return _SIDES[word], text[at : at + len(word)]
    return None, ""


def _is_alphabetic(char: str) -> bool:
    """Whether words of the script are set apart by spaces: Latin, Cyrillic …, not Han or kana."""
    return char.isalpha() and char < "\u2e80"


def _folded(text: str) -> str:
    """Return the text in lower case with full-width letters made plain, character for character."""
    if text.isascii():
        return text.lower()
    plain = (unicodedata.normalize("NFKC", char) for char in text)
    return "".join((new if len(new) == 1 else char).lower()[:1] for new, char in zip(plain, text, strict=True))


def _number_at(text: str, at: int) -> tuple[str, int]:
    """Return (number, position after): digits in levels (`1.2.3`), or Han numerals; a space or `#` may come before."""
    first = at + 1 if text[at : at + 1] in {" ", "#", "-", "."} and text[at + 1 : at + 2].isdecimal() else at
    end = first
    while end < len(text) and (text[end].isdecimal() or (text[end] in ".-_" and text[end + 1 : end + 2].isdecimal())):
        end += 1
    if end > first:
        return text[first:end], end
    while end < len(text) and text[end] in _HAN_NUMERALS:
        end += 1
    return text[first:end], end


def _stop_at(text: str, at: int, *, numbered: bool) -> tuple[int, str]:
    """Return (position after, stop); without a number only a colon may stand off by a space."""
    spaces = len(text[at:]) - len(text[at:].lstrip(" \u3000"))
    stop = text[at + spaces : at + spaces + 1]
    allowed = _STOPS if numbered else (_COLONS if spaces else _COLONS + ".")
    joined = stop in _HYPHENS and not text[at + spaces + 1 : at + spaces + 2].isspace()  # `A 24-core machine`
    return (at + spaces + 1, stop) if stop and stop in allowed and not joined else (at, "")
