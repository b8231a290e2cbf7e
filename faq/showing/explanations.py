"""How hits came about, for a person: a table of the parts of their scores that fits 80 columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from faqkb.faq.console import one_line
from faqkb.kb.answers import Answer, Hit

_WIDTH = 80
_ABREAST = 5  # hits side by side: 17 for the name, 9 for the weight, 9 for each
_NAME, _CELL = 17, 9


def explanation_lines(answer: Answer) -> Iterator[str]:
    """Yield why the first hit won, what each part gave each hit, and the passage that matched it."""
    if answer.why:
        yield ""
        yield from _wrapped(answer.why)
    for start in range(0, len(answer.hits), _ABREAST):
        yield ""
        yield from _table(answer.hits[start : start + _ABREAST], start + 1)
    for number, hit in enumerate(answer.hits, 1):
        yield ""
        known = ", a known error" if hit.explanation.known_error else ""
        yield f"{number}  {hit.record.id}  {hit.confidence:.3f}{known}"
        yield _fitted(f"matched: {hit.explanation.passage}")


def _table(hits: Sequence[Hit], first: int) -> Iterator[str]:
    """Yield a line for each part: its weight, and score times weight of each hit, so that they can be compared."""
    weights = hits[0].explanation.weights
    names = [name for name in weights if any(name in hit.explanation.scores for hit in hits)]
    numbers = range(first, first + len(hits))
    yield _row("score x weight", "weight", *(f"hit {number}" for number in numbers))
    for name in names:
        given = (hit.explanation.scores.get(name, 0.0) * weights[name] for hit in hits)
        yield _row(name, f"{weights[name]:g}", *(f"{value:+.3f}" for value in given))


def _row(name: str, *cells: str) -> str:
    return f"{name:{_NAME}}" + "".join(f"{cell:>{_CELL}}" for cell in cells)


def _wrapped(text: str) -> Iterator[str]:
    """Yield a text in lines of at most 80 columns, broken at spaces where there are any."""
    rest = one_line(text)
    while rest:
        end = _end(rest, _WIDTH)
        if end < len(rest):
            end = rest.rfind(" ", 0, end) + 1 or end
        yield rest[:end].rstrip()
        rest = rest[end:].lstrip()


def _fitted(text: str) -> str:
    """Return a text as one line of at most 80 columns."""
    line = one_line(text)
    end = _end(line, _WIDTH)
    return line if end == len(line) else f"{line[: _end(line, _WIDTH - 1)]}…"


def _end(text: str, width: int) -> int:
    """Return how many characters fit into so many columns; a Chinese one takes two."""
    columns = 0
    for at, char in enumerate(text):
        columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if columns > width:
            return at
    return len(text)
