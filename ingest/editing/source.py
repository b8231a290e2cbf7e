"""The text of a file as it can be edited: its own line ends and encoding stay."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from faqkb.ingest.document import Reading, parse_document, read_document
from faqkb.ingest.page.encodings import decode
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.text import readable
from faqkb.ingest.readings.orders import FREE, Order
from faqkb.kb.errors import ContentError
from faqkb.kb.records import Record

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")  # as `readable` counts them; no alternative begins as another
_AS_LINES = ("utf-8", "utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Markdown file that is read, and how."""

    name: str
    """Relative to the PATH it was found under: its records' ids begin so."""
    text: str
    encoding: str
    by_hand: bool = False
    order: Order = FREE

    @classmethod
    def read(cls, content: bytes, name: str, *, by_hand: bool, order: Order = FREE) -> SourceFile:
        """Return the file of some bytes. Raises ContentError where they are no text that a patch can change."""
        decoded = decode(content, name)
        if decoded.encoding not in _AS_LINES:
            raise ContentError(f"{name}: is {decoded.encoding}, which no patch can change; save it as UTF-8")
        return cls(name, decoded.text, decoded.encoding, by_hand, order)

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        return self.text.encode(self.encoding)

    @property
    def lines(self) -> list[str]:
        """The lines with their ends."""
        return _LINES.findall(self.text)

    @property
    def line_end(self) -> str:
        r"""What most lines end with: `\n`, `\r\n`, `\r`."""
        ends = Counter(line[len(line.rstrip("\r\n")) :] for line in self.lines)
        del ends[""]
        return ends.most_common(1)[0][0] if ends else "\n"

    def with_lines(self, lines: list[str]) -> SourceFile:
        """Return the file with other lines."""
        return replace(self, text="".join(lines))

    def reading(self) -> Reading:
        """Return how the file is read. Raises ContentError."""
        source, _ = readable(self.text)
        return read_document(source, Budget(self.name, len(source)), by_hand=self.by_hand, order=self.order)

    def records(self) -> tuple[Record, ...]:
        """Return the file's records. Raises ContentError."""
        return parse_document(self.text, self.name, by_hand=self.by_hand, order=self.order).records
