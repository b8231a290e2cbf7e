"""The JSON API."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, jsonify, url_for
from flask_openapi3 import APIBlueprint
from werkzeug.exceptions import NotFound

from faqkb.kb.answers import Answer, Hit
from faqkb.kb.conversation.history import Said
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Filter, Record
from faqkb.server.access.decision import charge_more, charge_work
from faqkb.server.answering.conversations import Asked, answer_alone, answer_in_session
from faqkb.server.answering.documents import answer_document, place_checks
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.api.batch import answered_batch
from faqkb.server.api.bodies import (
    AskBody,
    BatchBody,
    RecordPath,
    RecordsParameters,
    SearchParameters,
    filter_by,
    read_batch_body,
    wanted_by,
)
from faqkb.server.api.filters import filter_of
from faqkb.server.api.operations import OPERATIONS
from faqkb.server.http.conditional import reply_unless_held, version_of
from faqkb.server.http.parsing import parsed, parsed_by
from faqkb.server.limits import SNIPPET_CHARS
from faqkb.server.problems import FieldError, Refused
from faqkb.server.protocol import documented
from faqkb.server.workers.asking import find_hits

api = APIBlueprint("api", __name__, url_prefix="/api/v1")


@api.post("/ask", **documented(OPERATIONS, "ask"))
@parsed
def ask(body: AskBody) -> Response:
    """Answer one question."""
    charge_work(_said(body), body.question)
    with leased_knowledge() as knowledge:
        answer = _answered(knowledge, body)
        return jsonify(answer_document(knowledge, answer, wanted_by(body), is_typing=body.typing))


@api.post("/ask:batch", **documented(OPERATIONS, "ask_batch"))
@parsed_by(read_batch_body)
def ask_batch(body: BatchBody) -> Response:
    """Answer several questions from one snapshot."""
    charge_more(len(body.questions) - 1)
    for each in body.questions:
        charge_work((), each.question)
    with leased_knowledge() as knowledge:
        return jsonify(answered_batch(knowledge, body.questions))


@api.get("/search", **documented(OPERATIONS, "search"))
@parsed
def search(query: SearchParameters) -> Response:
    """Return hits for as-you-type search, in the order of `ask` and whatever their confidence."""
    charge_work((), query.q)
    wanted = filter_of(query.tag, query)
    with leased_knowledge() as knowledge:
        # Weak: `took_ms` is another one each time.
        version = version_of(knowledge, query.q, query.limit, wanted, is_weak=True)
        return reply_unless_held(version, lambda: _found(knowledge, query, wanted))


@api.get("/records", **documented(OPERATIONS, "list_records"))
@parsed
def records(query: RecordsParameters) -> Response:
    """Return one page of the records; `next_cursor` leads to the next, null at the end."""
    with leased_knowledge() as knowledge:
        return reply_unless_held(
            version_of(knowledge, query.cursor, query.limit), lambda: _records_page(knowledge, query)
        )


@api.get("/records/<path:record_id>", **documented(OPERATIONS, "get_record"))
@parsed
def record(path: RecordPath) -> Response:
    """Return one record; by an id that it had before, `moved_to` names the one it has."""
    with leased_knowledge() as knowledge:
        return reply_unless_held(version_of(knowledge), lambda: _one_record(knowledge, path.record_id))


@api.get("/checks", **documented(OPERATIONS, "list_checks"))
@parsed
def checks() -> Response:
    """Return every check script: what it does, where to get it, its sha256."""
    with leased_knowledge() as knowledge:
        return reply_unless_held(version_of(knowledge), lambda: jsonify(checks=_check_entries(knowledge)))


def _check_entries(knowledge: KnowledgeBase) -> list[dict[str, Any]]:
    entries = [check.to_json() for check in knowledge.checks()]
    place_checks(entries)
    return entries


def _answered(knowledge: KnowledgeBase, body: AskBody) -> Answer:
    """Answer the question within its conversation, if it is part of one."""
    if body.session_id is not None or body.messages:
        said = _said(body) if body.messages else None
        asked = Asked(body.question, body.top_k, body.min_confidence, filter_by(body), body.session_id, said)
        return answer_in_session(knowledge, asked)
    return answer_alone(
        knowledge, body.question, top_k=body.top_k, min_confidence=body.min_confidence, filter=filter_by(body)
    )


def _said(body: AskBody) -> tuple[Said, ...]:
    """Return what was said before the question, oldest first."""
    return tuple(Said(message.role, message.content) for message in body.messages if message.role != "system")


def answer_address(record_id: str) -> str:
    """Return the path of a record's own page."""
    return url_for("pages.answer", record_id=record_id)


def _found(knowledge: KnowledgeBase, query: SearchParameters, wanted: Filter) -> Response:
    started = time.perf_counter()
    hits = find_hits(knowledge, query.q, limit=query.limit, filter=wanted)
    return jsonify(
        query=query.q,
        hits=[_search_hit(hit) for hit in hits],
        snapshot=knowledge.name,
        took_ms=round((time.perf_counter() - started) * 1000, 3),
    )


def _records_page(knowledge: KnowledgeBase, query: RecordsParameters) -> Response:
    if query.cursor is not None and knowledge.record(query.cursor) is None:
        unknown = FieldError("cursor", "No record has this id any more; start again without a cursor.")
        raise Refused(422, "The cursor leads nowhere; start again without one.", [unknown])
    page = knowledge.records(after=query.cursor, limit=query.limit + 1)
    shown = page[: query.limit]
    next_cursor = shown[-1].id if len(page) > query.limit else None
    reply = jsonify(records=[_record(record) for record in shown], next_cursor=next_cursor)
    if next_cursor is not None:
        following = urlencode({"limit": query.limit, "cursor": next_cursor}, quote_via=quote, safe="")
        reply.headers["Link"] = f'<{url_for("api.records")}?{following}>; rel="next"'
    return reply


def _one_record(knowledge: KnowledgeBase, record_id: str) -> Response:
    found = knowledge.resolve(record_id)
    if found is None:
        raise NotFound
    return jsonify(_record(found) | {"moved_to": found.id if found.id != record_id else None})


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
