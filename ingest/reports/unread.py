"""What asks in a document and was not read, how much of it was, and what its author can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.readings.choice import Chosen
from faqkb.ingest.readings.orders import Stretch, is_left_out
from faqkb.ingest.readings.tree import Section
from faqkb.ingest.reports.report import Coverage, Warned
from faqkb.ingest.reports.skipped import Covers, headings_used, is_unanswered
from faqkb.ingest.styles.fillers import has_content, is_toc
from faqkb.ingest.styles.words import ends_as_question, is_aside, is_closing_title, is_faq_title, is_toc_title

_LINE_CHARS = 200  # a longer line that ends in a question mark is prose
_TEXTS = {Kind.PARAGRAPH, Kind.HTML}
_WAY_OUT = "or <!-- faq: skip --> before and <!-- faq: end --> after what is no question"


@dataclass(slots=True)
class _Asking:
    """Texts of one kind that ask, in one section, and were not read."""

    reading: str
    """The order that would read them."""
    what: str
    found: list[tuple[int, str]] = field(default_factory=list)
    """1-based line and text of each."""

    def warning(self, title: str) -> Warned:
        """Return one sentence for all of them."""
        line, first = self.found[0]
        several = (
            f"{len(self.found)} {self.what}s that ask are" if len(self.found) > 1 else f"a {self.what} that asks is"
        )
        where = f"under “{excerpt(title)}”" if title else "at the top of the file"
        return Warned(
            line, f"{several} not read: {excerpt(first)}; write <!-- faq: {self.reading} --> {where}, {_WAY_OUT}"
        )


@dataclass(slots=True)
class Unread:
    """Goes over a document once, and tells what of it was read."""

    root: Section
    chosen: Sequence[Chosen]
    stretches: Sequence[Stretch]
    headings: int = 0
    headings_read: int = 0
    text: int = 0
    text_read: int = 0
    asking: dict[tuple[Section | None, str], _Asking] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look at every block."""
        page = self.root.region.page
        used = headings_used(self.chosen)
        covers = Covers.of(self.chosen)
        for section in self.root.walk():
            if section.block is not None and not is_left_out(section.block.start, self.stretches):
                read = covers.holds(section.block) or section.block.start in used
                counts = read or not is_aside(section.title)
                self.headings += counts
                self.headings_read += read
                if not read:
                    self._heading(section)
            for _, block in section.region.blocks():
                self._block(page, section, block, read=covers.holds(block))

    def _heading(self, section: Section) -> None:
        title = section.title
        closing = is_aside(title) or is_faq_title(title)
        if ends_as_question(title) and not closing and not is_unanswered(section):
            key = (section.parent, "heading")
            order = f"read=headings level={section.level}"
            asking = self.asking.setdefault(key, _Asking(order, "heading"))
            asking.found.append((section.block.line if section.block else 1, title))

    def _block(self, page: Page, section: Section, block: Block, *, read: bool) -> None:
        if is_left_out(block.start, self.stretches):
            return
        if has_content(block):
            size = block.end - block.start
            self.text += size
            self.text_read += size * read
        if read or is_toc(block) or is_closing_title(section.title) or is_toc_title(section.title):
            return
        for line, text in _asking_lines(page, block):
            key = (section, _reading_of(block))
            asking = self.asking.setdefault(key, _Asking(f"read={_reading_of(block)}", "line"))
            asking.found.append((line, text))

    def coverage(self) -> Coverage:
        """Return how much of the document became records."""
        asking = sum(len(one.found) for one in self.asking.values())
        share = self.text_read / self.text if self.text else 1.0
        return Coverage(self.headings, self.headings_read, asking, round(share, 3))

    def warnings(self) -> Iterator[Warned]:
        """Yield one for all texts of a kind that ask in a section and were not read."""
        for (section, _), asking in self.asking.items():
            yield asking.warning(section.title if section is not None else "")


def _asking_lines(page: Page, block: Block) -> Iterator[tuple[int, str]]:
    if block.kind in {Kind.SUMMARY, Kind.TERM} and ends_as_question(block.text):
        yield block.line, block.text
    elif block.kind is Kind.TABLE:
        for number, row in enumerate(block.rows):
            if ends_as_question(row[0] if row else ""):
                yield block.line + number + (number > 0), row[0]
    elif block.kind in _TEXTS:
        for line in page.text_lines(block):
            if ends_as_question(line.text) and len(line.text) <= _LINE_CHARS:
                yield line.number, line.text


def _reading_of(block: Block) -> str:
    if block.kind is Kind.SUMMARY:
        return "details"
    if block.kind is Kind.TERM:
        return "definitions"
    if block.kind is Kind.TABLE:
        return "table"
    if block.inline.bold:
        return "bold"
    return "items" if block.starts_item else "questions"
