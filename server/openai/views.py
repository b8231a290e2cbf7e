"""OpenAI's chat protocol, so that ready-made clients can ask. Nothing is generated: the text is the stored one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.http.conditional import reply_unless_held, version_of
from faqkb.server.http.parsing import parsed, parsed_by
from faqkb.server.http.sse import EVENT_STREAM, event_stream
from faqkb.server.openai.bodies import ChatBody, ModelPath, messages_of, read_chat_body
from faqkb.server.openai.conversation.spoken import MODEL, Spoken, reply_to
from faqkb.server.openai.operations import OPERATIONS
from faqkb.server.openai.usage import usage_of
from faqkb.server.problems import FieldError, Refused
from faqkb.server.protocol import documented

chat = APIBlueprint("chat", __name__, url_prefix="/v1")

_OWNER = "faqkb"
_END = "[DONE]"


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply before it takes the form of a document or of a stream."""

    id: str
    created: int
    """Seconds since 1970."""
    spoken: Spoken

    @property
    def annotations(self) -> list[dict[str, Any]]:
        """Where the text comes from."""
        return [citation.to_json() for citation in self.spoken.text.citations]

    def head(self, kind: str) -> dict[str, Any]:
        """Return what the document and every event of the stream begin with."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": MODEL,
            "system_fingerprint": self.spoken.snapshot,
        }


@chat.post("/chat/completions", strict_slashes=False, **documented(OPERATIONS, "complete_chat"))
@parsed_by(read_chat_body)
def complete(body: ChatBody) -> Response:
    """Answer the last question of a conversation, as one document or as a stream."""
    completion = Completion(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), reply_to(messages_of(body)))
    if not body.stream:
        return jsonify(_document(completion))
    with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    # The whole stream at once, because the whole answer is known: the first event leaves no later for it, an error can
    # still have its status, and no thread waits for a slow client or for one that is gone.
    return Response(event_stream(_chunks(completion, with_usage), _END), content_type=EVENT_STREAM)


@chat.get("/models", strict_slashes=False, **documented(OPERATIONS, "list_models"))
@parsed
def models() -> Response:
    """List the one model there is."""
    with leased_knowledge() as knowledge:
        listed = {"object": "list", "data": [_model(knowledge)]}
        return reply_unless_held(version_of(knowledge), lambda: jsonify(listed))


@chat.get("/models/<path:model_id>", strict_slashes=False, **documented(OPERATIONS, "get_model"))
@parsed
def model(path: ModelPath) -> Response:
    """Return the model."""
    if path.model_id.rstrip("/") != MODEL:
        message = f"There is no model of this name; the one here is '{MODEL}'."
        raise Refused(404, message, [FieldError("model", message, "model_not_found")])
    with leased_knowledge() as knowledge:
        found = _model(knowledge)
        return reply_unless_held(version_of(knowledge), lambda: jsonify(found))


def _model(knowledge: KnowledgeBase) -> dict[str, Any]:
    created = int(datetime.fromisoformat(knowledge.created).timestamp())
    return {"id": MODEL, "object": "model", "created": created, "owned_by": _OWNER}


def _document(completion: Completion) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": completion.spoken.text.content,
        "refusal": None,
        "annotations": completion.annotations,
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return (
        completion.head("chat.completion")
        | {"choices": [choice], "usage": usage_of(completion.spoken)}
        | completion.spoken.extension
    )


def _chunks(completion: Completion, with_usage: bool) -> Iterator[dict[str, Any]]:
    """Yield the events: the role, the text in pieces, its sources, the end, and with usage the tokens."""
    head = completion.head("chat.completion.chunk")
    usage = {"usage": None} if with_usage else {}

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return head | {"choices": [choice]} | usage

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for piece in completion.spoken.pieces:
        yield chunk({"content": piece})
    if completion.annotations:
        yield chunk({"annotations": completion.annotations})
    yield chunk({}, "stop") | completion.spoken.extension
    if with_usage:
        yield head | {"choices": [], "usage": usage_of(completion.spoken)}
