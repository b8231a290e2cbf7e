"""What an author orders: `<!-- faq: read=headings level=4 -->` fixes the reading of a section or of a document."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from faqkb.ingest.readings.tree import Section
from faqkb.ingest.styles.spans import Span

NO_READING = "none"


@dataclass(frozen=True, slots=True)
class Order:
    """How a section is to be read, whatever its text looks like."""

    style: str = ""
    """A name of a style, `headings` or `none`; empty leaves the choice free."""
    level: int = 0
    """Of the headings that are questions, 0 for any."""

    @property
    def skips(self) -> bool:
        """Whether nothing in the section is to be read."""
        return self.style == NO_READING


FREE = Order()


@dataclass(frozen=True, slots=True)
class Placed:
    """An order and where it stands."""

    order: Order
    offset: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What stands between `skip` and `end`: nobody's question and no part of an answer."""

    start: int
    end: int


def orders_of(root: Section, placed: Sequence[Placed], whole: Order) -> Mapping[Section, Order]:
    """Return the order that holds for each section: its own, else that of the section around it, else `whole`."""
    sections = list(root.walk())
    starts = [section.region.start for section in sections]
    own = {sections[max(bisect_right(starts, one.offset) - 1, 0)]: one.order for one in placed}
    found: dict[Section, Order] = {}
    for section in sections:
        around = found[section.parent] if section.parent is not None else whole
        found[section] = own.get(section, around)
    return found


def is_left_out(offset: int, stretches: Sequence[Stretch]) -> bool:
    """Whether the offset lies in one of the stretches, which ascend."""
    before = bisect_right(stretches, offset, key=lambda stretch: stretch.start) - 1
    return before >= 0 and offset < stretches[before].end


def without(spans: Sequence[Span], stretches: Sequence[Stretch]) -> list[Span | None]:
    """Return the spans, None for one that begins in a stretch; an answer ends where a stretch begins in it."""
    starts = [stretch.start for stretch in stretches]
    kept: list[Span | None] = []
    for span in spans:
        if is_left_out(span.start, stretches):
            kept.append(None)
            continue
        after = bisect_left(starts, span.answer_start)
        inside = after < len(starts) and starts[after] < span.answer_end
        kept.append(replace(span, answer_end=starts[after]) if inside else span)
    return kept
