"""The request of OpenAI's `POST /v1/chat/completions`, and its mistakes told in OpenAI's words.

Every documented field has its type, so that a client's mistake is found here and not when it moves on; most are read
over, because a stored answer has no temperature. What is not documented is read over too: other servers of this
protocol take more fields, and their clients send them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NoReturn

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from faqkb.kb.conversation.history import Said
from faqkb.server.http.parsing import Parameters, read_json
from faqkb.server.limits import CHAT_BODY_BYTES, CHAT_JSON_LEVELS, FIELD_NAME_CHARS, MODEL_CHARS
from faqkb.server.problems import FieldError, Refused

_Object = dict[str, Any]
# By pydantic's name of the mistake.
_EXPECTED = {
    "string_type": "a string",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "bool_type": "a boolean",
    "int_type": "an integer",
    "float_type": "a number",
}


class _Documented(BaseModel):
    """Types as sent; null where it is documented."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class TextPart(_Documented):
    """A piece of a message in words."""

    type: Literal["text"]
    text: str


class OtherPart(_Documented):
    """A piece of a message that holds nothing to search for."""

    type: Literal["image_url", "input_audio", "file", "refusal"]


class ChatMessage(_Documented):
    """One message of a conversation."""

    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: str | list[Annotated[TextPart | OtherPart, Field(discriminator="type")]] | None = None

    @property
    def text(self) -> str:
        """The words of the message, its parts on lines of their own."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if isinstance(part, TextPart))


class StreamOptions(_Documented):
    """How to stream."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatBody(_Documented):
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
    request.max_content_length = CHAT_BODY_BYTES
    value = read_json(request, CHAT_JSON_LEVELS)
    if not isinstance(value, dict):
        raise Refused(400, "The request body must be a JSON object; send fields between { and }.")
    try:
        body = ChatBody.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refusal(value, found) from None
    if body.stream_options is not None and not body.stream:
        refuse("stream_options", "'stream_options' is for streams alone: send 'stream': true, or leave it out.")
    return body


def said_before(messages: Sequence[ChatMessage]) -> tuple[tuple[Said, ...], str]:
    """Return what was said, oldest first, and the user's last message: the question. Raises Refused (400)."""
    users = [number for number, message in enumerate(messages) if message.role == "user"]
    if not users:
        refuse("messages", "No message is the user's; send one with 'role': 'user', and the question as its content.")
    last = users[-1]
    if messages[last].content is None:
        refuse(f"messages[{last}].content", "The last message of the user has no content; write the question there.")
    said = (Said(each.role, each.text) for each in messages[:last] if each.role in {"user", "assistant"})
    return tuple(said), messages[last].text


def refuse(param: str, message: str, code: str = "invalid_value") -> NoReturn:
    """Turn a request down for one field. Raises Refused (400)."""
    raise Refused(400, message, [FieldError(param, message, code)])


def _refusal(value: _Object, errors: Sequence[ErrorDetails]) -> Refused:
    """Return the refusal for the field that lies deepest: of a choice of types, the one that the client meant."""
    fields = [_field(value, error) for error in errors]
    depth = max(map(len, fields))
    deepest = next(field for field in fields if len(field) == depth)
    of_field = [error for error, field in zip(errors, fields, strict=True) if field == deepest]
    param = _name(deepest)
    message, code = _mistake(param, of_field)
    return Refused(400, message, [FieldError(param, message, code)])


def _field(value: Any, error: ErrorDetails) -> tuple[int | str, ...]:
    """Return where in the body a mistake is: pydantic's location less the names of the types it tried there."""
    field: list[int | str] = []
    location = error["loc"]
    for number, step in enumerate(location):
        is_missing = error["type"] == "missing" and number == len(location) - 1
        if isinstance(value, dict) and (step in value or is_missing):
            field.append(step)
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            field.append(step)
            value = value[step]
    return tuple(field)


def _name(field: Sequence[int | str]) -> str:
    """Return a field as OpenAI writes it: `messages[0].content`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in field)[1:][:FIELD_NAME_CHARS]


def _mistake(param: str, errors: Sequence[ErrorDetails]) -> tuple[str, str]:
    """Return what is wrong with a field, and OpenAI's word for it."""
    kind = errors[0]["type"]
    if kind == "missing":
        return f"Missing required parameter: '{param}'.", "missing_required_parameter"
    if kind == "too_short":
        return f"Invalid '{param}': empty array; expected at least one message.", "empty_array"
    expected = list(dict.fromkeys(_EXPECTED[error["type"]] for error in errors if error["type"] in _EXPECTED))
    if expected:
        return f"Invalid type for '{param}': expected {' or '.join(expected)}.", "invalid_type"
    return f"Invalid value for '{param}': {errors[0]['msg']}.", "invalid_value"
