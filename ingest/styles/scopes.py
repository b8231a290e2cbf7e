"""Which parts of a document are questions and answers, as far as its titles say."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.styles.fillers import has_content
from faqkb.ingest.styles.labels import read_answer_label
from faqkb.ingest.styles.words import is_faq_title

_LEVELS = 6  # of headings


class Trust(Enum):
    """How much a part must show before it is read as questions and answers."""

    ANNOUNCED = "announced"
    """Its title says FAQ: statements count as questions too."""
    OPEN = "open"
    """No title of the document says so: most of it has to ask."""
    OUTSIDE = "outside"
    """Another part of the document is the FAQ: only labelled pairs count."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and what it stands over."""

    index: int
    """Of its block."""
    block: Block
    text_end: int
    """Offset of the next heading of any level."""
    end: int
    """Offset of the next heading of its level or above."""

    @property
    def is_leaf(self) -> bool:
        """Whether no deeper heading follows."""
        return self.text_end == self.end


@dataclass(frozen=True, slots=True)
class Scope:
    """A run of blocks that is judged as one."""

    page: Page
    first: int
    """Index of its first block."""
    last: int
    """Index after its last block."""
    trust: Trust
    headings: tuple[Heading, ...]
    """Those that give it its structure, in order."""

    @property
    def announced(self) -> bool:
        """Whether a title says that this is a FAQ."""
        return self.trust is Trust.ANNOUNCED

    @property
    def end(self) -> int:
        """Offset after the scope."""
        return _offset(self.page, self.last)

    def blocks(self) -> Iterator[tuple[int, Block]]:
        """Yield (index, block) of the scope."""
        return ((i, self.page.blocks[i]) for i in range(self.first, self.last))


def is_structural(block: Block) -> bool:
    """Whether a heading divides the document: one in a quote, late in a list item or labelled an answer does not."""
    return block.kind is Kind.HEADING and (not block.within or block.starts_item) and not read_answer_label(block.text)


def scopes_of(page: Page) -> list[Scope]:
    """Return the scopes of a document, in order, covering all of it."""
    whole = len(page.blocks)
    if is_faq_title(page.title):
        return [_scope(page, 0, whole, Trust.ANNOUNCED)]
    announced = list(_announced(page))
    if not announced:
        return [_scope(page, 0, whole, Trust.OPEN)]
    scopes = []
    end = 0
    for scope in announced:
        scopes += [_scope(page, end, scope.first, Trust.OUTSIDE), scope]
        end = scope.last
    return [*scopes, _scope(page, end, whole, Trust.OUTSIDE)]


def _announced(page: Page) -> Iterator[Scope]:
    """Yield a scope for each heading that says FAQ, from after it to the next heading of its level or above."""
    end = 0
    headings = _headings(page, 0, len(page.blocks))
    starts = [block.start for block in page.blocks]
    for position, heading in enumerate(headings):
        if heading.index < end or not is_faq_title(heading.block.text):
            continue
        end = bisect_left(starts, heading.end)
        if position == 0 and heading.is_leaf and _texts(page, heading.index + 1, end) <= 1:
            end = len(page.blocks)  # a title written at the level of its questions, at most an introduction below
        yield _scope(page, heading.index + 1, end, Trust.ANNOUNCED)


def _scope(page: Page, first: int, last: int, trust: Trust) -> Scope:
    return Scope(page, first, last, trust, _headings(page, first, last))


def _headings(page: Page, first: int, last: int) -> tuple[Heading, ...]:
    """Return the structural headings among the blocks; the last of each level ends where the blocks do."""
    headings: list[Heading] = []
    text_end = _offset(page, last)
    ends = [text_end] * (_LEVELS + 1)  # by level: where a heading of that level, coming before, ends
    for index in range(last - 1, first - 1, -1):
        block = page.blocks[index]
        if is_structural(block):
            headings.append(Heading(index, block, text_end, ends[block.level]))
            text_end = block.start
            ends[block.level :] = [block.start] * (_LEVELS + 1 - block.level)
    return tuple(reversed(headings))


def _offset(page: Page, index: int) -> int:
    """Return where the block with this index begins, or the end of the document."""
    return page.blocks[index].start if index < len(page.blocks) else len(page.source)


def _texts(page: Page, first: int, last: int) -> int:
    """Return how many of the blocks hold text."""
    return sum(map(has_content, page.blocks[first:last]))
