"""A run of blocks without headings in it: what the styles look for questions in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from faqkb.ingest.page.model import Block, Page


@dataclass(frozen=True, slots=True)
class Region:
    """What stands under one heading, up to the next one."""

    page: Page
    first: int
    """Index of its first block."""
    last: int
    """Index after its last block."""

    @property
    def start(self) -> int:
        """Offset of its first block, else of its end."""
        return offset_of(self.page, self.first)

    @property
    def end(self) -> int:
        """Offset after it."""
        return offset_of(self.page, self.last)

    def blocks(self) -> Iterator[tuple[int, Block]]:
        """Yield (index, block)."""
        return ((i, self.page.blocks[i]) for i in range(self.first, self.last))


def offset_of(page: Page, index: int) -> int:
    """Return where the block with this index begins, or the end of the document."""
    return page.blocks[index].start if index < len(page.blocks) else len(page.source)
