"""What a server answers, as values. Fields that a later server adds are read over, and kept in `document` of an answer.

A field that the server always sends has no default: a reply without it is not one of a faqkb server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Highlight:
    """The sentence of an answer's plain text that answers."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record was written."""

    path: str
    line: int
    section: tuple[str, ...] = ()
    """Headings above the question, outermost first; empty in a `Record`, which has them itself."""
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A recorded run of a check."""

    at: str
    """UTC, ISO 8601."""
    on: dict[str, str] = field(default_factory=dict)
    """Versions by name."""


@dataclass(frozen=True, slots=True)
class CheckEvidence:
    """What is recorded of a check's runs."""

    passed: CheckRun | None = None
    failed: CheckRun | None = None
    """The last run that failed, where none passed after it."""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class CheckLink:
    """A script that proves an answer on the reader's machine."""

    id: str
    title: str
    command: str
    url: str
    """Path on the server."""
    sha256: str
    titles: dict[str, str] = field(default_factory=dict)
    """The title in other languages, by language code."""
    evidence: CheckEvidence | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a hit came about."""

    passage: str
    scores: dict[str, float]
    weights: dict[str, float]
    known_error: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A record found for a question."""

    id: str
    question: str
    answer: str
    """Markdown as written."""
    answer_html: str
    """Sanitised."""
    confidence: float
    """Probability that the record answers the question, 0..1."""
    highlight: Highlight
    source: Source
    checks: tuple[CheckLink, ...] = ()
    language: str = "und"
    explain: Explanation | None = None
    """Where the question asked for it."""
    text: str | None = None
    """The answer in the format and style that the question asked for; None where it asked for none."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A stored question offered when there is no answer."""

    id: str
    question: str
    confidence: float


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why nothing is answered, and what may be near."""

    reason: str
    """`not_confident`, `empty_question`, `empty_index`, `small_talk`; a later server may know more."""
    message: str
    suggestions: tuple[Suggestion, ...] = ()
    talk: str | None = None
    """What kind of small talk: `thanks`, `person`, `not_helped`, …"""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a reader may ask or do next."""

    kind: str
    """`check`, `related` or `topic`."""
    id: str
    """Of the record, or of the check."""
    text: str
    url: str
    """Path on the server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer document."""

    question: str
    """As understood."""
    status: str
    """`answered`, `ambiguous` (the choices are in `answers`) or `no_answer`."""
    answered: bool
    confidence: float
    answers: tuple[Hit, ...]
    """Best first."""
    no_answer: NoAnswer | None
    snapshot: str
    took_ms: float
    """At the server."""
    answer_token: str | None = None
    """What feedback is given with; holds for a day."""
    understood_as: str | None = None
    """What was searched for: the question without typing errors, alone or with those before it."""
    why: str = ""
    """Why the first record won, or why nothing is said; only where `explain` was asked for."""
    others: tuple[Answer, ...] = ()
    """Answers to the other questions of the same message."""
    follow_ups: tuple[FollowUp, ...] = ()
    language: str | None = None
    """Of the conversation, as a code."""
    handover: bool = False
    """A person should go on."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The same as it was sent, with fields that this version does not know."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A hit of as-you-type search."""

    id: str
    question: str
    confidence: float
    url: str
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One stored question with its answer."""

    id: str
    question: str
    answer: str
    answer_text: str
    answer_html: str
    source: Source
    language: str
    alternates: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    """Ids of check scripts."""
    versions: tuple[str, ...] = ()
    """Of the product, that the answer is about; none: about all of them."""
    was: tuple[str, ...] = ()
    """Ids that it had before."""
    url: str | None = None
    """Path of its page."""
    moved_to: str | None = None
    """Its id, where it was asked for by one that it had before."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check script with what its header says."""

    id: str
    version: str
    title: str
    command: str
    url: str
    sha256: str
    description: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    """Ids of the records it proves."""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    """Packages, as PEP 508 requirements."""
    requires_python: str = ""
    limit_seconds: float = 60.0
    evidence: CheckEvidence | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """What a server that is ready says."""

    status: str
    snapshot: str
    records: int
