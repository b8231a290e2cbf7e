"""Every document that the API replies with, as a model.

The models are what `/openapi.json` is made of, and what the tests hold real replies against; no request pays for them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faqkb.kb.answers import Talk
from faqkb.server.limits import BATCH_QUESTIONS
from faqkb.server.reference.reply_parts import Confidence, FollowUpDocument, Reply, SnapshotName

_Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Milliseconds = Annotated[float, Field(ge=0, description="Time spent on it, milliseconds.")]
_Page = Annotated[str, Field(description="Path of the record's own page.")]
_Language = Annotated[str, Field(description="Code of the language, `und` where there are no letters.")]


class HighlightDocument(Reply):
    """The sentence of the answer's plain text that answers, as character offsets into it; empty where none does."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


class SourceDocument(Reply):
    """Where a record was written."""

    path: str = Field(description="Relative to the content's root.")
    line: int = Field(ge=1)
    anchor: str | None


class PlacedSource(SourceDocument):
    """Where the record of an answer was written."""

    section: list[str] = Field(description="Headings above the question, outermost first.")


class CheckRun(Reply):
    """A run of a check that its maintainers recorded."""

    at: str = Field(description="UTC, ISO 8601.")
    on: dict[str, str] = Field(description="Versions by name: `python`, `system`, the packages that the check needs.")


class CheckEvidence(Reply):
    """What is recorded of this very script."""

    passed: CheckRun | None = Field(description="The last run that passed.")
    failed: CheckRun | None = Field(description="The last run that failed, where none passed after it.")
    stale: bool = Field(description="The newest run failed: the answer may hold no more.")


class CheckEntry(Reply):
    """A script that proves the answer on the reader's own machine."""

    id: str
    title: str
    titles: dict[str, str] = Field(description="The title in other languages, by code.")
    command: str
    url: str
    sha256: _Sha256
    evidence: CheckEvidence | None = Field(description="Null where no run was recorded.")


class Explain(Reply):
    """How a hit came about."""

    passage: str = Field(description="Text of the passage that matched best.")
    scores: dict[str, float]
    weights: dict[str, float]
    known_error: bool = Field(description="Whether the question holds an error text that a check knows.")


class AnswerEntry(Reply):
    """A record found for a question."""

    id: str
    question: str
    language: _Language
    answer: str = Field(description="Markdown, as its maintainer wrote it.")
    answer_html: str = Field(
        description="The same as sanitised HTML; stored pictures are at `/pictures/…` below the address that is asked."
    )
    text: str | None = Field(
        default=None,
        description="The answer in the `format` and `style` that were asked for; only then. Its links and pictures are"
        " whole addresses.",
    )
    confidence: Confidence
    highlight: HighlightDocument
    source: PlacedSource
    checks: list[CheckEntry]
    explain: Explain | None = Field(default=None, description="Only when asked for with `explain`.")


class SuggestedQuestion(Reply):
    """A stored question offered where there is no answer."""

    id: str
    question: str
    confidence: Confidence


class NoAnswerDocument(Reply):
    """Why nothing is answered, and what may be near."""

    reason: Literal["not_confident", "empty_question", "empty_index", "small_talk"]
    talk: Talk | None = Field(description="What kind of small talk, where it is `small_talk`.")
    message: str
    suggestions: list[SuggestedQuestion]


class OneAnswer(Reply):
    """The answer to one question."""

    question: str = Field(description="The question as typed: normalised, a long text reduced to its telling lines.")
    understood_as: str = Field(
        description="What was searched for: the question without typing errors, alone or with those before it; of a"
        " message with a preface the sentence that asks."
    )
    status: Literal["answered", "ambiguous", "no_answer"]
    answered: bool
    confidence: Confidence
    language: str | None = Field(
        description="Of the conversation, as a code: what the reader writes or asked for; null where nothing tells it."
    )
    answers: list[AnswerEntry] = Field(description="Best first; the choices when `ambiguous`, empty when `no_answer`.")
    no_answer: NoAnswerDocument | None
    snapshot: SnapshotName
    took_ms: _Milliseconds
    why: str | None = Field(
        default=None,
        description="One sentence: why the first record won, or why nothing is said. Only when asked for with"
        " `explain`.",
    )


class AnswerDocument(OneAnswer):
    """The whole reply to a message; one with several questions has the answers to the rest in `others`."""

    others: list[OneAnswer] = Field(description="Answers to the other questions of the same message, in its order.")
    follow_ups: list[FollowUpDocument] = Field(
        description="Empty unless `answered`, or where the answer before it did not help: the checks of that one then."
    )
    handover: bool = Field(
        description="Whether a person should go on: one was asked for, the reader is in distress, or what was answered"
        " did not help and nothing stored is left."
    )
    answer_token: str = Field(description="What feedback on this answer is given with; holds for a day.")


class FieldProblem(Reply):
    """What is wrong with one field of a request."""

    field: str = Field(description="With dots and positions for nested ones: `tags.0`.")
    detail: str


class ProblemDocument(Reply):
    """An error, as RFC 9457 has it."""

    type: Literal["about:blank"]
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What was wrong and what to do.")
    errors: list[FieldProblem] | None = Field(default=None, description="The fields at fault, twenty at most.")


class BatchDocument(Reply):
    """The answers to several questions, all from one snapshot."""

    answers: list[AnswerDocument | ProblemDocument] = Field(
        max_length=BATCH_QUESTIONS,
        description="In the order of the questions; a problem stands where one could not be answered.",
    )
    snapshot: SnapshotName
    took_ms: _Milliseconds


class SearchHit(Reply):
    """A record found while typing."""

    id: str
    question: str
    confidence: Confidence
    url: _Page
    snippet: str = Field(description="The sentence that answers, at most 200 characters of it.")


class SearchDocument(Reply):
    """Hits, best first."""

    query: str
    hits: list[SearchHit]
    snapshot: SnapshotName
    took_ms: _Milliseconds


class RecordDocument(Reply):
    """One stored question with its answer."""

    id: str
    question: str
    answer: str
    answer_text: str = Field(description="The answer as plain text.")
    answer_html: str
    source: SourceDocument
    language: _Language
    alternates: list[str] = Field(description="Other wordings of the question.")
    section: list[str]
    tags: list[str]
    checks: list[str] = Field(description="Ids of the checks that prove the answer.")
    versions: list[str] = Field(description="Of the product, that the answer is about; none: all of them.")
    was: list[str] = Field(description="Ids that it was published under before.")
    url: _Page


class FoundRecord(RecordDocument):
    """A record by its id, or by one that it had before."""

    moved_to: str | None = Field(description="Its id, where it was asked for by one that it had before; else null.")


class RecordsDocument(Reply):
    """One page of the records."""

    records: list[RecordDocument]
    next_cursor: str | None = Field(description="What leads to the next page; null on the last one.")


class CheckDocument(CheckEntry):
    """A check script with what its header says."""

    version: str
    answers: list[str] = Field(description="Ids of the records it proves.")
    reads: list[str]
    writes: list[str]
    needs: list[str] = Field(description="Of `cpu`, `gpu`, `docker`.")
    limit_seconds: float
    dependencies: list[str]
    requires_python: str
    description: str


class ChecksDocument(Reply):
    """Every check script."""

    checks: list[CheckDocument]
