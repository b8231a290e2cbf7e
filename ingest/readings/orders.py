"""What an author orders: `<!-- faq: read=headings level=4 -->` fixes the reading of a section or of a document."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from faqkb.ingest.readings.tree import Section
from faqkb.ingest.styles.spans import Span

_NONE = "none"


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
        return self.style == _NONE


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
    own: dict[Section, Order] = {}
    for section, one in _homes(root, placed):
        own[section] = one.order
    found: dict[Section, Order] = {}
    for section in root.walk():
        around = found[section.parent] if section.parent is not None else whole
        order = own.get(section, around)
        if order.style:
            found[section] = order
        else:
            found[section] = around
    return found


def _homes(root: Section, placed: Sequence[Placed]) -> Iterator[tuple[Section, Placed]]:
    sections = list(root.walk())
    starts = [section.region.start for section in sections]
    for one in placed:
        yield sections[max(bisect_right(starts, one.offset) - 1, 0)], one


def without(spans: Sequence[Span], stretches: Sequence[Stretch]) -> list[Span | None]:
    """Return the spans, None for one that begins in a stretch; an answer ends where a stretch begins in it."""
    starts = [stretch.start for stretch in stretches]
    kept: list[Span | None] = []
    for span in spans:
        before = bisect_right(starts, span.start) - 1
        if before >= 0 and span.start < stretches[before].end:
            kept.append(None)
            continue
        after = bisect_left(starts, span.answer_start)
        inside = after < len(starts) and starts[after] < span.answer_end
        kept.append(replace(span, answer_end=starts[after]) if inside else span)
    return kept
