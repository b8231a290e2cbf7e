"""The styles of FAQ that are known, and which one a part of a document follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faqkb.ingest.styles.headed import asking_headings, stating_headings
from faqkb.ingest.styles.listed import (
    bold_questions,
    bold_statements,
    definitions,
    item_questions,
    plain_questions,
    quoted_questions,
    summaries,
    table_rows,
)
from faqkb.ingest.styles.marked import labelled_answers, labelled_questions
from faqkb.ingest.styles.scopes import Scope
from faqkb.ingest.styles.spans import Span

NO_STYLE = "none"
_OUTNUMBERED = 2


@dataclass(frozen=True, slots=True)
class Style:
    """A way to write questions and answers."""

    name: str
    find: Callable[[Scope], tuple[Span, ...]]
    """The questions of a scope when it follows this style, else nothing."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a scope turned out to be."""

    scope: Scope
    style: str
    spans: tuple[Span, ...]


# In order: what says so itself, then what asks, from the outside of a document to the inside, then what only looks so.
STYLES = (
    Style("labelled questions", labelled_questions),
    Style("headings", asking_headings),
    Style("labelled answers", labelled_answers),
    Style("details", summaries),
    Style("bold questions", bold_questions),
    Style("quoted questions", quoted_questions),
    Style("table", table_rows),
    Style("definitions", definitions),
    Style("list items", item_questions),
    Style("bold lines", bold_statements),
    Style("headings", stating_headings),
    Style("plain questions", plain_questions),
)


def recognise(scope: Scope) -> Recognised:
    """Return the first style that finds questions in the scope, and those questions.

    A label here and there does not make the label the mark of a question, when most headings ask without.
    """
    labelled, headed = (Recognised(scope, style.name, style.find(scope)) for style in STYLES[:2])
    enough = _OUTNUMBERED * len(labelled.spans) + any(span.level for span in labelled.spans)
    if headed.spans and len(headed.spans) >= enough:
        return headed
    if labelled.spans:
        return labelled
    later = (Recognised(scope, style.name, style.find(scope)) for style in STYLES[2:])
    return next((recognised for recognised in later if recognised.spans), Recognised(scope, NO_STYLE, ()))
