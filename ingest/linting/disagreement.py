"""Whether two answers to one question contradict each other, as far as their words tell."""

from __future__ import annotations

import re

from faqkb.kb.index.marks import conflicts, marks_of
from faqkb.kb.text import clean, simplify

_NUMBER = re.compile(r"(?<![\w.])(\d{1,12}(?:[.,:]\d{1,6})?)\s?([A-Za-z%€$]{1,20}|[\u4e00-\u9fff])")
_HEAD_CHARS = 1_000  # of an answer: what it says first is what it answers
_YES = ("yes", "可以", "支持", "是的", "能", "会", "有的", "需要")
_NO = ("no,", "no.", "no ", "not ", "不", "否", "没有", "无法", "无需")
_FEW = 60  # words; in longer answers numbers and opposites speak of many things


_WORDS = re.compile(r"[a-z0-9]+")
_DIGITS = re.compile(r"[0-9]+")
# Of two questions that differ in one of these characters the one is about the opposite of the other.
_OPPOSITES = tuple(zip("前上单内大新左长高增进收开男早首出", "后下多外小旧右短低减出发关女晚末入", strict=True))


def differ(one: str, other: str) -> bool:
    """Whether two questions that look alike are about different things: other numbers, opposites, turned around."""
    first, second = (simplify(clean(text).casefold()) for text in (one, other))
    if sorted(_DIGITS.findall(first)) != sorted(_DIGITS.findall(second)):
        return True
    for this, that in (*_OPPOSITES, *((that, this) for this, that in _OPPOSITES)):
        if this in first and this not in second and that in second and that not in first:
            return True
    words = _WORDS.findall(first), _WORDS.findall(second)
    if words[0] != words[1] and sorted(words[0]) == sorted(words[1]):  # `Can Rust call C?`, `Can C call Rust?`
        return True
    return conflicts(marks_of(one), marks_of(other)) > 0


def contradict(one: str, other: str) -> str:
    """Return what two plain answers say that does not go together, empty where nothing does."""
    first, second = clean(one[:_HEAD_CHARS]).casefold(), clean(other[:_HEAD_CHARS]).casefold()
    if first == second:
        return ""
    if {_polarity(first), _polarity(second)} == {"yes", "no"}:
        return "one says yes, the other no"
    units = _numbers_in(first), _numbers_in(second)
    for unit in sorted(units[0].keys() & units[1].keys()):
        if units[0][unit].isdisjoint(units[1][unit]):
            return f"{min(units[0][unit])} against {min(units[1][unit])} {unit}"
    short = max(len(first.split()), len(second.split()), len(first) // 4, len(second) // 4) <= _FEW
    return "they name opposites" if short and conflicts(marks_of(first), marks_of(second)) else ""


def _polarity(answer: str) -> str:
    head = answer.lstrip("*_#> ")
    if head.startswith(_NO):
        return "no"
    return "yes" if head.startswith(_YES) else ""


def _numbers_in(answer: str) -> dict[str, set[str]]:
    """Return the numbers before each unit: `30 days` and `14 days` are two of `day`."""
    found: dict[str, set[str]] = {}
    for match in _NUMBER.finditer(answer):
        found.setdefault(match[2].removesuffix("s"), set()).add(match[1])
    return found
