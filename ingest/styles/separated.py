"""A style whose question and answer stand on one line: `- **No sound**: check the volume`, `Why? - So.`, `X → Y`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from faqkb.ingest.page.containers import Wrap
from faqkb.ingest.page.inline import inline_of
from faqkb.ingest.page.model import Block, Kind
from faqkb.ingest.styles.fillers import is_toc
from faqkb.ingest.styles.listed import COLONS, Lead, bold_lead, item_end, spans_of
from faqkb.ingest.styles.regions import Region
from faqkb.ingest.styles.spans import Span

_LEAD_CHARS = 200
ARROWS = ("→", "➡️", "➡", "⇒", "=>", "->", "-->", "✅", "👉", "💡")
_DASHES = (" - ", " – ", " — ", " -- ")
_MARKS = "?？؟"
_STOPS = (".", "!", "。", "！", "…")
_SEPARATORS = " \t:：-–—>=→➡⇒✅👉💡\ufe0f"


def bold_one_liners(region: Region) -> tuple[Span, ...]:
    """Return the items and paragraphs that begin with a bold question, a mark that separates, and its answer."""
    return _found(region, _bold)


def run_in_lines(region: Region) -> tuple[Span, ...]:
    """Return those that begin with a bold sentence, which the rest of the paragraph answers."""
    return _found(region, partial(_bold, sentence=True))


def arrow_lines(region: Region) -> tuple[Span, ...]:
    """Return those whose question points at its answer."""
    return _found(region, partial(_separated, arrows=True))


def asking_lines(region: Region) -> tuple[Span, ...]:
    """Return those whose question ends in a question mark, and is answered on the same line."""
    return _found(region, partial(_separated, arrows=False))


def _found(region: Region, lead_of: Callable[[Region, int, Block], Lead | None]) -> tuple[Span, ...]:
    leads, ends = [], []
    for i, block in region.blocks():
        nested = sum(container.wrap is Wrap.ITEM for container in block.within) > 1
        if block.kind is not Kind.PARAGRAPH or block.in_quote or nested or is_toc(block):
            continue
        if block.within and not block.starts_item:
            continue
        if block.starts_item:
            ends += [block.start, item_end(region, block)]
        lead = lead_of(region, i, block)
        if lead:
            leads.append(lead)
    return spans_of(region, leads, sorted(ends))


def _bold(region: Region, index: int, block: Block, *, sentence: bool = False) -> Lead | None:
    """Return the bold part of `**No sound**: check it`, `**No sound:** check it`; of `**No sound.** Check it`."""
    if not block.inline.bold:
        return None
    lead = bold_lead(region, index, block)
    page = region.page
    rest = page.source[lead.end : block.end]
    plain = rest.lstrip(" \t")
    colon = block.inline.bold.endswith(COLONS)
    separated = plain.startswith((*COLONS, *ARROWS)) or rest.startswith(_DASHES)
    says = block.inline.bold.endswith(_STOPS) and not separated
    if not (says if sentence else colon or separated) or not plain.lstrip(_SEPARATORS).strip():
        return None
    end = lead.end + len(rest) - len(rest.lstrip(_SEPARATORS if separated else " \t\n"))
    return Lead(index, block.inline.bold.rstrip(" :："), block.start, end)


def _separated(region: Region, index: int, block: Block, *, arrows: bool) -> Lead | None:
    """Return the first part of `Why? - So.` or `No sound → check the volume`."""
    line = region.page.text_lines(block)[0]
    text = line.text[: _LEAD_CHARS + 10]
    for at in range(1, len(text)):
        asked = text[at - 1] in _MARKS and text[at].isspace() and text[at:].strip()
        arrow = text[at - 1].isspace() and text.startswith(ARROWS, at)
        if arrow if arrows else asked:
            rest = text[at:]
            dashed = rest.startswith(_DASHES) or arrow or rest.lstrip().startswith(COLONS)
            if not dashed and not block.starts_item:
                return None
            end = at + len(rest) - len(rest.lstrip(_SEPARATORS if dashed else " \t"))
            found = inline_of(text[:at].strip(), region.page.references).text
            return Lead(index, found, block.start, line.start + end) if found and end < len(text) else None
    return None
