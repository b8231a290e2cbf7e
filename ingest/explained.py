"""Why a document is read as it is: the readings that competed, section by section."""

from __future__ import annotations

from dataclasses import dataclass

from faqkb.ingest.document import read_document
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.text import excerpt, readable
from faqkb.ingest.readings.choice import Option, Verdict, is_absorbed
from faqkb.ingest.readings.orders import FREE, Order
from faqkb.ingest.readings.scoring import reasons

_REASONS = 5  # of the first question, the weightiest


@dataclass(frozen=True, slots=True)
class Proposed:
    """One reading of a section."""

    reading: str
    """As an author would order it: `headings`, `bold` …"""
    own_text: bool
    """Of a heading: its own text is the answer, the headings below it are read for themselves."""
    questions: int
    """How many it finds."""
    kept: int
    """How many of these have more for them than against them."""
    first: str
    """The first question, one line."""
    odds: float
    """Log odds of that one, what those beside it say included."""
    why: tuple[tuple[str, float], ...]
    """What speaks for and against it, the weightiest first."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A section and its readings."""

    line: int
    """1-based line of its heading; 1 for what stands before the first one."""
    level: int
    """Of the heading, 0 for what stands before the first one."""
    title: str
    part_of_answer: bool
    """A heading above it is a question, and this belongs to its answer."""
    proposed: tuple[Proposed, ...]
    """The best first."""


def explain_document(text: str, path: str, *, by_hand: bool = False, order: Order = FREE) -> list[Explained]:
    """Return the readings of each section of a document, in its order. Raises as `parse_document`."""
    source, _ = readable(text)
    reading = read_document(source, Budget(path, len(source)), by_hand=by_hand, order=order)
    explained = []
    for section in reading.root.walk():
        inside = is_absorbed(section, reading.verdicts)
        verdict = reading.verdicts[section]
        proposed = [_proposed(verdict, option, taken=not inside) for option in verdict.options]
        proposed.sort(key=lambda one: (not one.chosen, -one.odds))
        line = section.block.line if section.block else 1
        explained.append(Explained(line, section.level, excerpt(section.title), inside, tuple(proposed)))
    return explained


def _proposed(verdict: Verdict, option: Option, *, taken: bool) -> Proposed:
    first = option.candidates[0]
    return Proposed(
        reading=option.style,
        own_text=option.own_text,
        questions=len(option.candidates),
        kept=len(option.kept),
        first=excerpt(first.span.name.question),
        odds=round(option.scores[0], 2),
        why=tuple((name, round(part, 2)) for name, part in reasons(first.features)[:_REASONS]),
        chosen=taken and option is verdict.chosen,
    )
