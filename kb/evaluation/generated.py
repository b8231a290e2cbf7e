"""Labelled queries made of what is stored: what nobody has to write down to see where a FAQ fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faqkb.kb.evaluation.queries import LabelledQuery
from faqkb.kb.index.cohort import cohort_questions
from faqkb.kb.language.codes import twin_key
from faqkb.kb.language.detection import detect_language
from faqkb.kb.records import Record

KINDS = ("swap", "twin", "far")
"""`swap`: each question while its own record is left out, so that its neighbours must keep quiet. `twin`: each question
put to its translation alone. `far`: questions about other things in life."""


def generated_queries(records: Sequence[Record], kinds: Sequence[str] = KINDS) -> Iterator[LabelledQuery]:
    """Yield the queries of some of `KINDS` made of the records of a knowledge base, kind by kind."""
    makers = {"swap": _swaps, "twin": _twins, "far": _far}
    for kind in kinds:
        yield from makers[kind](records)


def _swaps(records: Sequence[Record]) -> Iterator[LabelledQuery]:
    families = _families(records)
    for record in records:
        own = tuple(sorted({record.id, *(each.id for each in families[twin_key(record.id)])}))
        yield LabelledQuery(record.question, (), record.language, "swap", own)


def _twins(records: Sequence[Record]) -> Iterator[LabelledQuery]:
    families = _families(records)
    for record in records:
        others = tuple(each.id for each in families[twin_key(record.id)] if each.language != record.language)
        if others:
            yield LabelledQuery(record.question, others, record.language, "twin", (record.id,))


def _far(records: Sequence[Record]) -> Iterator[LabelledQuery]:
    languages = {record.language for record in records}
    for question in cohort_questions():
        language = detect_language(question.text)
        if language in languages:
            yield LabelledQuery(question.text, (), language, "far")


def _families(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the records of each twin key."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(twin_key(record.id), []).append(record)
    return found
