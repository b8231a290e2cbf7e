"""The request of OpenAI's `POST /v1/chat/completions`, and its mistakes told in OpenAI's words.

Every documented field has its type, so that a client's mistake is found here and not when it moves on; most are read
over, because a stored answer has no temperature. What is not documented is read over too: other servers of this
protocol take more fields, and their clients send them.
"""

from __future__ import annotations

from typing import Any

from flask import Request
from pydantic import Field

from faqkb.server.http.parsing import Parameters
from faqkb.server.limits import MODEL_CHARS
from faqkb.server.openai.conversation.messages import Content, Message, Role, last_question, message_of
from faqkb.server.openai.conversation.mistakes import Documented, documented_body, refuse, refuse_format
from faqkb.server.openai.conversation.reading import read_openai_json

_Object = dict[str, Any]


class ChatMessage(Documented):
    """One message of a conversation."""

    role: Role
    content: Content = None


class StreamOptions(Documented):
    """How to stream."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatBody(Documented):
    """Body of `POST /v1/chat/completions`."""

    model: str = Field(min_length=1, max_length=MODEL_CHARS)
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    # From here on nothing changes the answer.
    audio: _Object | None = None
    frequency_penalty: float | None = None
    function_call: str | _Object | None = None
    functions: list[_Object] | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    metadata: dict[str, str] | None = None
    modalities: list[str] | None = None
    n: int | None = None
    parallel_tool_calls: bool | None = None
    prediction: _Object | None = None
    presence_penalty: float | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    reasoning_effort: str | None = None
    response_format: _Object | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    service_tier: str | None = None
    stop: str | list[str] | None = None
    store: bool | None = None
    temperature: float | None = None
    tool_choice: str | _Object | None = None
    tools: list[_Object] | None = None
    top_logprobs: int | None = None
    top_p: float | None = None
    user: str | None = None
    verbosity: str | None = None
    web_search_options: _Object | None = None


class ModelPath(Parameters):
    """Path of `GET /v1/models/<id>`."""

    model_id: str = Field(description="Of the model: `faq`.", json_schema_extra={"example": "faq"})


def read_chat_body(request: Request) -> ChatBody:
    """Return the body. Raises Refused: 415 not JSON, 413 too large, 400 malformed or with a wrong field."""
    body = documented_body(ChatBody, read_openai_json(request))
    check_stream(body.stream, body.stream_options)
    refuse_format("response_format", body.response_format)
    return body


def messages_of(body: ChatBody) -> list[Message]:
    """Return the messages, one of which is the user's. Raises Refused (400) where no question is there."""
    last = last_question([message.role for message in body.messages], "messages")
    if body.messages[last].content is None:
        refuse(f"messages[{last}].content", "The last message of the user has no content; write the question there.")
    return [message_of(message.role, message.content) for message in body.messages]


def check_stream(stream: bool | None, options: StreamOptions | None) -> None:
    """Refuse options of a stream where none is asked for. Raises Refused (400)."""
    if options is not None and not stream:
        refuse("stream_options", "'stream_options' is for streams alone: send 'stream': true, or leave it out.")
