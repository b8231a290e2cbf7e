"""Azure Custom Question Answering's query route, so that its clients and the bots built on them can ask.

Source: REST API "Question Answering - Get Answers", 2023-04-01; azure-ai-language-questionanswering 1.1.0 and
Bot Framework's SDK for JavaScript are held against it in tests. What maps to what: docs/azure.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request

from faqkb.kb.records import Record
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.azure.answering import TAGS, Found, answers_to
from faqkb.server.azure.bodies import read_query_body
from faqkb.server.azure.errors import AZURE_PATHS
from faqkb.server.azure.ids import NO_RECORD, Numbers, azure_ids

azure = Blueprint("azure", __name__, url_prefix=AZURE_PATHS.rstrip("/"))


@azure.post("/:query-knowledgebases")
def query() -> Response:
    """Answer a question, or return one stored answer by its number."""
    body = read_query_body(request)
    with leased_knowledge() as knowledge:
        numbers = azure_ids(knowledge)
        answers = [_entry(found, numbers) for found in answers_to(knowledge, numbers, body)]
    return jsonify(answers=answers)


def _entry(found: Found, numbers: Numbers) -> dict[str, Any]:
    record = found.record
    entry: dict[str, Any] = {
        "questions": [record.question, *record.alternates] if record else [],
        "answer": found.text,
        "confidenceScore": found.confidence,
        "id": numbers.by_record[record.id] if record else NO_RECORD,
        "source": record.source.path if record else None,
        "metadata": {TAGS: ",".join(record.tags)} if record and record.tags else {},
        "dialog": {"isContextOnly": False, "prompts": _prompts(found.prompts, numbers)},
    }
    if found.span is not None:
        entry["answerSpan"] = {
            "text": found.text[found.span.start : found.span.end],
            "confidenceScore": found.confidence,
            "offset": found.span.start,
            "length": found.span.end - found.span.start,
        }
    return entry


def _prompts(offered: Sequence[Record], numbers: Numbers) -> list[dict[str, Any]]:
    return [
        {"displayOrder": order, "qnaId": numbers.by_record[record.id], "displayText": record.question}
        for order, record in enumerate(offered)
    ]
