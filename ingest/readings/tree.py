"""A document as a tree of sections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.styles.fillers import has_content
from faqkb.ingest.styles.labels import read_answer_label, read_label
from faqkb.ingest.styles.regions import Region
from faqkb.ingest.styles.words import ends_as_question, is_faq_title

_ENOUGH_TO_DIVIDE = 2  # headings in a part to fold that make its title a title of a section


@dataclass(slots=True, eq=False)
class Section:
    """A heading and what it stands over; the root is the document."""

    region: Region
    """What stands under it, up to the next heading."""
    block: Block | None = None
    """Its heading; None for the root."""
    index: int = -1
    """Of the heading's block."""
    last: int = 0
    """Index of the block after all that it stands over."""
    parent: Section | None = None
    children: list[Section] = field(default_factory=list)
    announced: bool = False
    """A title above it, or the document's, says that this is a FAQ."""

    @property
    def title(self) -> str:
        """The heading's text, empty for the root."""
        return self.block.text if self.block else ""

    @property
    def level(self) -> int:
        """Of the heading, 0 for the root."""
        return self.block.level if self.block else 0

    @property
    def is_faq(self) -> bool:
        """Whether its title, or one above it, says that what stands in it is a FAQ."""
        return self.announced or is_faq_title(self.title)

    def above(self) -> Iterator[Section]:
        """Yield the sections around it, from the inside."""
        section = self.parent
        while section is not None:
            yield section
            section = section.parent

    def walk(self) -> Iterator[Section]:
        """Yield the section and all below it, in the order of the document."""
        waiting = [self]
        while waiting:
            section = waiting.pop()
            yield section
            waiting.extend(reversed(section.children))


def is_structural(block: Block) -> bool:
    """Whether a heading divides the document: one in a quote, late in a list item or labelled an answer does not."""
    if block.kind is not Kind.HEADING or block.in_answer or (block.within and not block.starts_item):
        return False
    return not read_answer_label(block.text)


def with_folds_as_sections(page: Page) -> Page:
    """Return the page with the headings inside parts to fold settled: parts of an answer, or of a section.

    A title that asks is a question, and the headings below it belong to its answer. Another one over several headings
    is the title of a section, and becomes a heading above them.
    """
    blocks = list(page.blocks)
    open_folds: list[int] = []
    for i, block in enumerate(page.blocks):
        if block.kind is Kind.DETAILS:
            open_folds.append(-1)
        elif block.kind is Kind.SUMMARY and open_folds:
            open_folds[-1] = i
        elif block.kind is Kind.DETAILS_END and open_folds:
            _settle(blocks, open_folds.pop(), i)
    return replace(page, blocks=tuple(blocks))


def _settle(blocks: list[Block], summary: int, end: int) -> None:
    """Settle the headings between a title and the end of its part."""
    if summary < 0 or not blocks[summary].text:
        return
    title = blocks[summary]
    inside = [i for i in range(summary + 1, end) if is_structural(blocks[i])]
    if not inside:
        return
    asks = ends_as_question(title.text) or read_label(title.text) is not None
    level = min(blocks[i].level for i in inside)
    divides = len(inside) >= _ENOUGH_TO_DIVIDE or any(ends_as_question(blocks[i].text) for i in inside)
    if not asks and divides and level > 1:
        blocks[summary] = replace(title, kind=Kind.HEADING, level=min(title.level or level - 1, level - 1))
        return
    for i in inside:
        blocks[i] = replace(blocks[i], in_answer=True)


def tree_of(page: Page, *, titled: bool) -> Section:
    """Return the sections of a document; `titled` says that its title, outside the text, announces a FAQ."""
    whole = len(page.blocks)
    heads = [i for i, block in enumerate(page.blocks) if is_structural(block)]
    root = Section(Region(page, 0, heads[0] if heads else whole), last=whole, announced=titled)
    here = root
    for i, after in zip(heads, [*heads[1:], whole], strict=False):
        block = page.blocks[i]
        while here.level >= block.level and here.parent is not None:
            here.last = i
            here = here.parent
        here = Section(Region(page, i + 1, after), block, i, whole, here)
        if here.parent is not None:
            here.parent.children.append(here)
    _announce(root)
    return root


def _announce(root: Section) -> None:
    for section in root.walk():
        inside = section.is_faq
        beside = False
        for position, child in enumerate(section.children):
            child.announced = inside or beside
            beside = beside or (position == 0 and _titles_the_rest(child))


def _titles_the_rest(section: Section) -> bool:
    """Whether a title was written at the level of its questions: it says FAQ, first of all or over an introduction."""
    if not is_faq_title(section.title):
        return False
    if section.parent is not None and section.parent.block is None:
        return True
    return not section.children and sum(has_content(block) for _, block in section.region.blocks()) <= 1
