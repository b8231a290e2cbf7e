"""Styles whose questions are paragraphs, list items, quotes, terms or titles of parts to fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from faqkb.ingest.page.containers import Wrap
from faqkb.ingest.page.inline import bold_end, inline_of
from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.styles.answers import answer_between
from faqkb.ingest.styles.fillers import is_filler, is_toc
from faqkb.ingest.styles.labels import read_answer_label
from faqkb.ingest.styles.regions import Region
from faqkb.ingest.styles.spans import Span, anchor_at, name_of, numbering_of, up_to_next
from faqkb.ingest.styles.words import ends_as_question, is_question

COLONS = (":", "：")
_LEAD_CHARS = 200  # a longer paragraph is prose, even when it ends in a question mark
_QUOTE_LINES = 2


@dataclass(frozen=True, slots=True)
class Lead:
    """Text that may be a question, and where what follows begins."""

    index: int
    """Of its block."""
    text: str
    start: int
    end: int
    fold: bool = False


def outer_folds(region: Region) -> tuple[Span, ...]:
    """Return the titles of the parts to fold that are not inside another one."""
    return _folds(region, outer=True)


def inner_folds(region: Region) -> tuple[Span, ...]:
    """Return the titles of the parts to fold that hold no other one."""
    found = _folds(region, outer=False)
    return () if found == _folds(region, outer=True) else found


def _folds(region: Region, *, outer: bool) -> tuple[Span, ...]:
    leads: list[Lead] = []
    ends: list[int] = []
    holders: set[int] = set()
    open_leads: list[int] = []
    previous = Kind.EMPTY
    unclosed = _are_unclosed(region)
    for i, block in region.blocks():
        if block.kind is Kind.DETAILS and previous is not Kind.DETAILS:  # a second one in a row was never closed
            open_leads = [] if unclosed else open_leads
            open_leads.append(-1)
        elif block.kind is Kind.SUMMARY:
            lead = _fold_lead(region, i, block)
            if open_leads and open_leads[-1] >= 0:
                ends.append(lead.start)  # its end was forgotten, unless it holds this one
            holders.update(position for position in open_leads[:-1] if position >= 0)
            if block.text and not (outer and any(position >= 0 for position in open_leads[:-1])):
                leads.append(lead)
                if open_leads:
                    open_leads[-1] = len(leads) - 1
        elif block.kind is Kind.DETAILS_END:
            if open_leads:
                open_leads.pop()
            if not outer or not open_leads:
                ends.append(block.start)
        previous = block.kind
    kept = [lead for position, lead in enumerate(leads) if outer or position not in holders]
    return spans_of(region, kept, ends)


def _are_unclosed(region: Region) -> bool:
    """Whether the ends of parts to fold were forgotten, so that none is inside another one."""
    kinds = [block.kind for _, block in region.blocks()]
    opened, closed = kinds.count(Kind.SUMMARY), kinds.count(Kind.DETAILS_END)
    return opened > 1 and closed * 2 <= opened


def _fold_lead(region: Region, index: int, block: Block) -> Lead:
    before = region.page.blocks[index - 1] if index > region.first else block
    begin = before if before.kind is Kind.DETAILS else block
    return Lead(index, block.text, begin.start, block.end, fold=True)


def unfolded(page: Page, span: Span) -> Span:
    """Return the question; where all of its answer folds under the same words, the answer is what is inside."""
    inside = [block for block in page.blocks_between(span.answer_start, span.answer_end) if not is_filler(block)]
    kinds = [block.kind for block in inside[:2]]
    if kinds != [Kind.DETAILS, Kind.SUMMARY] or sum(block.kind is Kind.SUMMARY for block in inside) > 1:
        return span
    same = _letters(inside[1].text) == _letters(span.name.question) or read_answer_label(inside[1].text) is not None
    return replace(span, answer_start=inside[1].end, fold=True) if same else span


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def bold_lines(region: Region) -> tuple[Span, ...]:
    """Return the bold beginnings of paragraphs that stand on a line of their own or end as a question."""
    return spans_of(region, _bold_leads(region), ())


def quotes(region: Region) -> tuple[Span, ...]:
    """Return the quotes of one paragraph; the text below each one answers."""
    leads = []
    for i, block in region.blocks():
        alone = block.kind is Kind.PARAGRAPH and len({c.wrap for c in block.within}) == 1
        quoted = alone and block.within[0].wrap is Wrap.QUOTE
        short = quoted and block.within[0].last - block.within[0].first <= _QUOTE_LINES
        if short and block.text and not block.text.startswith("[!"):
            leads.append(Lead(i, block.text, block.start, block.end))
    return spans_of(region, leads, ())


def items(region: Region) -> tuple[Span, ...]:
    """Return the items of the outermost lists whose first paragraph is a question and whose rest answers it."""
    leads, ends = [], []
    for i, block in item_openers(region):
        ends.append(item_end(region, block))
        lead = _item_lead(region, i, block)
        if lead.text and not is_toc(block) and _rest_of_item(region, lead):
            leads.append(lead)
    return spans_of(region, leads, ends)


def plain_questions(region: Region) -> tuple[Span, ...]:
    """Return the short paragraphs or first lines that end in a question mark."""
    leads = []
    for i, block in region.blocks():
        top = not block.within or (block.starts_item and len(block.within) == 1)
        if block.kind is Kind.PARAGRAPH and top and not is_toc(block):
            line = region.page.text_lines(block)[0]
            text = inline_of(line.text, region.page.references).text if "\n" in block.source else block.text
            if ends_as_question(text) and len(text) <= _LEAD_CHARS:
                leads.append(Lead(i, text, block.start, line.start + len(line.text)))
    return spans_of(region, leads, ())


def definitions(region: Region) -> tuple[Span, ...]:
    """Return the terms of definition lists."""
    leads = [Lead(i, block.text, block.start, block.end) for i, block in region.blocks() if block.kind is Kind.TERM]
    return spans_of(region, leads, ())


def spans_of(region: Region, leads: Sequence[Lead], ends: Sequence[int]) -> tuple[Span, ...]:
    """Return the leads as questions, each answered up to the next one, to the next of `ends` or to the region's end."""
    if not leads:
        return ()
    page = region.page
    numbered = numbering_of([lead.text for lead in leads])
    spans = [
        Span(
            name_of(lead.text, page.own, numbered),
            anchor_at(page, lead.index),
            page.blocks[lead.index].line,
            lead.start,
            lead.end,
            lead.end,
            fold=lead.fold,
        )
        for lead in leads
    ]
    return up_to_next(spans, ends, region.end)


