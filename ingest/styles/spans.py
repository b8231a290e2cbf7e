"""A question found in a document: its words, and the stretch of source that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.styles.fillers import is_filler
from faqkb.ingest.styles.labels import Side, read_label, read_number, read_whole_label
from faqkb.ingest.styles.scopes import Heading


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


def span_of(page: Page, heading: Heading, name: Name) -> Span:
    """Return the question that a heading is; its answer is all that it stands over."""
    block = heading.block
    anchor = anchor_at(page, heading.index)
    return Span(name, anchor, block.line, block.start, block.end, heading.end, block.level)


def name_of(text: str, *, numbered: bool = False) -> Name:
    """Return a question without its label; `numbered` says that its neighbours carry numbers, so `1.1 Why` does."""
    number = ""
    label = read_label(text) or read_whole_label(text)
    if label is None:
        numbering = read_number(text)
        if numbering and (numbering.sure or numbered):
            number, text = numbering.number, text[numbering.length :]
            label = read_label(text)
    if label is None or label.side is not Side.QUESTION:
        return Name(_tidy(text), number)
    rest = text[label.length :]
    return Name(_tidy(rest), number or label.number, labelled=True)


def are_numbered(texts: Sequence[str]) -> bool:
    """Whether most of the texts start with a number, so that an unsure number is one too."""
    return sum(read_number(text) is not None for text in texts) * 2 > len(texts)


def anchor_at(page: Page, index: int) -> str | None:
    """Return the explicit anchor of block `index`: in it, or in an anchor that stands alone right before it."""
    anchor = page.blocks[index].inline.anchor
    while anchor is None and index > 0 and _may_hold_anchor(page.blocks[index - 1]):
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


def _may_hold_anchor(block: Block) -> bool:
    anchored = block.kind in {Kind.PARAGRAPH, Kind.HTML, Kind.EMPTY} and is_filler(block)
    return anchored or block.kind is Kind.DETAILS


def _tidy(text: str) -> str:
    """Return the question in one line, without permalink signs and emphasis that the parser left as text."""
    line = " ".join(text.split()).rstrip("¶ ")
    return line.strip("*").strip() if line.count("**") % 2 else line
