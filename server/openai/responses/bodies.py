"""The request of `POST /v1/responses`."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Request
from pydantic import Discriminator, Field, Tag

from faqkb.server.limits import MODEL_CHARS
from faqkb.server.openai.conversation.messages import Content, Message, Role, last_question, message_of
from faqkb.server.openai.conversation.mistakes import Documented, documented_body, refuse, refuse_format
from faqkb.server.openai.conversation.reading import read_openai_json

_Object = dict[str, Any]


class InputMessage(Documented):
    """A message of the conversation."""

    role: Role
    content: Content


class OtherItem(Documented):
    """Calls of tools, their results, references to what was said: nothing to search for."""

    type: str


def _kind_of_item(item: Any) -> str:
    kind = item.get("type", "message") if isinstance(item, dict) else getattr(item, "type", "message")
    return "message" if kind == "message" else "other"


Item = Annotated[
    Annotated[InputMessage, Tag("message")] | Annotated[OtherItem, Tag("other")], Discriminator(_kind_of_item)
]


class ResponseBody(Documented):
    """Body of `POST /v1/responses`."""

    model: str = Field(min_length=1, max_length=MODEL_CHARS)
    input: str | list[Item] = Field(description="The question, or the whole conversation as items.")
    stream: bool | None = None
    previous_response_id: str | None = Field(default=None, description="Refused: replies are not kept here.")
    conversation: str | _Object | None = Field(default=None, description="Refused, as is `previous_response_id`.")
    background: bool | None = Field(default=None, description="`true` is refused.")
    text: _Object | None = Field(default=None, description="A `format` of JSON is refused.")
    # From here on nothing changes the answer.
    include: list[str] | None = None
    instructions: str | list[Any] | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    metadata: dict[str, str] | None = None
    parallel_tool_calls: bool | None = None
    prompt_cache_key: str | None = None
    reasoning: _Object | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    stream_options: _Object | None = None
    temperature: float | None = None
    tool_choice: str | _Object | None = None
    tools: list[_Object] | None = None
    top_logprobs: int | None = None
    top_p: float | None = None
    truncation: str | None = None
    user: str | None = None


def read_response_body(request: Request) -> ResponseBody:
    """Return the body. Raises Refused: 415 not JSON, 413 too large, 400 malformed or with a wrong field."""
    body = documented_body(ResponseBody, read_openai_json(request))
    for param in ("previous_response_id", "conversation"):
        if getattr(body, param):
            refuse(
                param,
                f"'{param}' leads nowhere: no reply is kept here. Send the whole conversation as 'input' instead.",
                "unsupported_value",
            )
    if body.background:
        refuse("background", "'background' cannot be true: the answer is there at once.", "unsupported_value")
    refuse_format("text.format", (body.text or {}).get("format"))
    return body


def messages_of(body: ResponseBody) -> list[Message]:
    """Return the messages, one of which is the user's. Raises Refused (400) where no question is there."""
    if isinstance(body.input, str):
        return [Message("user", body.input)]
    messages = [message_of(item.role, item.content) for item in body.input if isinstance(item, InputMessage)]
    last_question([message.role for message in messages], "input")
    return messages
