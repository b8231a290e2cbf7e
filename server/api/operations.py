"""What `/openapi.json` says of each operation beyond the types of its view's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_openapi3 import Tag
from pydantic import BaseModel

from faqkb.server.api import examples
from faqkb.server.api.replies import (
    AnswerDocument,
    BatchDocument,
    ChecksDocument,
    HealthDocument,
    ReadyDocument,
    RecordDocument,
    RecordsDocument,
    SearchDocument,
)
from faqkb.server.openai.replies import ChatCompletion, ModelDocument, ModelsDocument

_READ_ERRORS = (400, 401, 403, 414, 429, 431, 500, 503)
_WRITE_ERRORS = (*_READ_ERRORS, 413, 415, 422, 501)
_CHAT_ERRORS = (*_READ_ERRORS, 413, 415, 501)

_ASKING = Tag(name="Asking", description="Questions in the asker's own words.")
_READING = Tag(name="Reading", description="What is stored. Every reply has an ETag.")
_TELLING = Tag(name="Feedback", description="What readers make of the answers.")
_CHATTING = Tag(name="Chat", description="OpenAI's protocol, for ready-made clients. Nothing is generated.")
_WATCHING = Tag(name="Operation", description="For what watches the server.")
TAGS = (_ASKING, _READING, _TELLING, _CHATTING, _WATCHING)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, as it is documented."""

    tag: Tag
    summary: str
    description: str
    reply: type[BaseModel] | None
    """Of the status 200; None where the reply is 204 and has no body."""
    errors: tuple[int, ...]
    request_examples: Mapping[str, Any] = field(default_factory=dict)
    """OpenAPI's Example objects by name."""
    reply_examples: Mapping[str, Any] = field(default_factory=dict)
    is_kept: bool = False
    """Whether the reply has an ETag and If-None-Match is read."""
    is_once: bool = False
    """Whether Idempotency-Key is read."""


def _one(value: Any) -> dict[str, Any]:
    return {"plain": {"summary": "A reply", "value": value}}


OPERATIONS: Mapping[str, Operation] = {
    "ask": Operation(
        tag=_ASKING,
        summary="Answer one question",
        description=(
            "Finds the stored answer to a question in other words. `status` says how sure that is: `answered`, the"
            " first of `answers` is the answer; `ambiguous`, ask the user which one is meant; `no_answer`, nothing"
            " stored is likely to help, and `no_answer` says why. With `session_id` or `messages`, a follow-up is"
            " understood by the turns before it."
        ),
        reply=AnswerDocument,
        errors=_WRITE_ERRORS,
        request_examples=examples.ASK,
        reply_examples={
            "answered": {"summary": "Answered", "value": examples.ANSWERED},
            "no_answer": {"summary": "Nothing stored helps", "value": examples.NOT_ANSWERED},
        },
    ),
    "ask_batch": Operation(
        tag=_ASKING,
        summary="Answer up to 100 questions",
        description=(
            "All from one snapshot, each as `ask` alone would answer it. A question that could not be answered in the"
            " ten seconds that a batch has is a problem document in its place, and may be sent again. One batch runs"
            " at a time: another one hears 503 at once."
        ),
        reply=BatchDocument,
        errors=_WRITE_ERRORS,
        request_examples=examples.BATCH,
        reply_examples=_one(examples.BATCH_ANSWERED),
    ),
    "search": Operation(
        tag=_ASKING,
        summary="Search while the user types",
        description=(
            "The hits in the order of `ask`, whatever their confidence. The ETag is weak, because `took_ms` differs"
            " from one reply to the next."
        ),
        reply=SearchDocument,
        errors=(*_READ_ERRORS, 422),
        reply_examples=_one(examples.SEARCHED),
        is_kept=True,
    ),
    "list_records": Operation(
        tag=_READING,
        summary="List the records",
        description=(
            "In stored order, a page at a time. Send `next_cursor` as `cursor` for the next page, or follow the `Link`"
            ' header with rel="next"; on the last page there is neither. A cursor whose record has gone is 422: begin'
            " again without one."
        ),
        reply=RecordsDocument,
        errors=(*_READ_ERRORS, 422),
        reply_examples=_one(examples.RECORDS),
        is_kept=True,
    ),
    "get_record": Operation(
        tag=_READING,
        summary="Read one record",
        description="One stored question with its answer as Markdown, as plain text and as HTML.",
        reply=RecordDocument,
        errors=(*_READ_ERRORS, 404),
        reply_examples=_one(examples.RECORD),
        is_kept=True,
    ),
    "list_checks": Operation(
        tag=_READING,
        summary="List the check scripts",
        description=(
            "Scripts that measure on the reader's own machine what an answer claims. `url` hands one out; compare its"
            " `sha256` before it runs. None of them runs on the server."
        ),
        reply=ChecksDocument,
        errors=_READ_ERRORS,
        reply_examples=_one(examples.CHECKS),
        is_kept=True,
    ),
    "give_feedback": Operation(
        tag=_TELLING,
        summary="Judge an answer, or report a question without one",
        description=(
            "Send the `answer_token` of the answer, or `question` and `record_id`. `helpful: false` on an answer"
            " document without an answer records an unanswered question. A second judgement with the same token"
            " replaces the first. With `DNT: 1` or `Sec-GPC: 1` no words are stored."
        ),
        reply=None,
        errors=_WRITE_ERRORS,
        request_examples=examples.FEEDBACK,
        is_once=True,
    ),
    "give_click": Operation(
        tag=_TELLING,
        summary="Say which record was opened",
        description="What is opened most is offered first on the start page.",
        reply=None,
        errors=_WRITE_ERRORS,
        request_examples=examples.CLICK,
        is_once=True,
    ),
    "complete_chat": Operation(
        tag=_CHATTING,
        summary="Answer the last question of a conversation",
        description=(
            "The text is the stored answer, its sources are `annotations`. With `stream: true` the reply is a stream"
            " of events that ends with `[DONE]`. Fields that would steer a generating model are read over."
        ),
        reply=ChatCompletion,
        errors=_CHAT_ERRORS,
        request_examples=examples.CHAT,
        reply_examples=_one(examples.COMPLETION),
    ),
    "list_models": Operation(
        tag=_CHATTING,
        summary="List the models",
        description="There is one: the knowledge base.",
        reply=ModelsDocument,
        errors=_READ_ERRORS,
        reply_examples=_one(examples.MODELS),
        is_kept=True,
    ),
    "get_model": Operation(
        tag=_CHATTING,
        summary="Read one model",
        description="The knowledge base, under the name `faq`.",
        reply=ModelDocument,
        errors=(*_READ_ERRORS, 404),
        reply_examples=_one(examples.MODEL),
        is_kept=True,
    ),
    "is_healthy": Operation(
        tag=_WATCHING,
        summary="Tell whether the process answers",
        description="For a liveness probe.",
        reply=HealthDocument,
        errors=_READ_ERRORS,
        reply_examples=_one(examples.HEALTHY),
    ),
    "is_ready": Operation(
        tag=_WATCHING,
        summary="Tell which snapshot answers",
        description="For a readiness probe; names a newer snapshot that was refused, and why.",
        reply=ReadyDocument,
        errors=_READ_ERRORS,
        reply_examples=_one(examples.READY),
    ),
}


def documented(operation_id: str) -> dict[str, Any]:
    """Return what a route of flask-openapi3 is told of its operation."""
    operation = OPERATIONS[operation_id]
    return {
        "operation_id": operation_id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "responses": {204: None} if operation.reply is None else {200: operation.reply},
    }
