"""Marks the sentence that answers in the HTML of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser


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
