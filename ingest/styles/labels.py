"""The marks that FAQ authors write before questions and answers: `Q1.3:`, `**A**：`, `问题：`, `3.`.

All of this is character work on the start of one line: no pattern that an odd line could slow down.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_LOOK_AHEAD = 100  # characters; a label stands at the very start

_COLONS = ":：﹕"
_STOPS = ".。、)）,，–—-|" + _COLONS
_HAN_NUMERALS = "一二三四五六七八九十"
_BOLD_TAGS = ("<strong>", "<b>")
_EMPHASIS = {"***": "***", "**": "**", "__": "__", "*": "*", "_": "_", "<strong>": "</strong>", "<b>": "</b>"}


class Side(StrEnum):
    """Whether a label opens a question or an answer."""

    QUESTION = "question"
    ANSWER = "answer"


_QUESTION_WORDS = (
    *("question", "q", "问题", "提问", "问", "問題", "提問", "問", "質問", "질문", "pregunta", "frage", "вопрос"),
)
_ANSWER_WORDS = (
    *("answer", "ans", "a", "答案", "答复", "答覆", "答復", "解答", "回答", "答", "답변", "답"),
    *("respuesta", "réponse", "antwort", "ответ"),
)
_SIDES = {**dict.fromkeys(_QUESTION_WORDS, Side.QUESTION), **dict.fromkeys(_ANSWER_WORDS, Side.ANSWER)}
_BY_FIRST = {word[0]: [other for other in _SIDES if other[0] == word[0]] for word in _SIDES}
_WORD_CHARS = max(map(len, _SIDES)) + 1


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
class Numbering:
    """A number at the start of a heading or list-like paragraph."""

    number: str
    length: int
    sure: bool
    """A stop follows; `1.1 Basics` may also be a version or a measure."""


def read_label(line: str) -> Label | None:
    """Return the question or answer label that a line (Markdown or plain text) starts with."""
    text = line[:_LOOK_AHEAD]
    start, opening = _emphasis_at(text, _after_ornaments(text))
    side, word = _word_at(text, start)
    if side is None:
        return None
    at = start + len(word)
    number, at = _number_at(text, at)
    closing = _EMPHASIS.get(opening, "")
    at, closed = _skip(text, at, closing)
    at, stop = _stop_at(text, at, numbered=bool(number))
    if not closed:
        at, closed = _skip(text, at, closing)
    sure = closed or bool(stop and (number or stop in _COLONS))
    if not sure and not _may_be_label(text[at:], side, word, number, stop):
        return None
    number = unicodedata.normalize("NFKC", number)
    letter = unicodedata.normalize("NFKC", word) if _folded(word) in {"q", "a"} else ""
    end = at + len(text[at:]) - len(text[at:].lstrip())
    return Label(side, letter + number if number else "", end, "" if closed else opening, sure)


def read_whole_label(text: str) -> Label | None:
    """Return the label that a heading is without any stop: `Question 1`, `Answer`."""
    label = read_label(f"{text}:") if len(text) < _LOOK_AHEAD else None
    return label if label and label.length > len(text) else None


def read_answer_label(heading: str) -> Label | None:
    """Return the answer label that a heading starts with or consists of: `A: Yes`, `Answer`."""
    label = read_whole_label(heading.rstrip(":： ")) or read_label(heading)
    return label if label and label.side is Side.ANSWER and label.sure else None


def read_number(text: str) -> Numbering | None:
    """Return the numbering that a heading starts with: `3.`, `2.1`, `(4)`, `五、`."""
    head = text[:_LOOK_AHEAD].lstrip()
    lead = len(text[:_LOOK_AHEAD]) - len(head)
    bracket = head[:1] in {"(", "（", "["}
    number, at = _number_at(head[bracket:], 0)
    at += bracket
    stop, after = head[at : at + 1], head[at + 1 : at + 2]
    if not number or (bracket and stop not in {")", "）", "]"}):
        return None
    if not number[0].isdigit() and stop not in {"、", ")", "）"}:
        return None
    stopped = bool(stop) and stop in ".。、)）]" + _COLONS and not _goes_on(stop, after)
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


def _word_at(text: str, at: int) -> tuple[Side | None, str]:
    """Return which side's word stands here, as written; Latin words must be whole."""
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
    return (at + spaces + 1, stop) if stop and stop in allowed else (at, "")
