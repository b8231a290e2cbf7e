"""The documents of OpenAI's chat protocol, as models; see `server/api/replies.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faqkb.kb.answers import Talk
from faqkb.server.reference.reply_parts import Confidence, FollowUpDocument, Reply


class UrlCitation(Reply):
    """Which characters of the text come from where."""

    url: str
    title: str
    start_index: int = Field(ge=0)
    end_index: int = Field(ge=0)


class Annotation(Reply):
    """A source of the text."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class AssistantMessage(Reply):
    """What the assistant says: the stored text."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]


class CompletionChoice(Reply):
    """The one choice there is."""

    index: Literal[0]
    message: AssistantMessage
    logprobs: None
    finish_reason: Literal["stop"]


class PromptTokens(Reply):
    """Of the prompt's tokens, those of a kind."""

    cached_tokens: int
    audio_tokens: int


class CompletionTokens(Reply):
    """Of the completion's tokens, those of a kind."""

    reasoning_tokens: int
    audio_tokens: int
    accepted_prediction_tokens: int
    rejected_prediction_tokens: int


class Usage(Reply):
    """Tokens, by the tokenizer of the knowledge base's encoder."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokens
    completion_tokens_details: CompletionTokens


class FaqExtension(Reply):
    """What OpenAI's protocol has no field for."""

    status: Literal["answered", "ambiguous", "no_answer"]
    confidence: Confidence
    record_ids: list[str]
    answer_token: str
    follow_ups: list[FollowUpDocument]
    talk: Talk | None = Field(description="What kind of small talk, where the message was some.")
    handover: bool = Field(description="Whether a person should go on.")


class ChatCompletion(Reply):
    """The reply to a conversation as one document."""

    id: str
    object: Literal["chat.completion"]
    created: int = Field(description="Seconds since 1970.")
    model: Literal["faq"]
    system_fingerprint: str = Field(description="Name of the snapshot that answered.")
    choices: list[CompletionChoice]
    usage: Usage
    faq: FaqExtension


class ModelDocument(Reply):
    """The knowledge base, as a model."""

    id: Literal["faq"]
    object: Literal["model"]
    created: int
    owned_by: Literal["faqkb"]


class ModelsDocument(Reply):
    """The models there are: one."""

    object: Literal["list"]
    data: list[ModelDocument]


class OpenAiErrorFields(Reply):
    """What OpenAI's clients read of an error."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAiError(Reply):
    """An error, in the form of OpenAI's API."""

    error: OpenAiErrorFields
