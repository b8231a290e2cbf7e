"""Styles that label their questions (`### Q1.3 …`, `Q: …`, `* 问：…`), or only their answers (`答：…`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faqkb.ingest.page.inline import inline_of
from faqkb.ingest.page.model import Block, Kind, Page, TextLine
from faqkb.ingest.styles.answers import find_marker
from faqkb.ingest.styles.fillers import has_content, is_toc
from faqkb.ingest.styles.labels import Label, Side, read_label
from faqkb.ingest.styles.scopes import Heading, Scope, Trust
from faqkb.ingest.styles.spans import Name, Span, anchor_at, name_of, span_of, up_to_next
from faqkb.ingest.styles.words import is_aside_title, is_question, is_toc_title

_MAX_QUESTION_LINES = 4  # of a paragraph whose answer is labelled; more is a text that happens to hold a label
_QUARTERS = 4  # `## Q1 2024` to `Q4` are parts of a plan
_LABELLED = {Kind.PARAGRAPH, Kind.HTML}


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A line of a paragraph with a label."""

    index: int
    """Of its block."""
    line: TextLine
    label: Label


def labelled_questions(scope: Scope) -> tuple[Span, ...]:
    """Return the questions that carry a label, and the headings of the same level among them."""
    headings = _labelled_headings(scope)
    lines = _question_lines(scope, [span.start for span in headings])
    spans = [*headings, *lines]
    if scope.trust is Trust.OUTSIDE:
        spans = [span for span in spans if _is_answered(scope.page, span)]
    if not spans or not _is_evidence(scope, spans):
        return ()
    spans += _headings_between(scope, headings)
    deepest = max((span.level for span in spans), default=0) or 6
    asked = {span.start for span in spans}
    ends = [h.block.start for h in scope.headings if h.block.level <= deepest and h.block.start not in asked]
    return up_to_next(spans, ends, scope.end)


def labelled_answers(scope: Scope) -> tuple[Span, ...]:
    """Return the questions that are known by the labelled answer that follows them at once."""
    answers = [found for found in _labelled_lines(scope, Side.ANSWER) if found.label.sure]
    spans = [span for span in (_asked_before(scope.page, answer) for answer in answers) if span]
    if scope.trust is Trust.OUTSIDE or len(spans) < (1 if scope.announced else 2) or len(spans) * 2 < len(answers):
        return ()
    return up_to_next(spans, [heading.block.start for heading in scope.headings], scope.end)


def _labelled_headings(scope: Scope) -> list[Span]:
    spans = []
    for heading in scope.headings:
        name = name_of(heading.block.text)
        if name.labelled:
            spans.append(_with_text_below(scope.page, span_of(scope.page, heading, name)))
    return spans


def _labelled_lines(scope: Scope, side: Side) -> Iterator[_Labelled]:
    for i, block in scope.blocks():
        if block.kind in _LABELLED and not is_toc(block):
            for line in scope.page.text_lines(block):
                label = read_label(line.text)
                if label and label.side is side:
                    yield _Labelled(i, line, label)


def _question_lines(scope: Scope, stops: Sequence[int]) -> list[Span]:
    """Return the labelled lines that are questions: an answer label follows, or does for most, or nothing else is."""
    found = list(_labelled_lines(scope, Side.QUESTION))
    headings = [heading.block.start for heading in scope.headings]
    bounds = sorted({*stops, *headings, *(labelled.line.start for labelled in found), scope.end})
    answered, unanswered = [], []
    position = 0
    for labelled in found:
        while bounds[position] <= labelled.line.start:
            position += 1
        span = _question_line(scope.page, labelled, bounds[position])
        if _is_answered(scope.page, span):
            answered.append(span)
        elif labelled.label.sure:
            unanswered.append(span)
    believed = len(answered) >= len(unanswered) or (scope.announced and not stops)
    return answered + (unanswered if believed else [])


def _question_line(page: Page, labelled: _Labelled, stop: int) -> Span:
    """Return the question that begins on a labelled line: up to the answer's label, else that one line."""
    block = page.blocks[labelled.index]
    begin = labelled.line.start + labelled.label.length
    marker = find_marker(page, begin, stop)
    own = page.text_lines(block, labelled.line.start, marker.start if marker else stop)
    own = own if marker else own[:1]
    source = labelled.label.reopens + "\n".join(line.text for line in own)[labelled.label.length :]
    name = Name(inline_of(source, page.references).text, labelled.label.number, labelled=True)
    anchor = anchor_at(page, labelled.index) if block.line == labelled.line.number else None
    line_start = page.line_starts[labelled.line.number - 1]
    end = own[-1].start + len(own[-1].text)
    return _with_text_below(page, Span(name, anchor, labelled.line.number, line_start, end, stop))


def _with_text_below(page: Page, span: Span) -> Span:
    """Return the span; where its label stands alone, the paragraph below is the question."""
    if span.name.question:
        return span
    below = next(filter(has_content, page.blocks_between(span.answer_start, span.answer_end)), None)
    if below is None or below.kind is not Kind.PARAGRAPH or find_marker(page, below.start, below.end):
        return span
    name = Name(below.text, span.name.number, labelled=True)
    return Span(name, span.anchor, span.line, span.start, below.end, span.answer_end, span.level)


def _is_answered(page: Page, span: Span) -> bool:
    return find_marker(page, span.answer_start, span.answer_end) is not None


def _is_evidence(scope: Scope, spans: Sequence[Span]) -> bool:
    """Whether labelled questions are that: announced, answered with a label, asking, or more than the four quarters."""
    if scope.announced or len(spans) > _QUARTERS or any(_is_answered(scope.page, span) for span in spans):
        return True
    return sum(is_question(span.name.question) for span in spans) * 2 >= len(spans) >= 2


def _headings_between(scope: Scope, asked: Sequence[Span]) -> list[Span]:
    """Return the headings without a label, of a level with labels, between labelled ones: an author forgot."""
    levels = {span.level for span in asked}
    starts = [span.start for span in asked]
    between = []
    for heading in scope.headings:
        start = heading.block.start
        position = bisect_right(starts, start)
        if not 0 < position < len(starts) or starts[position - 1] == start or heading.block.level not in levels:
            continue
        aside = is_aside_title(heading.block.text) or is_toc_title(heading.block.text)
        holds_others = starts[position] < heading.end
        if not aside and not holds_others and any(map(has_content, _below(scope.page, heading))):
            between.append(span_of(scope.page, heading, name_of(heading.block.text)))
    return between


def _below(page: Page, heading: Heading) -> list[Block]:
    return page.blocks_between(heading.block.end, heading.end)


def _asked_before(page: Page, answer: _Labelled) -> Span | None:
    """Return the question right before a labelled answer: the lines above it in its paragraph, else the block above."""
    block = page.blocks[answer.index]
    above = page.text_lines(block, end=answer.line.start)
    index = answer.index
    source = "\n".join(line.text for line in above)
    if not above and index > 0:
        index -= 1
        block = page.blocks[index]
        source = block.source
    if block.kind is not Kind.PARAGRAPH or not 0 < source.count("\n") + 1 <= _MAX_QUESTION_LINES:
        return None
    name = name_of(inline_of(source, page.references).text)
    if not name.question or read_label(source):
        return None
    return Span(name, anchor_at(page, index), block.line, block.start, answer.line.start, answer.line.start)
