"""Where the sentence that answers stands in an answer's Markdown.

A highlight is told in characters of the answer's plain text; Azure's `answerSpan` in those of the answer as sent, which
is Markdown. The letters and digits of both are the same, but for the addresses of links.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from faqkb.kb.answers import Highlight

# Of a link or a picture, its title with it: `](…)`, `](… "…")`.
_ADDRESS = re.compile(r'\]\([^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+(?: "[^"\n]*+")?+\)')


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of an answer's Markdown."""

    start: int
    end: int


def span_in_markdown(answer: str, answer_text: str, highlight: Highlight) -> Span | None:
    """Return where the highlight stands in the Markdown; None where it cannot be told for sure."""
    wanted = _letters(highlight.text)
    if not wanted:
        return None
    shown = _shown_letters(answer)
    letters = "".join(answer[at] for at in shown)
    # The same words may stand in several places: the highlight is as many-th of them in the text as in the Markdown.
    found = -1
    for _ in range(_letters(answer_text[: highlight.start]).count(wanted) + 1):
        found = letters.find(wanted, found + 1)
        if found < 0:
            return None
    start, end = shown[found], shown[found + len(wanted) - 1] + 1
    return _with_punctuation(answer, Span(start, end), highlight.text)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _shown_letters(markdown: str) -> list[int]:
    """Return where the letters and digits of a Markdown text are that its reader sees."""
    hidden = {at for address in _ADDRESS.finditer(markdown) for at in range(*address.span())}
    return [at for at, char in enumerate(markdown) if char.isalnum() and at not in hidden]


def _with_punctuation(answer: str, span: Span, text: str) -> Span:
    """Widen a span by the signs that the text begins and ends with, where they stand right beside it."""
    first = next(at for at, char in enumerate(text) if char.isalnum())
    last = next(at for at in reversed(range(len(text))) if text[at].isalnum())
    start, end = span.start, span.end
    for char in reversed(text[:first]):
        if start == 0 or answer[start - 1] != char:
            break
        start -= 1
    for char in text[last + 1 :]:
        if end == len(answer) or answer[end] != char:
            break
        end += 1
    return Span(start, end)