def bold_lead(region: Region, index: int, block: Block) -> Lead:
    """Return the bold part that a paragraph starts with."""
    line = region.page.text_lines(block)[0]
    end = line.start + bold_end(block.source, region.page.references)
    return Lead(index, block.inline.bold, block.start, end)


def item_openers(region: Region) -> Iterator[tuple[int, Block]]:
    """Yield (index, first block) of each item of the outermost lists."""
    for i, block in region.blocks():
        outermost = sum(container.wrap is not Wrap.CALLOUT for container in block.within) == 1
        if block.starts_item and outermost and block.kind in {Kind.PARAGRAPH, Kind.HEADING}:
            yield i, block


def item_end(region: Region, block: Block) -> int:
    """Return the offset after the list item that the block opens."""
    return region.page.line_starts[block.within[-1].last]


def _bold_leads(region: Region) -> list[Lead]:
    leads = []
    for i, block in region.blocks():
        if block.kind is Kind.PARAGRAPH and _has_bold_lead(block) and not block.in_quote and not is_toc(block):
            lead = bold_lead(region, i, block)
            if not (block.starts_item and _rest_of_item(region, lead)):
                leads.append(lead)
    return leads


def _has_bold_lead(block: Block) -> bool:
    bold = block.inline.bold
    return bool(bold) and not bold.endswith(COLONS) and (block.inline.bold_alone or ends_as_question(bold))


def _rest_of_item(region: Region, lead: Lead) -> bool:
    """Whether the list item that a lead opens goes on after it."""
    return bool(answer_between(region.page, lead.end, item_end(region, region.page.blocks[lead.index])))


def _item_lead(region: Region, index: int, block: Block) -> Lead:
    """Return the question of an item: its first paragraph, or that one's bold part or first line when it asks."""
    if _has_bold_lead(block):
        return bold_lead(region, index, block)
    line = region.page.text_lines(block)[0]
    if block.kind is Kind.PARAGRAPH and "\n" in block.source:
        first = inline_of(line.text, region.page.references).text
        if is_question(first):
            return Lead(index, first, block.start, line.start + len(line.text))
    return Lead(index, block.text, block.start, block.end)
