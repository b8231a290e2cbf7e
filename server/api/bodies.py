"""The bodies and parameters of the API, as models."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Request
from pydantic import Field

from faqkb.kb import limits
from faqkb.kb.records import Filter
from faqkb.server.answering.documents import Wanted
from faqkb.server.api.filters import FilterBody, FilterParameters, filter_of
from faqkb.server.feedback.judging import Tag
from faqkb.server.http.parsing import Parameters, Strict, read_body
from faqkb.server.limits import (
    ANSWER_TOKEN_CHARS,
    BATCH_BODY_BYTES,
    BATCH_QUESTIONS,
    MESSAGES_MAX,
    RECORDS_LIMIT,
    RECORDS_LIMIT_MAX,
    SEARCH_LIMIT,
    SESSION_ID_CHARS,
)
from faqkb.server.texts.forms import Format, Style

_Question = Annotated[
    str, Field(description="In the asker's own words; a long pasted text is reduced to its telling lines.")
]
_TopK = Annotated[int, Field(ge=1, le=limits.TOP_K_MAX, description="How many answers at most.")]
_MinConfidence = Annotated[
    float | None,
    Field(ge=0, le=1, description="From where on a record counts as the answer; by default as calibrated."),
]
_OnlyTagged = Annotated[
    list[Tag], Field(max_length=limits.TAGS_MAX, description="Only records that carry one of these tags.")
]
_Filter = Annotated[FilterBody, Field(description="Which records may answer, beside `tags`.")]
_Explain = Annotated[bool, Field(description="Whether to say how each answer came about.")]

_Shown = Annotated[
    Literal["markdown", "text"] | None,
    Field(
        description="What the channel shows: each answer has a `text` in it, links and pictures as whole addresses."
        " Unless it is said there is none."
    ),
]
_Style = Annotated[
    Literal["full", "short"],
    Field(description="`short`: the `text` is the sentence that answers, and the address of the page."),
]


class Message(Strict):
    """An earlier turn of a conversation: what the user said, and of a reply the numbered list to choose from."""

    role: Literal["user", "assistant", "system"]
    content: str = Field(description="What was said.")


class AskBody(Strict):
    """Body of `POST /api/v1/ask`."""

    question: _Question
    top_k: _TopK = 3
    min_confidence: _MinConfidence = None
    tags: _OnlyTagged = Field(default=[])
    filter: _Filter = FilterBody()
    session_id: str | None = Field(
        default=None,
        max_length=SESSION_ID_CHARS,
        description="Chosen by the client; follow-ups are understood by the last questions of the same session.",
    )
    messages: list[Message] = Field(
        default=[],
        max_length=MESSAGES_MAX,
        description="The turns before the question, oldest first, for a client that keeps them itself.",
    )
    explain: _Explain = False
    format: _Shown = None
    style: _Style = "full"
    typing: bool = Field(
        default=False,
        description="Whether the reader may still be typing: of such questions the one that stands counts as asked.",
    )


class BatchQuestion(Strict):
    """One question of `POST /api/v1/ask:batch`; a conversation is asked turn by turn."""

    question: _Question
    top_k: _TopK = 3
    min_confidence: _MinConfidence = None
    tags: _OnlyTagged = Field(default=[])
    filter: _Filter = FilterBody()
    explain: _Explain = False
    format: _Shown = None
    style: _Style = "full"


class BatchBody(Strict):
    """Body of `POST /api/v1/ask:batch`."""

    questions: list[BatchQuestion] = Field(
        min_length=1, max_length=BATCH_QUESTIONS, description="Each with the fields of `ask`, but for a conversation's."
    )


class ClickBody(Strict):
    """Body of `POST /api/v1/clicks`: which of the records shown a reader opened."""

    answer_token: str = Field(max_length=ANSWER_TOKEN_CHARS, description="Of the answer document.")
    record_id: str = Field(description="Which of the records shown was opened.")


class RecordPath(Parameters):
    """Path of `GET /api/v1/records/<id>`."""

    record_id: str = Field(description="Its slashes may be sent as they are or as %2F.")


class SearchParameters(FilterParameters):
    """Query of `GET /api/v1/search`."""

    q: str = Field(description="What is typed so far.")
    limit: int = Field(default=SEARCH_LIMIT, ge=1, le=limits.TOP_K_MAX, description="How many hits at most.")


class RecordsParameters(Parameters):
    """Query of `GET /api/v1/records`."""

    cursor: str | None = Field(default=None, description="`next_cursor` of the page before; none for the first page.")
    limit: int = Field(default=RECORDS_LIMIT, ge=1, le=RECORDS_LIMIT_MAX, description="How many records at most.")


def wanted_by(asked: AskBody | BatchQuestion) -> Wanted:
    """Return what a question wants of its answer. Raises InvalidQuery."""
    return Wanted(asked.explain, Format(asked.format) if asked.format else None, Style(asked.style), filter_by(asked))


def filter_by(asked: AskBody | BatchQuestion) -> Filter:
    """Return which records may answer a question. Raises InvalidQuery."""
    return filter_of(asked.tags, asked.filter)


def read_batch_body(request: Request) -> BatchBody:
    """Return the body of a batch, which may be larger than others. Raises what `read_body` raises."""
    request.max_content_length = BATCH_BODY_BYTES
    return read_body(request, BatchBody)
