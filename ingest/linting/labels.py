"""Labels and markers: `Q3` behind `Q4`, two `Q1.2`, an answer without the `A:` that all others have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from faqkb.ingest.linted.findings import Finding, Place
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.readings.choice import Chosen
from faqkb.ingest.styles.answers import find_marker
from faqkb.ingest.styles.spans import Span
from faqkb.ingest.styles.words import is_closing_title

_ENOUGH = 3  # answers with a marker that make it the way of a file
_SHARE = 0.8  # of its answers
_LABEL_CHARS = 20  # of a word with a colon at the start of an answer


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A question with a number."""

    one: Chosen
    letters: str
    numbers: tuple[int, ...]

    @property
    def line(self) -> int:
        return self.one.span.line

    @property
    def text(self) -> str:
        return self.one.span.name.number


def labels(linted: Linted) -> Iterator[Finding]:
    """Yield each label that another question has already, or that comes after a higher one."""
    seen: dict[tuple[str, tuple[int, ...]], _Labelled] = {}
    for _, members in groupby(linted.chosen, key=lambda one: tuple(block.start for block in one.above)):
        yield from _in_section(linted, list(filter(None, map(_labelled, members))), seen)


def _labelled(one: Chosen) -> _Labelled | None:
    number = one.span.name.number
    digits = number.lstrip("QqAaFf-_. ")
    parts = digits.replace("-", ".").split(".")
    if not digits or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    return _Labelled(one, number[: len(number) - len(digits)].casefold(), tuple(map(int, parts)))


def _in_section(
    linted: Linted, members: Sequence[_Labelled], seen: dict[tuple[str, tuple[int, ...]], _Labelled]
) -> Iterator[Finding]:
    before: _Labelled | None = None
    own: dict[tuple[str, tuple[int, ...]], _Labelled] = {}
    for each in members:
        key = each.letters, each.numbers
        if each.numbers == (1,):  # a list that begins again
            own, before = {}, None
        # `Q1.2` says of which section it is, and stands for one question of the file; `Q2` for one of its list.
        known = seen if len(each.numbers) > 1 else own
        if key in known:
            yield _twice(linted, each, known[key])
        elif before and before.letters == each.letters and _precedes(each.numbers, before.numbers):
            yield _out_of_order(linted, each, before)
        known.setdefault(key, each)
        before = each


def _precedes(here: tuple[int, ...], before: tuple[int, ...]) -> bool:
    return len(here) == len(before) and here < before


def _twice(linted: Linted, each: _Labelled, first: _Labelled) -> Finding:
    return Finding(
        linted.name,
        each.line,
        "label-twice",
        f"{each.text} is the label of line {first.line} already",
        "give it a number of its own",
        other=Place(linted.name, first.line),
    )


def _out_of_order(linted: Linted, each: _Labelled, before: _Labelled) -> Finding:
    return Finding(
        linted.name,
        each.line,
        "label-order",
        f"{each.text} comes after {before.text} of line {before.line}",
        "renumber or move one of them; <!-- faq: id=… --> keeps an address that was published",
        other=Place(linted.name, before.line),
    )


def answer_markers(linted: Linted) -> Iterator[Finding]:
    """Yield each answer without a marker in a file whose answers have one."""
    spans = [one.span for one in linted.chosen if one.span.answer is None]
    markers = {span.start: find_marker(linted.page, span.answer_start, span.answer_end) for span in spans}
    found = [marker for marker in markers.values() if marker]
    if len(found) < _ENOUGH or len(found) < _SHARE * len(spans):
        return
    written = Counter(linted.page.source[marker.start : marker.end].strip() for marker in found)
    usual = written.most_common(1)[0][0]
    answered = {record.source.line for record in linted.records}
    kinds = {(span.level, span.name.labelled) for span in spans if markers[span.start]}
    for span in spans:
        is_alike = (span.level, span.name.labelled) in kinds and not is_closing_title(span.name.question)
        is_marked = markers[span.start] is not None or _has_own_label(linted, span)
        if not is_marked and span.line in answered and is_alike:
            yield Finding(
                linted.name,
                span.line,
                "answer-marker",
                f"the answer to “{excerpt(span.name.question)}” does not start with {usual}, as {len(found)} others do",
                f"write {usual} before it",
            )


def _has_own_label(linted: Linted, span: Span) -> bool:
    """Whether an answer begins with a word of its own and a colon: `Description: …`, `+ 问题描述：…`."""
    begin = linted.page.source[span.answer_start : span.answer_end].lstrip(" \n>*+-")[:_LABEL_CHARS]
    return any(colon in begin.partition(" ")[0] for colon in ":：")
