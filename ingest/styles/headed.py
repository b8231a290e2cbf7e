"""Styles whose questions are headings without a label: `## Can I …?`, `### 3. How …`, `<h3 id=…>`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faqkb.ingest.styles.answers import find_marker
from faqkb.ingest.styles.fillers import has_content
from faqkb.ingest.styles.scopes import Heading, Scope, Trust
from faqkb.ingest.styles.spans import Span, are_numbered, name_of, span_of, up_to_next
from faqkb.ingest.styles.words import ends_as_question, is_aside_title, is_plain_question, is_question, is_toc_title

_ASKING_SHARE = 0.5  # of the headings of a level that make it the level of questions, in an announced FAQ
_ASKING_SHARE_OPEN = 0.6  # the same in a document that does not say it is one
_PLAIN_SHARE_OPEN = 0.4  # with a question mark: `How to install` is a title of a guide as well
_ASKING_OPEN = 2  # one heading that asks among others is a title, not a FAQ


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading, judged."""

    heading: Heading
    has_text: bool
    """Between it and the next heading of any level there is something to read."""
    asks: bool
    """By its words, or because its text opens with an answer label."""
    asks_plainly: bool
    """The same, beyond doubt: by a question mark, a particle or an answer label."""

    @property
    def level(self) -> int:
        """Of the heading."""
        return self.heading.block.level

    @property
    def is_aside(self) -> bool:
        """Whether it is a table of contents or an introduction."""
        title = self.heading.block.text
        return is_toc_title(title) or (is_aside_title(title) and not self.asks)


def asking_headings(scope: Scope) -> tuple[Span, ...]:
    """Return the headings of the shallowest level at which most headings ask."""
    if scope.trust is Trust.OUTSIDE:
        return ()
    sections = _sections(scope)
    for level in sorted({section.level for section in sections}):
        here = [section for section in sections if section.level == level]
        if _asks_enough(here) if scope.announced else _asks_plainly(here) or _is_one_question(sections, here):
            return _spans(scope, sections, level)
    return ()


def _asks_enough(here: Sequence[_Section]) -> bool:
    return sum(section.asks for section in here) >= max(1, _ASKING_SHARE * len(here))


def _asks_plainly(here: Sequence[_Section]) -> bool:
    plain = sum(section.asks_plainly for section in here)
    asking = sum(section.asks for section in here)
    return plain >= max(_ASKING_OPEN, _PLAIN_SHARE_OPEN * len(here)) and asking >= _ASKING_SHARE_OPEN * len(here)


def _is_one_question(sections: Sequence[_Section], here: Sequence[_Section]) -> bool:
    """Whether a document without a title is one question: its only outermost heading ends in a question mark."""
    outermost = min(section.level for section in sections)
    only = here[0]
    return len(here) == 1 and only.level == outermost > 1 and ends_as_question(only.heading.block.text)


def stating_headings(scope: Scope) -> tuple[Span, ...]:
    """Return, in an announced FAQ, the headings of the shallowest level that has text and mostly no headings below."""
    sections = _sections(scope) if scope.announced else []
    for level in sorted({section.level for section in sections}):
        here = [section for section in sections if section.level == level]
        if sum(section.has_text and section.heading.is_leaf for section in here) * 2 >= len(here):
            return _spans(scope, sections, level)
    return ()


def _sections(scope: Scope) -> list[_Section]:
    sections = []
    for heading in scope.headings:
        start, end = heading.block.end, heading.text_end
        has_text = any(map(has_content, scope.page.blocks_between(start, end)))
        answered = find_marker(scope.page, start, end) is not None
        title = heading.block.text
        sections.append(
            _Section(heading, has_text, is_question(title) or answered, is_plain_question(title) or answered)
        )
    return [one for one in sections if not one.is_aside]


def _spans(scope: Scope, sections: Sequence[_Section], level: int) -> tuple[Span, ...]:
    """Return the headings of a level as questions; above it, in a FAQ, also those that have text and no headings."""
    chosen = [one for one in sections if one.level == level or (scope.announced and _is_question_above(one, level))]
    numbered = are_numbered([one.heading.block.text for one in chosen])
    spans = [span_of(scope.page, one.heading, name_of(one.heading.block.text, numbered=numbered)) for one in chosen]
    ends = [heading.block.start for heading in scope.headings if heading.block.level <= level]
    return up_to_next(spans, ends, scope.end)


def _is_question_above(section: _Section, level: int) -> bool:
    return section.level < level and section.heading.is_leaf and section.has_text
