"""Styles that label their questions (`Q: …`, `* 问：…`), or only their answers (`答：…`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from faqkb.ingest.page.inline import inline_of
from faqkb.ingest.page.model import Kind, Page, TextLine
from faqkb.ingest.styles.answers import find_marker
from faqkb.ingest.styles.fillers import has_content, is_toc
from faqkb.ingest.styles.labels import Label, Side, read_label
from faqkb.ingest.styles.regions import Region
from faqkb.ingest.styles.spans import Name, Span, anchor_at, name_of, up_to_next

_MAX_QUESTION_LINES = 4  # of a paragraph whose answer is labelled; more is a text that happens to hold a label
_LABELLED = {Kind.PARAGRAPH, Kind.HTML}
_INLINE_CHARS = 1_000  # of a line, in which an answer's label may follow the question
_BEFORE_LABEL = " \t*_>?？.。!！\u3000"


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A line of a paragraph with a label."""

    index: int
    """Of its block."""
    line: TextLine
    label: Label


def labelled_questions(region: Region) -> tuple[Span, ...]:
    """Return the lines that carry a question label; one without a stop counts only when its answer is labelled too."""
    found = list(_labelled_lines(region, Side.QUESTION))
    bounds = [*(labelled.line.start for labelled in found[1:]), region.end] if found else []
    spans = []
    for labelled, stop in zip(found, bounds, strict=True):
        span = _question_line(region.page, labelled, stop)
        if labelled.label.sure or is_answered(region.page, span):
            spans.append(span)
    return up_to_next(spans, (), region.end)


def labelled_answers(region: Region) -> tuple[Span, ...]:
    """Return the questions that are known by the labelled answer that follows them at once."""
    answers = [found for found in _labelled_lines(region, Side.ANSWER) if found.label.sure]
    spans = [span for span in (_asked_before(region, answer) for answer in answers) if span]
    return up_to_next(spans, (), region.end) if len(spans) * 2 >= len(answers) else ()


def with_text_below(page: Page, span: Span) -> Span:
    """Return the span; where its label stands alone, the paragraph below is the question."""
    if span.name.question:
        return span
    below = next(filter(has_content, page.blocks_between(span.answer_start, span.answer_end)), None)
    if below is None or below.kind is not Kind.PARAGRAPH or find_marker(page, below.start, below.end):
        return span
    name = Name(below.text, span.name.number, labelled=True)
    return replace(span, name=name, answer_start=below.end)


def is_answered(page: Page, span: Span) -> bool:
    """Whether an answer label follows the question, or stood on its line."""
    return span.answer_start > span.start and (
        find_marker(page, span.answer_start, span.answer_end) is not None or _answered_inline(page, span)
    )


def _answered_inline(page: Page, span: Span) -> bool:
    line = page.line_text(page.line_at(span.answer_start) - 1)
    return inline_answer(line, page) is not None


def inline_answer(line: str, page: Page) -> tuple[int, Label] | None:
    """Return (position, label) of an answer label further on in a line: `Q: Why? A: So.`"""
    text = line[:_INLINE_CHARS]
    for at in range(2, len(text)):
        if text[at - 1] in _BEFORE_LABEL and not text[at].isspace() and (text[at].isalpha() or text[at] in "*_【[<"):
            label = read_label(text[at:], page.own)
            if label and label.side is Side.ANSWER and label.sure and text[at - 1] not in "*_":
                return at, label
    return None


def _labelled_lines(region: Region, side: Side) -> Iterator[_Labelled]:
    page = region.page
    for i, block in region.blocks():
        if block.kind in _LABELLED and not is_toc(block):
            for line in page.text_lines(block):
                label = read_label(line.text, page.own)
                if label and label.side is side:
                    yield _Labelled(i, line, label)


def _question_line(page: Page, labelled: _Labelled, stop: int) -> Span:
    """Return the question that begins on a labelled line: up to the answer's label, else that one line."""
    block, line = page.blocks[labelled.index], labelled.line
    begin = line.start + labelled.label.length
    inline = inline_answer(line.text[labelled.label.length :], page)
    marker = None if inline else find_marker(page, begin, stop)
    own = page.text_lines(block, line.start, marker.start if marker else stop)
    own = own if marker else own[:1]
    text = "\n".join(part.text for part in own)[labelled.label.length :]
    end = own[-1].start + len(own[-1].text)
    if inline:
        text, end = text[: inline[0]], begin + inline[0] + inline[1].length
    name = name_of(inline_of(labelled.label.reopens + text, page.references).text)
    name = Name(name.question, labelled.label.number, labelled=True)
    anchor = anchor_at(page, labelled.index) if block.line == line.number else None
    span = Span(name, anchor, line.number, page.line_starts[line.number - 1], end, stop)
    return span if inline else with_text_below(page, span)


def _asked_before(region: Region, answer: _Labelled) -> Span | None:
    """Return the question right before a labelled answer: the lines above it in its paragraph, else the block above."""
    page = region.page
    block = page.blocks[answer.index]
    above = page.text_lines(block, end=answer.line.start)
    index = answer.index
    source = "\n".join(line.text for line in above)
    if not above and index > region.first:
        index -= 1
        block = page.blocks[index]
        source = block.source
    if block.kind is not Kind.PARAGRAPH or not 0 < source.count("\n") + 1 <= _MAX_QUESTION_LINES:
        return None
    name = name_of(inline_of(source, page.references).text, page.own)
    if not name.question or read_label(source, page.own):
        return None
    return Span(name, anchor_at(page, index), block.line, block.start, answer.line.start, answer.line.start)
