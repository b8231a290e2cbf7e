"""A question found in a document: its words, and the stretch of source that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from faqkb.ingest.page.model import NO_LABELS, Kind, OwnLabels, Page
from faqkb.ingest.styles.fillers import is_filler
from faqkb.ingest.styles.labels import Side, read_label, read_number, read_whole_label

_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“", "「": "」", "'": "'"}
_ENDS = frozenset("?？.。!！؟…")
_COUNTED_SHARE = 0.6  # of the questions that carry a number
_IN_ORDER_SHARE = 0.8  # of the steps from one to the next that count on


@dataclass(frozen=True, slots=True)
class Name:
    """What a question is called."""

    question: str
    """Plain text without label and number."""
    number: str = ""
    """As written: `Q1.3`, `3`; empty without one."""
    labelled: bool = False
    """It carried a question label, so it is one for sure."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """How the questions of one place are numbered."""

    at_all: bool = False
    """Most start with a number, so that `1.1 Why` does too."""
    in_order: bool = False
    """They count on, so that the dot of `1.Seata` is a stop."""


@dataclass(frozen=True, slots=True)
class Span:
    """A question and where its answer is."""

    name: Name
    anchor: str | None
    line: int
    """1-based line of the question."""
    start: int
    """Offset where the question begins: the answer before it ends here."""
    answer_start: int
    answer_end: int
    level: int = 0
    """Of a question that is a heading, else 0."""
    answer: str | None = None
    """The answer, where it is no stretch of the source (a table cell)."""
    fold: bool = False
    """It is the title of a part to fold, whose text may be indented as its tags are."""


def name_of(text: str, own: OwnLabels = NO_LABELS, numbered: Numbered = Numbered()) -> Name:
    """Return a question without its label; `numbered` says how its neighbours are."""
    number = ""
    label = read_label(text, own) or read_whole_label(text)
    if label is None:
        numbering = read_number(text, counted=numbered.in_order)
        if numbering and (numbering.sure or numbered.at_all):
            number, text = numbering.number, text[numbering.length :]
            label = read_label(text, own)
    if label is None or label.side is not Side.QUESTION:
        return Name(_tidy(text), number)
    rest = text[label.length :]
    return Name(_tidy(rest), number or label.number, labelled=True)


def numbering_of(texts: Sequence[str]) -> Numbered:
    """Return how the texts of one place are numbered."""
    most = sum(read_number(text) is not None for text in texts) * 2 > len(texts)
    return Numbered(most, _count_on(texts))


def _count_on(texts: Sequence[str]) -> bool:
    """Whether most texts start with a number that is one more than the one before."""
    heads = (text.lstrip()[:6] for text in texts)
    digits = (head[: len(head) - len(head.lstrip("0123456789"))] for head in heads)
    numbers = [int(found) for found in digits if found]
    if len(numbers) < max(2, _COUNTED_SHARE * len(texts)):
        return False
    steps = [second - first for first, second in pairwise(numbers)]
    return sum(step == 1 for step in steps) >= _IN_ORDER_SHARE * len(steps)


def anchor_at(page: Page, index: int) -> str | None:
    """Return the explicit anchor of block `index`: in it, or in an anchor that stands alone right before it."""
    anchor = page.blocks[index].inline.anchor
    while anchor is None and index > 0 and _may_hold_anchor(page, index - 1):
        index -= 1
        anchor = page.blocks[index].inline.anchor
    return anchor


def up_to_next(spans: Sequence[Span], ends: Sequence[int], last: int) -> tuple[Span, ...]:
    """Return the spans, each answer ending at the next question, at the next of `ends` (ascending), or at `last`."""
    stops = sorted({*ends, *(span.start for span in spans), last})
    closed = []
    position = 0
    for span in sorted(spans, key=lambda span: span.start):
        while stops[position] < span.answer_start and position + 1 < len(stops):
            position += 1
        closed.append(replace(span, answer_end=max(stops[position], span.answer_start)))
    return tuple(closed)


def _may_hold_anchor(page: Page, index: int) -> bool:
    block = page.blocks[index]
    anchored = block.kind in {Kind.PARAGRAPH, Kind.HTML, Kind.EMPTY} and is_filler(block)
    return anchored or block.kind is Kind.DETAILS


def _tidy(text: str) -> str:
    """Return the question in one line, without what is around it: permalinks, quotes, a backslash, half an emphasis."""
    line = " ".join(text.split()).rstrip("¶ \\")
    line = line.strip("*").strip() if line.count("**") % 2 else line
    inside = line[1:-1]
    quoted = len(line) > 2 and _QUOTES.get(line[0]) == line[-1] and line[0] not in inside and line[-1] not in inside
    said = inside.rstrip()[-1:] in _ENDS  # a sentence; `"cannot open lid.h"` quotes an error
    return inside.strip() if quoted and said and inside.strip() else line
