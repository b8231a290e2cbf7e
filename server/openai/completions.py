"""OpenAI's older address, `POST /v1/completions`: a text instead of messages. LlamaIndex asks it by default."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from flask import Request, Response, jsonify
from flask_openapi3 import APIBlueprint
from pydantic import Field

from faqkb.server.access.decision import charge_more
from faqkb.server.answering.turns import batch_turn, time_is_up
from faqkb.server.http.parsing import parsed_by
from faqkb.server.http.sse import EVENT_STREAM, event_stream
from faqkb.server.limits import COMPLETION_PROMPTS, MODEL_CHARS
from faqkb.server.openai.bodies import StreamOptions, check_stream
from faqkb.server.openai.conversation.messages import Message
from faqkb.server.openai.conversation.mistakes import Documented, documented_body, refuse_tokens
from faqkb.server.openai.conversation.reading import read_openai_json
from faqkb.server.openai.conversation.spoken import MODEL, Spoken, reply_to
from faqkb.server.openai.helpers.transcripts import labelled
from faqkb.server.openai.operations import OPERATIONS
from faqkb.server.openai.usage import usage_of
from faqkb.server.protocol import documented

completions = APIBlueprint("completions", __name__, url_prefix="/v1")

_END = "[DONE]"


class CompletionBody(Documented):
    """Body of `POST /v1/completions`."""

    model: str = Field(min_length=1, max_length=MODEL_CHARS)
    prompt: str | Annotated[list[str], Field(min_length=1, max_length=COMPLETION_PROMPTS)] = Field(
        description="The question, or several; arrays of token numbers are refused."
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    # From here on nothing changes the answer.
    best_of: int | None = None
    echo: bool | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: int | None = None
    max_tokens: int | None = None
    n: int | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    suffix: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    user: str | None = None


def read_completion_body(request: Request) -> CompletionBody:
    """Return the body. Raises Refused: 415 not JSON, 413 too large, 400 malformed or with a wrong field."""
    value = read_openai_json(request)
    refuse_tokens("prompt", value)
    body = documented_body(CompletionBody, value)
    check_stream(body.stream, body.stream_options)
    return body


def prompts_of(body: CompletionBody) -> list[str]:
    """Return the texts."""
    return [body.prompt] if isinstance(body.prompt, str) else body.prompt


@completions.post("/completions", strict_slashes=False, **documented(OPERATIONS, "complete_text"))
@parsed_by(read_completion_body)
def complete_text(body: CompletionBody) -> Response:
    """Answer each text, as one document or as a stream."""
    prompts = prompts_of(body)
    charge_more(len(prompts) - 1)
    spoken = _spoken(prompts)
    head = {
        "id": f"cmpl-{uuid.uuid4().hex}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": MODEL,
        "system_fingerprint": spoken[-1].snapshot,
    }
    if not body.stream:
        choices = [_choice(number, each.text.content, "stop") | each.extension for number, each in enumerate(spoken)]
        return jsonify(head | {"choices": choices, "usage": usage_of(*spoken)})
    with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    return Response(event_stream(_chunks(head, spoken, with_usage), _END), content_type=EVENT_STREAM)


def _spoken(prompts: Sequence[str]) -> list[Spoken]:
    """Return what is said to each text, each of which may be a conversation. Raises Refused (429, 503)."""
    said: list[Spoken] = []
    with batch_turn(len(prompts)) as is_over:
        for prompt in prompts:
            if said and is_over():
                raise time_is_up()
            said.append(reply_to(_messages(prompt)))
    return said


def _messages(prompt: str) -> list[Message]:
    """Return a text as messages: a conversation written down that ends where the assistant's turn is, or a question."""
    said = labelled(prompt)
    if said and said[-1].role == "assistant" and not said[-1].text and any(each.role == "user" for each in said):
        return [Message(each.role, each.text) for each in said[:-1]]
    return [Message("user", prompt)]


def _choice(number: int, text: str, finish_reason: str | None) -> dict[str, Any]:
    return {"index": number, "text": text, "logprobs": None, "finish_reason": finish_reason}


def _chunks(head: dict[str, Any], spoken: Sequence[Spoken], with_usage: bool) -> Iterator[dict[str, Any]]:
    usage = {"usage": None} if with_usage else {}
    for number, each in enumerate(spoken):
        for piece in each.pieces:
            yield head | {"choices": [_choice(number, piece, None)]} | usage
        yield head | {"choices": [_choice(number, "", "stop") | each.extension]} | usage
    if with_usage:
        yield head | {"choices": [], "usage": usage_of(*spoken)}
