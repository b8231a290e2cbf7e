"""Azure Custom Question Answering's query route, so that its clients and the bots built on them can ask.

Source: REST API "Question Answering - Get Answers", 2023-04-01; the client azure-ai-language-questionanswering 1.1.0 is
held against it in tests. What maps to what: docs/azure.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, request

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Hit, Status
from faqkb.kb.conversation.history import questions_of, state_after
from faqkb.kb.conversation.state import NOTHING_SAID, State
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.catalogues import wording, words_of
from faqkb.server.answering.conversations import answer_from
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.azure.bodies import AnswerContext, QueryBody, QueryFilters, SpanRequest, read_query_body
from faqkb.server.azure.errors import AZURE_PATHS
from faqkb.server.azure.ids import NO_RECORD, Numbers, azure_ids
from faqkb.server.azure.spans import span_in_markdown
from faqkb.server.limits import RELATED_ABOVE
from faqkb.server.noted import note_answer

azure = Blueprint("azure", __name__, url_prefix=AZURE_PATHS.rstrip("/"))

_TOP = 1  # answers when nothing is said, as Azure does
_TAGS = "tags"  # the one key of metadata


@azure.post("/:query-knowledgebases")
def query() -> Response:
    """Answer a question, or return one stored answer by its number."""
    body = read_query_body(request)
    with leased_knowledge() as knowledge:
        numbers = azure_ids(knowledge)
        answers = _one_record(knowledge, numbers, body.qnaId) if body.qnaId is not None else None
        if answers is None:
            answers = _answers(knowledge, numbers, body)
    return jsonify(answers=answers)


def _one_record(knowledge: KnowledgeBase, numbers: Numbers, qna_id: int) -> list[dict[str, Any]]:
    record_id = numbers.by_number.get(qna_id)
    record = knowledge.record(record_id) if record_id is not None else None
    return [_nothing(wording().no_answer, numbers) if record is None else _entry(record, 1.0, numbers)]


def _answers(knowledge: KnowledgeBase, numbers: Numbers, body: QueryBody) -> list[dict[str, Any]]:
    question = body.question or ""
    charge_work(questions_of([context.previousUserQuery or ""] if (context := body.context) else ()), question)
    scope = _within(knowledge, body.filters)
    # The turn before is looked for everywhere: it may have been asked with another filter.
    state = _state_before(knowledge, numbers, body.context)
    threshold = body.confidenceScoreThreshold
    answer = answer_from(scope, state, question, top_k=limits.TOP_K_MAX, min_confidence=threshold)
    if answer.no_answer is not None and answer.no_answer.talk is not None:
        return [_nothing(answer.no_answer.message, numbers)]
    note_answer(answer, "azure")
    shown, prompts = _shown(answer, threshold, body.top or _TOP)
    if not shown:
        return [_nothing(words_of(answer).no_answer, numbers, prompts)]
    entries = [_entry(hit.record, hit.confidence, numbers) for hit in shown]
    entries[0]["dialog"] = _dialog(prompts, numbers)
    _mark_spans(entries, shown, body.answerSpanRequest)
    return entries


def _shown(answer: Answer, threshold: float | None, top: int) -> tuple[Sequence[Hit], Sequence[Hit]]:
    """Return the answers to show, and the questions to offer with them.

    A threshold given by the client holds for every answer. Without one, choices are shown as answers that are less
    sure, and a sure answer's runners-up with it.
    """
    sure = [hit for hit in answer.hits if threshold is None or hit.confidence >= threshold]
    shown = sure[:top]
    offered = answer.hits[len(shown) :]
    if answer.status is Status.AMBIGUOUS:
        return shown, offered
    return shown, [hit for hit in offered if hit.confidence >= RELATED_ABOVE][: limits.CHOICES]


def _within(knowledge: KnowledgeBase, filters: QueryFilters | None) -> KnowledgeBase:
    """Return the knowledge base without the records that the filters leave out."""
    sets: list[frozenset[int]] = []
    wanted = filters.metadataFilter if filters else None
    if wanted and wanted.metadata:
        each = [
            knowledge.positions_tagged([pair.value]) if pair.key == _TAGS else frozenset() for pair in wanted.metadata
        ]
        sets.append(_joined(each, wanted.logicalOperation))
    if filters and filters.sourceFilter:
        sets.append(knowledge.positions_from(filters.sourceFilter))
    return knowledge.within(_joined(sets, filters.logicalOperation if filters else None)) if sets else knowledge


def _joined(sets: Sequence[frozenset[int]], operation: str | None) -> frozenset[int]:
    """Return what all of the sets hold, or with OR what any does; AND is Azure's own choice when nothing is said."""
    return frozenset.union(*sets) if operation == "OR" else frozenset.intersection(*sets)


def _state_before(knowledge: KnowledgeBase, numbers: Numbers, context: AnswerContext | None) -> State:
    """Return the state after the turn before, by what was asked and by what was shown then."""
    if context is None:
        return NOTHING_SAID
    record_id = numbers.by_number.get(context.previousQnaId or 0)
    record = knowledge.record(record_id) if record_id is not None else None
    asked = context.previousUserQuery or (record.question if record else "")
    state = state_after(knowledge, questions_of([asked]))
    if record is None or not state.topic or record.id in state.shown:
        return state
    return replace(state, shown=(record.id,), offered=(), answered=(record.id,))


def _entry(record: Record, confidence: float, numbers: Numbers) -> dict[str, Any]:
    return {
        "questions": [record.question, *record.alternates],
        "answer": record.answer,
        "confidenceScore": confidence,
        "id": numbers.by_record[record.id],
        "source": record.source.path,
        "metadata": {_TAGS: ",".join(record.tags)} if record.tags else {},
        "dialog": _dialog((), numbers),
    }


def _nothing(text: str, numbers: Numbers, prompts: Sequence[Hit] = ()) -> dict[str, Any]:
    """Return what Azure sends for no answer."""
    return {
        "questions": [],
        "answer": text,
        "confidenceScore": 0.0,
        "id": NO_RECORD,
        "source": None,
        "metadata": {},
        "dialog": _dialog(prompts, numbers),
    }


def _dialog(hits: Sequence[Hit], numbers: Numbers) -> dict[str, Any]:
    """Return the questions to offer below an answer."""
    offered = [
        {"displayOrder": order, "qnaId": numbers.by_record[hit.record.id], "displayText": hit.record.question}
        for order, hit in enumerate(hits)
    ]
    return {"isContextOnly": False, "prompts": offered}


def _mark_spans(entries: Sequence[dict[str, Any]], hits: Sequence[Hit], wanted: SpanRequest | None) -> None:
    """Say where the sentence that answers stands, in as many of the answers as are wanted.

    A sentence has no probability of its own: its confidence is the answer's.
    """
    if wanted is None or not wanted.enable:
        return
    for entry, hit in list(zip(entries, hits, strict=True))[: wanted.topAnswersWithSpan or 1]:
        span = span_in_markdown(hit.record.answer, hit.record.answer_text, hit.highlight)
        if span is not None and hit.confidence >= (wanted.confidenceScoreThreshold or 0.0):
            entry["answerSpan"] = {
                "text": hit.record.answer[span.start : span.end],
                "confidenceScore": hit.confidence,
                "offset": span.start,
                "length": span.end - span.start,
            }
