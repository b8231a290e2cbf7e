"""The document that `POST /v1/responses` replies with, as a model."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from faqkb.server.openai.conversation.extension import FaqExtension
from faqkb.server.reference.reply_parts import Reply


class UrlSource(Reply):
    """Which characters of the text come from where."""

    type: Literal["url_citation"]
    url: str
    title: str
    start_index: int = Field(ge=0)
    end_index: int = Field(ge=0)


class OutputText(Reply):
    """The stored text."""

    type: Literal["output_text"]
    text: str
    annotations: list[UrlSource]
    logprobs: list[Any]


class OutputMessage(Reply):
    """What the assistant says."""

    id: str
    type: Literal["message"]
    status: Literal["completed"]
    role: Literal["assistant"]
    content: list[OutputText]


class InputTokens(Reply):
    """Of the input's tokens, those of a kind."""

    cached_tokens: int


class OutputTokens(Reply):
    """Of the output's tokens, those of a kind."""

    reasoning_tokens: int


class ResponseUsage(Reply):
    """Tokens, by the tokenizer of the knowledge base's encoder."""

    input_tokens: int
    input_tokens_details: InputTokens
    output_tokens: int
    output_tokens_details: OutputTokens
    total_tokens: int


class ResponseFormat(Reply):
    """Always text."""

    type: Literal["text"]


class ResponseText(Reply):
    """How the answer is written."""

    format: ResponseFormat


class ResponseDocument(Reply):
    """The reply to a conversation as one document."""

    id: str
    object: Literal["response"]
    created_at: int = Field(description="Seconds since 1970.")
    status: Literal["completed"]
    background: Literal[False]
    error: None
    incomplete_details: None
    instructions: None
    max_output_tokens: None
    metadata: dict[str, str]
    model: Literal["faq"]
    output: list[OutputMessage]
    parallel_tool_calls: bool
    previous_response_id: None
    store: Literal[False]
    temperature: None
    text: ResponseText
    tool_choice: Literal["none"]
    tools: list[Any]
    top_p: None
    truncation: Literal["disabled"]
    usage: ResponseUsage
    faq: FaqExtension | None = Field(
        default=None, description="Not there where a chat window asked on its own behalf, e.g. for a title."
    )
