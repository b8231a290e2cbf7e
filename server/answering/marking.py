"""Marks what to look at: in an answer the sentence that answers, in a choice the words that were asked with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from itertools import groupby, pairwise
from operator import itemgetter

from markupsafe import Markup, escape

_LATIN = re.compile(r"[a-z0-9_]{3,}")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
# They say nothing of the subject.
_ENGLISH = """and are but can does for from has have how into not that the this was what when where which who why will
with you your"""
_CHINESE = "什么 怎么 如何 为何 怎样 可以 是否 哪些 哪里 为什 么办"
COMMON_WORDS = frozenset(f"{_ENGLISH} {_CHINESE}".split())
MARKED_WORDS = 60


@dataclass(frozen=True, slots=True)
class _Letter:
    """A visible character: what it is, and where the HTML says it."""

    char: str
    start: int
    end: int


def marked(html: str, sentence: str) -> str:
    """Return sanitised HTML with `<mark>` around a sentence of its plain text; as it was where it is not found.

    HTML and plain text hold the same letters with other blanks between them. A sentence that goes on in another element
    gets one mark in each, so that what was well-formed stays so.
    """
    wanted = "".join(sentence.split())
    if not wanted:
        return html
    letters = _Letters(html).found
    start = "".join(letter.char for letter in letters).find(wanted)
    if start < 0:
        return html
    pieces: list[str] = []
    written = 0
    for first, last in _runs(html, letters[start : start + len(wanted)]):
        pieces += [html[written:first], "<mark>", html[first:last], "</mark>"]
        written = last
    return "".join([*pieces, html[written:]])


def _runs(html: str, letters: list[_Letter]) -> list[tuple[int, int]]:
    """Return the stretches of HTML from the first letter to the last that no tag interrupts."""
    runs: list[tuple[int, int]] = []
    for letter in letters:
        if runs and "<" not in html[runs[-1][1] : letter.start]:
            runs[-1] = (runs[-1][0], letter.end)
        else:
            runs.append((letter.start, letter.end))
    return runs


class _Letters(HTMLParser):
    """Finds the visible characters. Every position is known, because what was sanitised is well-formed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[_Letter] = []
        self._lines = [0]
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(html)
        self.close()

    def _start(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_data(self, data: str) -> None:
        start = self._start()
        self.found += [_Letter(char, start + at, start + at + 1) for at, char in enumerate(data) if not char.isspace()]

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def _reference(self, written: str) -> None:
        start = self._start()
        chars = (char for char in unescape(written) if not char.isspace())
        self.found += [_Letter(char, start, start + len(written)) for char in chars]


def asked_words(text: str, question: str) -> Markup:
    """Return a plain text as HTML with `<b>` around words of a question: Latin ones from their start, Han by pairs.

    static/search.js does the same while one types.
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters are two in lower case: then no place in one is a place in the other
        return escape(text)
    is_asked = [False] * len(text)
    for word in _words(question.lower()):
        at = lowered.find(word)
        while at >= 0:
            if not word.isascii() or at == 0 or not lowered[at - 1].isalnum():
                is_asked[at : at + len(word)] = [True] * len(word)
            at = lowered.find(word, at + 1)
    runs = groupby(zip(text, is_asked, strict=True), key=itemgetter(1))
    pieces = ((asked, escape("".join(char for char, _ in run))) for asked, run in runs)
    return Markup().join(Markup("<b>{}</b>").format(piece) if asked else piece for asked, piece in pieces)


def _words(question: str) -> list[str]:
    return [word for word in _all_words(question) if word not in COMMON_WORDS][:MARKED_WORDS]


def _all_words(question: str) -> Iterator[str]:
    yield from _LATIN.findall(question)
    for run in _HAN.findall(question):
        yield from map("".join, pairwise(run))
