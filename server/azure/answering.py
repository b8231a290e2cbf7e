"""What a query is answered with, whichever of Azure's two services it was written for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Highlight, Hit, Status
from faqkb.kb.conversation.history import questions_of, state_of_turn
from faqkb.kb.conversation.state import NOTHING_SAID, State
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.records import Filter, Record
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.catalogues import wording, words_of
from faqkb.server.answering.conversations import answer_from
from faqkb.server.answering.documents import SITE
from faqkb.server.azure.bodies import AnswerContext, QueryBody, QueryFilters, SpanRequest
from faqkb.server.azure.ids import Numbers
from faqkb.server.azure.spans import Span, span_in_markdown
from faqkb.server.limits import RELATED_ABOVE
from faqkb.server.noted import note_answer
from faqkb.server.texts.forms import Format, full_text

_TOP = 1  # answers when nothing is said, as Azure does
TAGS = "tags"
"""The one key of metadata."""


@dataclass(frozen=True, slots=True)
class Found:
    """One answer, or that there is none."""

    record: Record | None
    text: str
    """Markdown whose links and pictures are whole addresses; what to say where there is no record."""
    confidence: float = 0.0
    prompts: tuple[Record, ...] = ()
    """Whose questions are offered with it."""
    span: Span | None = None
    """Of the sentence that answers, in the text; None where nobody asked for it, or where it cannot be told."""


def answers_to(knowledge: KnowledgeBase, numbers: Numbers, body: QueryBody) -> list[Found]:
    """Return one record by its number, or the answers to the question; always one at least.

    Raises InvalidQuery, Refused (429).
    """
    if body.qnaId:
        record_id = numbers.by_number.get(body.qnaId)
        record = knowledge.record(record_id) if record_id is not None else None
        return [Found(None, wording().no_answer) if record is None else _found(record, 1.0)]
    return _answered(knowledge, numbers, body)


def _answered(knowledge: KnowledgeBase, numbers: Numbers, body: QueryBody) -> list[Found]:
    question, threshold = body.question or "", body.confidenceScoreThreshold
    charge_work(questions_of([context.previousUserQuery or ""] if (context := body.context) else ()), question)
    scope = _within(knowledge, body.filters)
    # The turn before is looked for everywhere: it may have been asked with another filter.
    state = _state_before(knowledge, numbers, body.context)
    answer = answer_from(scope, state, question, top_k=limits.TOP_K_MAX, min_confidence=threshold)
    if (missing := answer.no_answer) is not None and missing.talk is not None:
        near = map(knowledge.record, answer.shown_ids)
        return [Found(None, missing.message, prompts=tuple(record for record in near if record))]
    note_answer(answer, "azure")
    shown, prompts = _shown(answer, threshold, body.top or _TOP)
    if not shown:
        return [Found(None, words_of(answer).no_answer, prompts=prompts)]
    marked = _marked(shown, body.answerSpanRequest)
    found = [_found(hit.record, hit.confidence, hit.highlight if hit in marked else None) for hit in shown]
    return [replace(found[0], prompts=prompts), *found[1:]]


def _found(record: Record, confidence: float, marked: Highlight | None = None) -> Found:
    text = full_text(record, Format.MARKDOWN, SITE)
    span = span_in_markdown(text, record.answer_text, marked) if marked else None
    return Found(record, text, confidence, span=span)


def _marked(shown: Sequence[Hit], wanted: SpanRequest | None) -> Sequence[Hit]:
    """Return the answers whose sentences are to be marked.

    A sentence has no probability of its own: its confidence is the answer's.
    """
    if wanted is None or not wanted.enable:
        return ()
    least = wanted.confidenceScoreThreshold or 0.0
    return [hit for hit in shown[: wanted.topAnswersWithSpan or 1] if hit.confidence >= least]


def _shown(answer: Answer, threshold: float | None, top: int) -> tuple[Sequence[Hit], tuple[Record, ...]]:
    """Return the answers to show, and the records whose questions are offered with them.

    A threshold given by the client holds for every answer. Without one, choices are shown as answers that are less
    sure, and a sure answer's runners-up with it, in its language.
    """
    sure = [hit for hit in answer.hits if threshold is None or hit.confidence >= threshold]
    shown = sure[:top]
    offered = [hit.record for hit in answer.hits[len(shown) :] if _is_offered(answer, hit)]
    prompts = tuple(_without_twins([hit.record for hit in shown], offered))
    return shown, prompts if answer.status is Status.AMBIGUOUS else prompts[: limits.CHOICES]


def _is_offered(answer: Answer, hit: Hit) -> bool:
    if answer.status is Status.AMBIGUOUS:
        return True
    return hit.confidence >= RELATED_ABOVE and hit.record.language == answer.hits[0].record.language


def _without_twins(shown: Sequence[Record], offered: Sequence[Record]) -> Iterator[Record]:
    """Yield the records offered that say something else than those shown, in whichever language."""
    known = {twin_key(record.id) for record in shown}
    for record in offered:
        if twin_key(record.id) not in known:
            known.add(twin_key(record.id))
            yield record


def _within(knowledge: KnowledgeBase, filters: QueryFilters | None) -> KnowledgeBase:
    """Return the knowledge base without the records that the filters leave out."""
    sets: list[frozenset[int]] = []
    wanted = filters.metadataFilter if filters else None
    if wanted and wanted.metadata:
        each = [
            frozenset(knowledge.positions(Filter(tags=(pair.value,)))) if pair.key == TAGS else frozenset()
            for pair in wanted.metadata
        ]
        sets.append(_joined(each, wanted.logicalOperation))
    if filters and filters.sourceFilter:
        sets.append(knowledge.positions_from(filters.sourceFilter))
    return knowledge.within(_joined(sets, filters.logicalOperation if filters else None)) if sets else knowledge


def _joined(sets: Sequence[frozenset[int]], operation: str | None) -> frozenset[int]:
    """Return what all of the sets hold, or with OR what any does; AND is Azure's own choice when nothing is said."""
    return frozenset.union(*sets) if operation == "OR" else frozenset.intersection(*sets)


def _state_before(knowledge: KnowledgeBase, numbers: Numbers, context: AnswerContext | None) -> State:
    if context is None:
        return NOTHING_SAID
    record_id = numbers.by_number.get(context.previousQnaId or 0)
    record = knowledge.record(record_id) if record_id is not None else None
    return state_of_turn(knowledge, context.previousUserQuery or "", record)
