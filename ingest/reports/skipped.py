"""Names every block that became no part of a record, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faqkb.ingest.page.model import Block, Kind
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.readings.choice import Chosen
from faqkb.ingest.readings.features import Place
from faqkb.ingest.readings.metadata import is_metadata
from faqkb.ingest.readings.tree import Section
from faqkb.ingest.reports.report import Skipped
from faqkb.ingest.styles.fillers import is_filler, is_module_code, is_toc
from faqkb.ingest.styles.regions import offset_of
from faqkb.ingest.styles.spans import Span
from faqkb.ingest.styles.words import ends_as_question, is_aside, is_aside_title, is_faq_title, is_toc_title

NO_ANSWER = "a question without an answer"
_SILENT = {Kind.FOOTNOTE, Kind.RULE, Kind.EMPTY, Kind.FRONT_MATTER, Kind.DETAILS, Kind.DETAILS_END}


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a block was skipped; blocks of one list that were skipped for the same reason are named once."""

    text: str
    list_line: int | None
    """0-based first line of the outermost list or quote around the block."""


def skipped_blocks(root: Section, place: Place, chosen: Sequence[Chosen]) -> Iterator[Skipped]:
    """Yield an entry for each block outside of all questions, answers and the headings above them."""
    page = root.region.page
    used = headings_used(chosen)
    covers = Covers.of(chosen)
    first = min((one.span.start for one in chosen), default=None)
    previous: _Reason | None = None
    for section in root.walk():
        outside = place.has_faq and not section.is_faq
        for block in _blocks_of(section):
            if covers.holds(block) or block.start in used or _is_silent(block):
                continue
            text = _reason(section, block, first, outside=outside)
            reason = _Reason(text, block.within[0].top if block.within else None)
            if reason != previous or reason.list_line is None:
                yield Skipped(block.line, text, excerpt(block.text or page.source[block.start : block.end]))
            previous = reason


def headings_used(chosen: Sequence[Chosen]) -> set[int]:
    """Return the offsets of the headings that stand above a question."""
    return {block.start for one in chosen for block in one.above}


def _blocks_of(section: Section) -> Iterator[Block]:
    if section.block is not None:
        yield section.block
    yield from (block for _, block in section.region.blocks())


@dataclass(slots=True)
class Covers:
    """Says, for blocks asked about in order, whether a span holds them."""

    spans: Sequence[Span]
    position: int = 0

    @classmethod
    def of(cls, chosen: Sequence[Chosen]) -> Covers:
        """Return what says it of the questions that were read."""
        return cls([one.span for one in chosen if one.span.answer_end > one.span.start or one.span.answer])

    def holds(self, block: Block) -> bool:
        """Whether a question or its answer holds the block."""
        while self.position < len(self.spans) and self.spans[self.position].answer_end <= block.start:
            self.position += 1
        if self.position == len(self.spans):
            return False
        here = self.spans[self.position]
        return here.start < block.end and block.start < max(here.answer_end, here.start + 1)


def _is_silent(block: Block) -> bool:
    """Whether the block says nothing that a reader could miss."""
    if block.kind is Kind.COMMENT:
        return is_metadata(block.text)
    return block.kind in _SILENT or (is_filler(block) and not block.text and not is_module_code(block))


def _reason(section: Section, block: Block, first: int | None, *, outside: bool) -> str:
    heading = block.kind is Kind.HEADING
    reasons = (
        ("table of contents", is_toc(block) or (heading and is_toc_title(block.text))),
        ("comment", block.kind is Kind.COMMENT),
        ("MDX code", is_module_code(block)),
        (NO_ANSWER, block is section.block and is_unanswered(section)),
        ("a heading without text", heading and not block.text),
        ("outside the FAQ", outside and not (heading and is_faq_title(block.text))),
        ("a heading that is no question", heading and not is_aside_title(block.text)),
        ("no question here", first is None),
        ("before the first question", first is not None and block.start < first),
    )
    return next((text for text, holds in reasons if holds), "belongs to no question")


def is_unanswered(section: Section) -> bool:
    """Whether a heading asks, as far as it and those beside it tell, and nothing stands under it."""
    page, end = section.region.page, offset_of(section.region.page, section.last)
    if section.block is None or not section.title:
        return False
    if not all(map(is_filler, page.blocks_between(section.block.end, end))):
        return False
    if is_aside(section.title) or is_faq_title(section.title):
        return False
    return section.announced or ends_as_question(section.title)
