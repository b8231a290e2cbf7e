"""Names every block that became no part of a record, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from faqkb.ingest.metadata import is_metadata
from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.report import Skipped
from faqkb.ingest.styles.choice import Recognised
from faqkb.ingest.styles.fillers import is_filler, is_module_code, is_toc
from faqkb.ingest.styles.scopes import Trust
from faqkb.ingest.styles.spans import Span
from faqkb.ingest.styles.words import is_aside_title, is_faq_title, is_toc_title

_SILENT = {Kind.RULE, Kind.EMPTY, Kind.FRONT_MATTER, Kind.DETAILS, Kind.DETAILS_END}


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a block was skipped; blocks of one list that were skipped for the same reason are named once."""

    text: str
    list_line: int | None
    """0-based first line of the outermost list or quote around the block."""


def skipped_blocks(page: Page, found: Sequence[Recognised], headings_used: Set[int]) -> Iterator[Skipped]:
    """Yield an entry for each block outside of all questions, answers and the headings above them."""
    previous: _Reason | None = None
    for recognised in found:
        first = min((span.start for span in recognised.spans), default=None)
        covers = _Covers(recognised.spans)
        for _, block in recognised.scope.blocks():
            if covers.holds(block) or block.start in headings_used or _is_silent(block):
                continue
            text = _reason(block, recognised.scope.trust, first)
            reason = _Reason(text, block.within[0].top if block.within else None)
            if reason != previous or reason.list_line is None:
                yield Skipped(block.line, text, excerpt(block.text or page.source[block.start : block.end]))
            previous = reason


@dataclass(slots=True)
class _Covers:
    """Says, for blocks asked about in order, whether a span holds them."""

    spans: Sequence[Span]
    position: int = 0

    def holds(self, block: Block) -> bool:
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


def _reason(block: Block, trust: Trust, first: int | None) -> str:
    heading = block.kind is Kind.HEADING
    reasons = (
        ("table of contents", is_toc(block) or (heading and is_toc_title(block.text))),
        ("comment", block.kind is Kind.COMMENT),
        ("MDX code", is_module_code(block)),
        ("a heading without text", heading and not block.text),
        ("outside the FAQ", trust is Trust.OUTSIDE and not (heading and is_faq_title(block.text))),
        ("a heading that is no question", heading and not is_aside_title(block.text)),
        ("no question here", first is None),
        ("before the first question", first is not None and block.start < first),
    )
    return next((text for text, holds in reasons if holds), "belongs to no question")
