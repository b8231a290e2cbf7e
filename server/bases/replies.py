"""The documents that stand for several knowledge bases, as models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faqkb.server.api.replies import AnswerEntry, NoAnswerDocument, SearchHit, SuggestedQuestion
from faqkb.server.reference.reply_parts import Confidence, Reply, SnapshotName

_Base = Annotated[str, Field(description="Name of the knowledge base.")]
_Url = Annotated[str, Field(description="Path of the record's own page.")]
_Milliseconds = Annotated[float, Field(ge=0, description="Time spent on it, milliseconds.")]


class BaseEntry(Reply):
    """A knowledge base of this server."""

    name: str
    title: str
    url: str = Field(description="Path that all of its addresses are below.")
    status: Literal["ok", "closed"] = Field(description="`closed`: it cannot be opened at the moment.")
    records: int | None = Field(description="Stored questions; null while it is closed.")
    snapshot: str | None


class BasesDocument(Reply):
    """The knowledge bases that the client may read."""

    bases: list[BaseEntry]


class BaseProblem(Reply):
    """A knowledge base that could not be asked."""

    base: _Base
    status: int = Field(ge=500, le=599)
    detail: str


class BaseAnswerEntry(AnswerEntry):
    """A record found for a question, and where. Stored pictures in `answer_html` are at whole paths of this server."""

    base: _Base
    url: _Url


class BaseSuggestion(SuggestedQuestion):
    """A stored question offered where there is no answer, and where it is stored."""

    base: _Base
    url: _Url


class BasesNoAnswer(NoAnswerDocument):
    """Why nothing is answered, and what may be near."""

    suggestions: list[BaseSuggestion]  # type: ignore[assignment]


class BaseSaid(Reply):
    """What one knowledge base said for itself."""

    base: _Base
    title: str
    url: str = Field(description="Path that all of its addresses are below: feedback goes to `api/v1/feedback` there.")
    status: Literal["answered", "ambiguous", "no_answer"]
    confidence: Confidence
    understood_as: str
    snapshot: SnapshotName
    answer_token: str = Field(description="What feedback on this base's answer is given with, to that base.")


class BasesAnswerDocument(Reply):
    """The answer of several knowledge bases to one question."""

    question: str
    status: Literal["answered", "ambiguous", "no_answer"] = Field(
        description="What the base of the first record says; `no_answer` where none has a record to show."
    )
    answered: bool
    confidence: Confidence
    answers: list[BaseAnswerEntry] = Field(description="Of all bases, the surest first.")
    no_answer: BasesNoAnswer | None
    bases: list[BaseSaid] = Field(description="What each base said, the surest first.")
    problems: list[BaseProblem] = Field(description="The bases that could not be asked.")
    took_ms: _Milliseconds


class BaseSearchHit(SearchHit):
    """A record found while typing, and where."""

    base: _Base


class BasesSearchDocument(Reply):
    """Hits of several knowledge bases, the surest first."""

    query: str
    hits: list[BaseSearchHit]
    problems: list[BaseProblem]
    took_ms: _Milliseconds


class BaseHealth(Reply):
    """The process answers."""

    status: Literal["ok", "degraded"] = Field(description="`degraded`: at least one knowledge base is not well.")
    failing: list[str] = Field(description="Those that are not well, of those that the client may know of.")


class BaseReadiness(Reply):
    """What one knowledge base answers from."""

    name: str
    snapshot: str | None = Field(description="Null while it is closed.")
    records: int | None
    problem: str | None = Field(description="Why it is closed, or which newer snapshot is refused and why.")


class BasesReady(Reply):
    """What answers."""

    status: Literal["ready"]
    bases: list[BaseReadiness] = Field(description="Those that the client may know of.")
