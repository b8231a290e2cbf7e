"""A document as a flat list of blocks, each with its place in the source."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from faqkb.ingest.page.containers import Container, Wrap
from faqkb.ingest.page.front_matter import NO_FRONT_MATTER, FrontMatter
from faqkb.ingest.page.inline import NOTHING, Inline
from faqkb.ingest.page.markdown import References


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    CODE = "code"
    TABLE = "table"
    RULE = "rule"
    HTML = "html"
    COMMENT = "comment"
    SUMMARY = "summary"
    """The title of a part to fold."""
    DETAILS = "details"
    """Opens a part to fold, however that is written: `<details>`, `<Accordion title>`, `::: details`, `???`."""
    DETAILS_END = "details end"
    TERM = "term"
    """What a definition list defines."""
    FRONT_MATTER = "front matter"
    FOOTNOTE = "footnote"
    """The text of a footnote; `source` is its label."""
    EMPTY = "empty"
    """A quote or list item with nothing in it."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block that holds no other blocks, or a fragment of an HTML block."""

    kind: Kind
    start: int
    """Offset of its first line (of its first character for a fragment) in the source."""
    end: int
    """Offset after its last character, the line end left out."""
    line: int
    """1-based."""
    source: str = ""
    """Its text as written, without the prefix of quotes and lists around it; the info string of a fence."""
    inline: Inline = NOTHING
    level: int = 0
    """Of a heading, 1 to 6."""
    within: tuple[Container, ...] = ()
    """The containers around it, outermost first."""
    in_answer: bool = False
    """Of a heading: it stands inside an answer that folds, and divides nothing."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Cells of a table as written, the header first."""

    @property
    def text(self) -> str:
        """Plain text, empty for blocks without any."""
        return self.inline.text

    @property
    def in_quote(self) -> bool:
        """Whether it stands in a quote."""
        return any(container.wrap is Wrap.QUOTE for container in self.within)

    @property
    def starts_item(self) -> bool:
        """Whether it is the first block of a list item."""
        return bool(self.within) and self.within[-1].wrap is Wrap.ITEM and self.within[-1].first == self.line - 1


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of a paragraph."""

    text: str
    """As written, without container prefix."""
    start: int
    """Offset of its first character in the source."""
    number: int
    """1-based."""


@dataclass(frozen=True, slots=True)
class OwnLabels:
    """Letters in lower case that a document uses before its questions and answers, beside those known to all."""

    questions: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    """Those that stand with a number and without a stop: `Q12 How?`."""


NO_LABELS = OwnLabels()


@dataclass(frozen=True, slots=True)
class Page:
    """A document, read into blocks."""

    path: str
    source: str
    line_starts: tuple[int, ...]
    """Offset of each line, and the length of the source at the end."""
    blocks: tuple[Block, ...]
    """In the order of the source; their starts ascend."""
    references: References
    front: FrontMatter = NO_FRONT_MATTER
    dialect: str = ""
    """Another markup that its headings are written in, e.g. `AsciiDoc`."""
    footnotes: dict[str, str] = field(default_factory=dict)
    """Markdown of each footnote's definition by its label."""
    own: OwnLabels = NO_LABELS
    lines_read: dict[int, tuple[TextLine, ...]] = field(default_factory=dict, repr=False, compare=False)
    """Lines of the blocks asked about so far, by the block's start."""

    def line_at(self, offset: int) -> int:
        """Return the 1-based line that holds the offset."""
        return bisect_right(self.line_starts, offset, hi=len(self.line_starts) - 1)

    def blocks_between(self, start: int, end: int) -> list[Block]:
        """Return the blocks that lie, wholly or in part, between two offsets."""
        first = bisect_right(self.blocks, start, key=lambda block: block.end)
        last = bisect_left(self.blocks, end, key=lambda block: block.start)
        return list(self.blocks[first:last])

    def line_text(self, number: int) -> str:
        """Return the line with this 0-based number, without its line end."""
        return self.source[self.line_starts[number] : self.line_starts[number + 1]].removesuffix("\n")

    def text_lines(self, block: Block, start: int = 0, end: int | None = None) -> Sequence[TextLine]:
        """Return the lines of a paragraph or HTML block that begin between two offsets."""
        lines = self.lines_read.get(block.start)
        if lines is None:
            lines = self.lines_read[block.start] = tuple(self._lines_of(block))
        first = bisect_left(lines, start, key=lambda line: line.start)
        last = len(lines) if end is None else bisect_left(lines, end, key=lambda line: line.start)
        return lines[first:last]

    def _lines_of(self, block: Block) -> Iterator[TextLine]:
        for number, text in enumerate(block.source.split("\n"), block.line - 1):
            whole = self.line_text(number).rstrip()
            # A paragraph goes on to the end of its lines; a fragment of an HTML block begins and ends anywhere.
            column = len(whole) - len(text.strip()) if block.kind is Kind.PARAGRAPH else whole.find(text.strip())
            yield TextLine(text.strip(), max(self.line_starts[number] + column, block.start), number + 1)
