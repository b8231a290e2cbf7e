"""The headings above each question."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from faqkb.ingest.page.model import Block, Page
from faqkb.ingest.styles.scopes import is_structural
from faqkb.ingest.styles.spans import Span
from faqkb.ingest.styles.words import is_toc_title


def sections_of(page: Page, spans: Sequence[Span]) -> list[tuple[Block, ...]]:
    """Return the headings above each span, outermost first; the spans ascend, headings inside answers do not count."""
    starts = [span.start for span in spans]
    open_headings: list[Block] = []
    found = []
    headings = [block for block in page.blocks if is_structural(block) and not _inside(block, spans, starts)]
    position = 0
    for span in spans:
        while position < len(headings) and headings[position].start < span.start:
            _push(open_headings, headings[position])
            position += 1
        if span.level:
            open_headings = [block for block in open_headings if block.level < span.level]
        found.append(tuple(block for block in open_headings if block.text and not is_toc_title(block.text)))
    return found


def _push(open_headings: list[Block], heading: Block) -> None:
    while open_headings and open_headings[-1].level >= heading.level:
        open_headings.pop()
    open_headings.append(heading)


def _inside(block: Block, spans: Sequence[Span], starts: Sequence[int]) -> bool:
    """Whether the block is a question or part of its answer."""
    position = bisect_right(starts, block.start) - 1
    return position >= 0 and block.start < spans[position].answer_end
