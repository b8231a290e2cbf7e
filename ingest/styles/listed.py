"""Styles whose questions are paragraphs, list items, quotes, summaries or table rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faqkb.ingest.page.containers import Wrap
from faqkb.ingest.page.inline import bold_end, inline_of
from faqkb.ingest.page.model import Block, Kind
from faqkb.ingest.styles.answers import answer_between
from faqkb.ingest.styles.fillers import is_toc
from faqkb.ingest.styles.labels import read_label
from faqkb.ingest.styles.scopes import Scope, Trust
from faqkb.ingest.styles.spans import Span, anchor_at, are_numbered, name_of, up_to_next
from faqkb.ingest.styles.words import (
    ends_as_question,
    is_answer_column,
    is_plain_question,
    is_question,
    is_question_column,
)

_COLONS = (":", "：")
_DISTINCT_SHARE = 0.8  # bold leads that repeat (`Cause`, `Solution`) are headings inside answers, not questions
_NESTED_SHARE = 0.6  # of the items of the lists in a FAQ that hold more than one paragraph: its questions are items
_ASKING_SHARE_OPEN = 0.8  # of lists, quotes and bold lines in a document that does not say it is a FAQ
_PLAIN_QUESTION_CHARS = 150  # a longer paragraph that ends in a question mark is prose


@dataclass(frozen=True, slots=True)
class _Lead:
    """Text that may be a question, and where what follows begins."""

    index: int
    """Of its block."""
    text: str
    start: int
    end: int


def summaries(scope: Scope) -> tuple[Span, ...]:
    """Return the `<summary>` of each `<details>` that is not inside another one."""
    leads, ends = [], []
    depth = 0
    for i, block in scope.blocks():
        depth += (block.kind is Kind.DETAILS) - (block.kind is Kind.DETAILS_END and depth > 0)
        if block.kind is Kind.SUMMARY and depth <= 1:
            begin = scope.page.blocks[i - 1] if i and scope.page.blocks[i - 1].kind is Kind.DETAILS else block
            leads.append(_Lead(i, block.text, begin.start, block.end))
        elif (block.kind is Kind.DETAILS_END and depth == 0) or (block.kind is Kind.HEADING and not depth):
            ends.append(block.start)
    return _if_asked(scope, leads, ends)


def bold_questions(scope: Scope) -> tuple[Span, ...]:
    """Return the bold lines that ask, where most bold lines do."""
    leads = _bold_leads(scope)
    numbered = are_numbered([lead.text for lead in leads])
    asking = [lead for lead in leads if is_question(lead.text) or numbered]
    if len(asking) < 2 or len(asking) * 2 < len(leads):
        return ()
    return _if_asked(scope, asking, _heading_starts(scope))


def bold_statements(scope: Scope) -> tuple[Span, ...]:
    """Return, in an announced FAQ, all bold lines that stand alone."""
    leads = [lead for lead in _bold_leads(scope) if scope.announced]
    if len(leads) < 2 or len({lead.text for lead in leads}) < _DISTINCT_SHARE * len(leads):
        return ()
    return _spans(scope, leads, _heading_starts(scope))


def quoted_questions(scope: Scope) -> tuple[Span, ...]:
    """Return the one-paragraph quotes that ask; the text below each one answers."""
    leads = []
    for i, block in scope.blocks():
        alone = block.kind is Kind.PARAGRAPH and len({c.wrap for c in block.within}) == 1
        if alone and block.within[0].wrap is Wrap.QUOTE and block.within[0].last - block.within[0].first <= 2:
            leads.append(_Lead(i, block.text, block.start, block.end))
    asking = [lead for lead in leads if ends_as_question(lead.text)]
    if len(asking) < 2 or len(asking) < _ASKING_SHARE_OPEN * len(leads):
        return ()
    return _if_asked(scope, asking, _heading_starts(scope))


def item_questions(scope: Scope) -> tuple[Span, ...]:
    """Return the items of top-level lists whose first paragraph is a question and whose rest answers it."""
    leads, rest = [], 0
    ends = _heading_starts(scope)
    for i, block in _item_openers(scope):
        ends.append(scope.page.line_starts[block.within[0].last])
        lead = _item_lead(scope, i, block)
        if lead.text and _rest_of_item(scope, lead):
            leads.append(lead)
        elif not is_toc(block):
            rest += 1
    if len(leads) < 2 or len(leads) < _NESTED_SHARE * (len(leads) + rest):
        return ()
    return _if_asked(scope, leads, ends) if not scope.announced else _spans(scope, leads, ends)


def plain_questions(scope: Scope) -> tuple[Span, ...]:
    """Return, in an announced FAQ, the short paragraphs or first lines that end in a question mark."""
    leads = []
    for i, block in scope.blocks():
        top = not block.within or (block.starts_item and len(block.within) == 1)
        if scope.announced and block.kind is Kind.PARAGRAPH and top and not is_toc(block):
            line = scope.page.text_lines(block)[0]
            text = inline_of(line.text, scope.page.references).text if "\n" in block.source else block.text
            if ends_as_question(text) and len(text) <= _PLAIN_QUESTION_CHARS:
                leads.append(_Lead(i, text, block.start, line.start + len(line.text)))
    return _spans(scope, leads, _heading_starts(scope)) if len(leads) >= 2 else ()


def definitions(scope: Scope) -> tuple[Span, ...]:
    """Return the terms of definition lists that ask, or all of an announced FAQ."""
    leads = [_Lead(i, block.text, block.start, block.end) for i, block in scope.blocks() if block.kind is Kind.TERM]
    return _if_asked(scope, leads, _heading_starts(scope))


def table_rows(scope: Scope) -> tuple[Span, ...]:
    """Return the rows of tables that have a column of questions and one of answers."""
    spans: list[Span] = []
    for _, block in scope.blocks():
        if block.kind is Kind.TABLE and scope.trust is not Trust.OUTSIDE:
            spans += _rows(scope, block)
    return tuple(spans)


def _rows(scope: Scope, table: Block) -> Iterator[Span]:
    header, *rows = ([inline_of(cell, scope.page.references).text for cell in row] for row in table.rows)
    question = next((i for i, title in enumerate(header) if is_question_column(title)), None)
    answer = next((i for i, title in enumerate(header) if is_answer_column(title)), None)
    if question is None or answer is None:
        return
    for number, row in enumerate(rows, 1):
        line = table.line + number + 1
        start = scope.page.line_starts[line - 1]
        end = start + len(scope.page.line_text(line - 1))
        yield Span(name_of(row[question]), None, line, start, end, end, answer=table.rows[number][answer])


def _bold_leads(scope: Scope) -> list[_Lead]:
    """Return the bold beginnings of paragraphs that stand on a line of their own or end as a question."""
    leads = []
    for i, block in scope.blocks():
        in_quote = any(container.wrap is Wrap.QUOTE for container in block.within)
        if block.kind is Kind.PARAGRAPH and _has_bold_lead(block) and not in_quote and not is_toc(block):
            lead = _bold_lead(scope, i, block)
            if not (block.starts_item and _rest_of_item(scope, lead)):
                leads.append(lead)
    return leads


def _has_bold_lead(block: Block) -> bool:
    bold = block.inline.bold
    return bool(bold) and not bold.endswith(_COLONS) and (block.inline.bold_alone or ends_as_question(bold))


def _bold_lead(scope: Scope, index: int, block: Block) -> _Lead:
    line = scope.page.text_lines(block)[0]
    end = line.start + bold_end(block.source, scope.page.references)
    return _Lead(index, block.inline.bold, block.start, end)


def _rest_of_item(scope: Scope, lead: _Lead) -> bool:
    """Whether the list item that a lead opens goes on after it."""
    last = scope.page.line_starts[scope.page.blocks[lead.index].within[-1].last]
    return bool(answer_between(scope.page, lead.end, last))


def _item_openers(scope: Scope) -> Iterator[tuple[int, Block]]:
    """Yield the first block of each item of the outermost lists."""
    for i, block in scope.blocks():
        if block.starts_item and len(block.within) == 1 and block.kind in {Kind.PARAGRAPH, Kind.HEADING}:
            yield i, block


def _item_lead(scope: Scope, index: int, block: Block) -> _Lead:
    """Return the question of an item: its first paragraph, or that one's bold part or first line when it asks."""
    if _has_bold_lead(block):
        return _bold_lead(scope, index, block)
    line = scope.page.text_lines(block)[0]
    if block.kind is Kind.PARAGRAPH and "\n" in block.source:
        first = inline_of(line.text, scope.page.references).text
        if ends_as_question(first):
            return _Lead(index, first, block.start, line.start + len(line.text))
    return _Lead(index, block.text, block.start, block.end)


def _heading_starts(scope: Scope) -> list[int]:
    return [heading.block.start for heading in scope.headings if not heading.block.within]


def _if_asked(scope: Scope, leads: Sequence[_Lead], ends: Sequence[int]) -> tuple[Span, ...]:
    """Return the spans when the scope is announced and one of them asks, or when nearly all of several ask."""
    asks = is_question if scope.announced else is_plain_question
    asking = sum(asks(lead.text) or read_label(lead.text) is not None for lead in leads)
    enough = asking >= 1 if scope.announced else asking >= max(2, _ASKING_SHARE_OPEN * len(leads))
    return _spans(scope, leads, ends) if enough and scope.trust is not Trust.OUTSIDE else ()


def _spans(scope: Scope, leads: Sequence[_Lead], ends: Sequence[int]) -> tuple[Span, ...]:
    page = scope.page
    numbered = are_numbered([lead.text for lead in leads])
    spans = [
        Span(
            name_of(lead.text, numbered=numbered),
            anchor_at(page, lead.index),
            page.blocks[lead.index].line,
            lead.start,
            lead.end,
            lead.end,
        )
        for lead in leads
    ]
    return up_to_next(spans, ends, scope.end)
