"""The JSON API."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.exceptions import NotFound

from kb.answers import Hit
from kb.knowledge import KnowledgeBase
from kb.records import Record
from server.bodies import AskBody, RecordsParameters, SearchParameters, read_body, read_parameters
from server.conversations import Understood, answer_in_session
from server.follow_ups import follow_ups_of
from server.leases import leased_knowledge
from server.limits import SNIPPET_CHARS
from server.metrics import note_answer
from server.problems import FieldError, Refused
from server.tokens import answer_token

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.post("/ask")
def ask() -> Response:
    """Answer one question."""
    body = read_body(request, AskBody)
    with leased_knowledge() as knowledge:
        understood = _answered(knowledge, body)
        follow_ups = follow_ups_of(knowledge, understood.answer)
    note_answer(understood.answer, "api")
    document = understood.answer.to_json(explain=body.explain)
    return jsonify(
        document
        | {
            "understood_as": understood.query,
            "follow_ups": [prompt.to_json() for prompt in follow_ups],
            "answer_token": answer_token(understood.answer, understood.query),
        }
    )


@api.get("/search")
def search() -> Response:
    """Return hits for as-you-type search, in the order of `ask` and whatever their confidence."""
    parameters = read_parameters(request, SearchParameters)
    started = time.perf_counter()
    with leased_knowledge() as knowledge:
        hits = knowledge.search(parameters.q, limit=parameters.limit)
    return jsonify(
        query=parameters.q,
        hits=[_search_hit(hit) for hit in hits],
        snapshot=knowledge.name,
        took_ms=round((time.perf_counter() - started) * 1000, 3),
    )


@api.get("/records")
def records() -> Response:
    """Return one page of the records; `next_cursor` leads to the next, null at the end."""
    parameters = read_parameters(request, RecordsParameters)
    with leased_knowledge() as knowledge:
        if parameters.cursor is not None and knowledge.record(parameters.cursor) is None:
            unknown = FieldError("cursor", "No record has this id any more; start again without a cursor.")
            raise Refused(422, "The cursor leads nowhere; start again without one.", [unknown])
        page = knowledge.records(after=parameters.cursor, limit=parameters.limit + 1)
    shown = page[: parameters.limit]
    return jsonify(
        records=[_record(record) for record in shown],
        next_cursor=shown[-1].id if len(page) > parameters.limit else None,
    )


@api.get("/records/<path:record_id>")
def record(record_id: str) -> Response:
    """Return one record."""
    with leased_knowledge() as knowledge:
        found = knowledge.record(record_id)
    if found is None:
        raise NotFound
    return jsonify(_record(found))


@api.get("/checks")
def checks() -> Response:
    """Return every check script: what it does, where to get it, its sha256."""
    with leased_knowledge() as knowledge:
        found = knowledge.checks()
    return jsonify(checks=[check.to_json() for check in found])


def _answered(knowledge: KnowledgeBase, body: AskBody) -> Understood:
    """Answer the question within its conversation, if it is part of one."""
    if body.session_id is not None or body.messages:
        return answer_in_session(knowledge, body)
    answer = knowledge.ask(body.question, top_k=body.top_k, min_confidence=body.min_confidence, tags=tuple(body.tags))
    return Understood(answer, answer.question)


def answer_address(record_id: str) -> str:
    """Return the path of a record's own page."""
    return url_for("pages.answer", record_id=record_id)


def _record(found: Record) -> dict[str, Any]:
    return found.to_json() | {"url": answer_address(found.id)}


def _search_hit(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.record.id,
        "question": hit.record.question,
        "confidence": hit.confidence,
        "url": answer_address(hit.record.id),
        "snippet": hit.highlight.text[:SNIPPET_CHARS],
    }
