"""A file as the rules see it: its text, how it is read, and where its links lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faqkb.ingest.answers.parser import ReadAnswer, read_answer
from faqkb.ingest.document import Reading, parse_document, read_document
from faqkb.ingest.files import File
from faqkb.ingest.page.containers import unwrap_line
from faqkb.ingest.page.encodings import decode
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.page.text import readable
from faqkb.ingest.readings.choice import Chosen
from faqkb.ingest.readings.metadata import is_metadata, read_metadata
from faqkb.ingest.readings.orders import Order
from faqkb.ingest.reports.report import FileReport
from faqkb.kb.records import Record


@dataclass(frozen=True, slots=True)
class Linted:
    """One file, read."""

    file: File
    content: bytes
    """As it was read: `--fix` changes nothing else."""
    reading: Reading
    records: Sequence[Record]
    report: FileReport
    whole: ReadAnswer
    """All of it read as one answer: where its links and pictures name their addresses."""

    @property
    def name(self) -> str:
        """Path that findings name: from the folder we are in, so that editors and code hosts find it."""
        return shown_path(self.file.path)

    @property
    def page(self) -> Page:
        """The document as blocks."""
        return self.reading.page

    @property
    def chosen(self) -> Sequence[Chosen]:
        """Its questions, in order."""
        return self.reading.chosen

    @property
    def link_base(self) -> bool:
        """Whether the file says that its relative links lead elsewhere."""
        comments = (block for block in self.page.blocks if block.kind is Kind.COMMENT and is_metadata(block.text))
        return any(read_metadata(block.text).link_base for block in comments)


def read_file(file: File, order: Order) -> Linted:
    """Return a file, read. Raises ContentError where its bytes are no text or it costs too much, and OSError."""
    content = file.content()
    text = decode(content, file.name).text
    source, _ = readable(text)
    reading = read_document(source, Budget(file.name, len(source)), by_hand=file.by_hand, order=order)
    document = parse_document(text, file.name, by_hand=file.by_hand, order=order)
    budget = Budget(file.name, len(source))
    whole = read_answer(_without_front_matter(reading.page), reading.page.references, budget)
    return Linted(file, content, reading, document.records, document.report, whole)


def shown_path(path: Path) -> str:
    """Return a path as seen from the current folder, or as it was given where it lies elsewhere."""
    here = Path.cwd()
    given = path if path.is_absolute() else here / path
    return (given.relative_to(here) if given.is_relative_to(here) else path).as_posix()


def _without_front_matter(page: Page) -> str:
    """Return the source with blanks for its front matter, so that all else stays where it is."""
    source = page.source
    for block in page.blocks[:1]:
        if block.kind is Kind.FRONT_MATTER:
            blank = "".join("\n" if char == "\n" else " " for char in source[block.start : block.end])
            source = source[: block.start] + blank + source[block.end :]
    return source


def code_of(page: Page, block: Block) -> tuple[str, str]:
    """Return (info string, code) of a fence; the info string is empty where there is none."""
    last = page.line_at(max(block.end - 1, block.start))
    lines = [unwrap_line(page.line_text(number), number, block.within) for number in range(block.line - 1, last)]
    fence = lines[0].lstrip()[:3] if lines else ""
    if fence not in {"```", "~~~"}:
        return "", ""
    indent = len(lines[0]) - len(lines[0].lstrip())
    closed = len(lines) > 1 and lines[-1].strip().startswith(fence)
    inside = lines[1:-1] if closed else lines[1:]
    return block.source.strip(), "\n".join(_outdented(line, indent) for line in inside)


def _outdented(line: str, indent: int) -> str:
    """Return a line of a fence less what the fence itself is indented by (CommonMark 4.5)."""
    space = len(line) - len(line.lstrip(" "))
    return line[min(space, indent) :]
