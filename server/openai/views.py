"""OpenAI's chat protocol, so that ready-made clients can ask. Nothing is generated: the text is the stored one."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, jsonify, url_for
from flask_openapi3 import APIBlueprint

from faqkb.kb.answers import Answer
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.catalogues import words_of
from faqkb.server.answering.conversations import answer_after
from faqkb.server.answering.follow_ups import FollowUp, follow_ups_of
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.talk import hands_over
from faqkb.server.answering.tokens import answer_token
from faqkb.server.http.conditional import reply_unless_held, version_of
from faqkb.server.http.parsing import parsed, parsed_by
from faqkb.server.http.sse import EVENT_STREAM, event_stream
from faqkb.server.limits import CHAT_PIECE_CHARS
from faqkb.server.noted import note_answer
from faqkb.server.openai.bodies import ChatBody, ModelPath, read_chat_body, said_before
from faqkb.server.openai.operations import OPERATIONS
from faqkb.server.openai.text import ChatText, chat_text
from faqkb.server.problems import FieldError, Refused
from faqkb.server.protocol import documented

chat = APIBlueprint("chat", __name__, url_prefix="/v1")

MODEL = "faq"
"""The one model there is: the knowledge base that is served."""
_OWNER = "faqkb"
_END = "[DONE]"
# A line, or as much of a long one as ends between words.
_PIECE = re.compile(rf".{{1,{CHAT_PIECE_CHARS}}}(?:\s+|\Z)|.{{1,{CHAT_PIECE_CHARS}}}|\n+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply before it takes the form of a document or of a stream."""

    id: str
    created: int
    """Seconds since 1970."""
    answer: Answer
    text: ChatText
    answer_token: str
    follow_ups: tuple[FollowUp, ...]
    prompt_tokens: int
    completion_tokens: int

    @property
    def faq(self) -> dict[str, Any]:
        """What the protocol has no field for; `answer_token` is what feedback is given with."""
        return {
            "status": self.answer.status.value,
            "confidence": self.answer.confidence,
            "record_ids": list(self.answer.shown_ids),
            "answer_token": self.answer_token,
            "follow_ups": [prompt.to_json() for prompt in self.follow_ups],
            "talk": self.answer.no_answer and self.answer.no_answer.talk,
            "handover": hands_over(self.answer),
        }

    @property
    def annotations(self) -> list[dict[str, Any]]:
        """Where the text comes from."""
        return [citation.to_json() for citation in self.text.citations]

    @property
    def usage(self) -> dict[str, Any]:
        """Tokens by the tokenizer of the knowledge base's encoder."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def head(self, kind: str) -> dict[str, Any]:
        """Return what the document and every event of the stream begin with."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": MODEL,
            "system_fingerprint": self.answer.snapshot,
        }


@chat.post("/chat/completions", **documented(OPERATIONS, "complete_chat"))
@parsed_by(read_chat_body)
def complete(body: ChatBody) -> Response:
    """Answer the last question of a conversation, as one document or as a stream."""
    completion = _completion(body)
    if not body.stream:
        return jsonify(_document(completion))
    with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    # The whole stream at once, because the whole answer is known: the first event leaves no later for it, an error can
    # still have its status, and no thread waits for a slow client or for one that is gone.
    return Response(event_stream(_chunks(completion, with_usage), _END), content_type=EVENT_STREAM)


@chat.get("/models", **documented(OPERATIONS, "list_models"))
@parsed
def models() -> Response:
    """List the one model there is."""
    with leased_knowledge() as knowledge:
        listed = {"object": "list", "data": [_model(knowledge)]}
        return reply_unless_held(version_of(knowledge), lambda: jsonify(listed))


@chat.get("/models/<path:model_id>", **documented(OPERATIONS, "get_model"))
@parsed
def model(path: ModelPath) -> Response:
    """Return the model."""
    if path.model_id != MODEL:
        message = f"There is no model of this name; the one here is '{MODEL}'."
        raise Refused(404, message, [FieldError("model", message, "model_not_found")])
    with leased_knowledge() as knowledge:
        found = _model(knowledge)
        return reply_unless_held(version_of(knowledge), lambda: jsonify(found))


def _model(knowledge: KnowledgeBase) -> dict[str, Any]:
    created = int(datetime.fromisoformat(knowledge.created).timestamp())
    return {"id": MODEL, "object": "model", "created": created, "owned_by": _OWNER}


def _completion(body: ChatBody) -> Completion:
    said, question = said_before(body.messages)
    charge_work(said, question, sum(len(message.text) for message in body.messages))
    with leased_knowledge() as knowledge:
        answer = answer_after(knowledge, said, question)
        text = chat_text(answer, words_of(answer), _page_address)
        count = knowledge.encoder.count_tokens
        prompt_tokens = sum(count(message.text) for message in body.messages)
        completion_tokens = count(text.content)
        follow_ups = follow_ups_of(knowledge, answer)
    note_answer(answer, "chat")
    return Completion(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        created=int(time.time()),
        answer=answer,
        text=text,
        answer_token=answer_token(answer),
        follow_ups=tuple(follow_ups),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
    )


def _page_address(record_id: str) -> str:
    return url_for("pages.answer", record_id=record_id, lang=None, _external=True)


def _document(completion: Completion) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": completion.text.content,
        "refusal": None,
        "annotations": completion.annotations,
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return completion.head("chat.completion") | {
        "choices": [choice],
        "usage": completion.usage,
        "faq": completion.faq,
    }


def _chunks(completion: Completion, with_usage: bool) -> Iterator[dict[str, Any]]:
    """Yield the events: the role, the text in pieces, its sources, the end, and with usage the tokens."""
    head = completion.head("chat.completion.chunk")
    usage = {"usage": None} if with_usage else {}

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return head | {"choices": [choice]} | usage

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for piece in pieces(completion.text.content):
        yield chunk({"content": piece})
    if completion.annotations:
        yield chunk({"annotations": completion.annotations})
    yield chunk({}, "stop") | {"faq": completion.faq}
    if with_usage:
        yield head | {"choices": [], "usage": completion.usage}


def pieces(text: str) -> list[str]:
    """Cut a text into pieces of about a line; together they are the text."""
    return _PIECE.findall(text)
