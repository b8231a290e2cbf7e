"""The documents of OpenAI's protocol, as models; see `server/api/replies.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faqkb.server.openai.conversation.extension import FaqExtension
from faqkb.server.reference.reply_parts import Reply


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


class ChatCompletion(Reply):
    """The reply to a conversation as one document."""

    id: str
    object: Literal["chat.completion"]
    created: int = Field(description="Seconds since 1970.")
    model: Literal["faq"]
    system_fingerprint: str = Field(description="Name of the snapshot that answered.")
    choices: list[CompletionChoice]
    usage: Usage
    faq: FaqExtension | None = Field(
        default=None, description="Not there where a chat window asked on its own behalf, e.g. for a title."
    )


class TextChoice(Reply):
    """The answer to one text."""

    index: int = Field(ge=0)
    text: str
    logprobs: None
    finish_reason: Literal["stop"]
    faq: FaqExtension | None = None


class TextCompletion(Reply):
    """The reply to one or more texts as one document."""

    id: str
    object: Literal["text_completion"]
    created: int = Field(description="Seconds since 1970.")
    model: Literal["faq"]
    system_fingerprint: str = Field(description="Name of the snapshot that answered.")
    choices: list[TextChoice]
    usage: Usage


class EmbeddingDocument(Reply):
    """The vector of one text."""

    object: Literal["embedding"]
    index: int = Field(ge=0)
    embedding: list[float] | str = Field(description="Of length 1; a text in base64, float32 with the low byte first.")


class EmbeddingUsage(Reply):
    """Tokens of all texts."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsDocument(Reply):
    """The vectors of some texts, in their order."""

    object: Literal["list"]
    data: list[EmbeddingDocument]
    model: Literal["faq"]
    usage: EmbeddingUsage


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
