"""What speaks for and against reading a text as a question: named numbers between 0 and 1, the same for all styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from faqkb.ingest.page.model import Page
from faqkb.ingest.readings.tree import Section
from faqkb.ingest.styles.answers import answer_between, find_marker
from faqkb.ingest.styles.fillers import has_content
from faqkb.ingest.styles.labels import read_mark
from faqkb.ingest.styles.lines import is_answered
from faqkb.ingest.styles.spans import Span
from faqkb.ingest.styles.words import (
    counts_parts,
    ends_as_question,
    is_aside_title,
    is_guide_title,
    is_part_title,
    is_plain_question,
    is_question,
    names_trouble,
)

Features = dict[str, float]
_BY_WORDS = 0.6  # how much a text asks that has no question mark: `How to install` is a title of a guide as well
_MANY = 8  # questions that leave no doubt that they are one kind
_LONG = 3  # words after the first one, of a title that says something
_WIDE = 2  # letters of Han, kana and Hangul to a word
_LEAD_CHARS = 200


BY_FILE_NAME = 1.0  # how much the name of a file announces, beside a title in it


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of the document before any of its text is judged."""

    named: float = 0.0
    """1 when the name of the file says FAQ, less when somebody named the file, 0 for a file found in a folder."""
    has_faq: bool = False
    """A title inside the document announces a FAQ, so the rest is none."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A text that may be a question, and what it says by itself."""

    asks: float
    mark: bool
    words: bool
    label: bool
    answered: bool
    trouble: bool
    guide: bool
    part: bool
    """It names a part of an answer, or counts steps."""
    text: str


def lead_of(text: str, *, label: bool = False, answered: bool = False) -> Lead:
    """Return what a text says by itself."""
    plain = is_plain_question(text)
    asks = is_question(text)
    value = 1.0 if plain or label or answered else _BY_WORDS * asks
    trouble = names_trouble(text)
    guide = not plain and is_guide_title(text)
    part = not plain and not label and (is_part_title(text) or _counts_parts(text))
    return Lead(value, plain, asks and not plain, label, answered, trouble, guide, part, text)


def _counts_parts(text: str) -> bool:
    mark = read_mark(text)
    return mark is not None and bool(mark.number) and counts_parts(mark.word)


def share(values: Sequence[bool | float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def of_itself(lead: Lead) -> Features:
    """Return the features of a text by itself."""
    return {
        "mark": lead.mark,
        "ends": ends_as_question(lead.text),
        "words": lead.words,
        "label": lead.label,
        "answered": lead.answered,
        "trouble": lead.trouble and not lead.mark,
        "guide": lead.guide,
        "part": lead.part,
        "closing": is_aside_title(lead.text),
        "long": (not lead.mark and not lead.label) * min(max(_words_in(lead.text) - 1, 0), _LONG) / _LONG,
        "prose": len(lead.text) > _LEAD_CHARS,
    }


def of_group(leads: Sequence[Lead]) -> Features:
    """Return the features that a text has by those of its kind beside it."""
    asks = share([lead.asks for lead in leads])
    size = min(log2(len(leads)) / log2(_MANY), 1.0) if leads else 0.0
    return {
        "group_asks": asks,
        "group_mark": share([lead.mark for lead in leads]),
        "group_label": share([lead.label for lead in leads]),
        "group_answered": share([lead.answered for lead in leads]),
        "group_trouble": share([lead.trouble for lead in leads]),
        "group_guide": share([lead.guide for lead in leads]),
        "group_part": share([lead.part for lead in leads]),
        "group_size": size,
        "group_large_asks": asks * size,
        "alone": len(leads) == 1,
    }


def of_parts(leads: Sequence[Lead]) -> Features:
    """Return the features that a text has by the headings right below it."""
    return {
        "children_ask": share([lead.asks for lead in leads]),
        "parts": min(len(leads), _MANY) / _MANY,
    }


def of_place(section: Section, place: Place, lead: Lead | None, *, inside: bool) -> Features:
    """Return the features that a text has by where it stands; `inside` is under the section's heading.

    `lead` is the text itself, None for all that a style finds there.
    """
    announced = section.is_faq if inside else section.announced
    around = [section, *section.above()] if inside else list(section.above())
    titles = [one.title for one in around if one.block is not None]
    near = titles[0] if titles else ""
    asked = any(map(is_plain_question, titles))
    return {
        "announced": announced,
        "named": place.named * (not announced),
        "outside": place.has_faq and not announced,
        "signed": section.region.page.front.signed and not announced,
        "above_asks": asked and not (lead and lead.mark),
        "above_asks_too": asked and bool(lead and lead.mark),
        "above_words": not is_plain_question(near) and is_question(near),
        "above_trouble": names_trouble(near) and not announced,
        "above_guide": is_guide_title(near),
    }


def has_text(page: Page, start: int, end: int) -> bool:
    """Whether something to read stands between two offsets."""
    return any(map(has_content, page.blocks_between(start, end)))


def heading_lead(section: Section, span: Span) -> Lead:
    """Return what a heading says by itself; the label of an answer right below it counts."""
    page = section.region.page
    answered = find_marker(page, span.answer_start, section.region.end) is not None
    return lead_of(span.name.question, label=span.name.labelled, answered=answered)


def span_lead(page: Page, span: Span) -> Lead:
    """Return what a question inside a section says by itself."""
    return lead_of(span.name.question, label=span.name.labelled, answered=is_answered(page, span))


def answer_of(page: Page, span: Span) -> str:
    """Return the Markdown of the span's answer."""
    return span.answer or answer_between(page, span.answer_start, span.answer_end, outdent=span.fold)


def _words_in(text: str) -> float:
    """Return how many words a text has, letters that stand for themselves counted by two."""
    wide = sum(char >= "\u2e80" for char in text)
    return len(text.split()) + wide / _WIDE - (wide > 0)
