"""What readers say of answers, as values: votes, questions asked in vain, clicks, and their counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from faqkb.kb.answers import Status

REASONS = ("outdated", "incomplete", "wrong", "unclear", "not_my_question", "other")
"""Tags of the pages' own form for an answer that did not help; others may be sent."""


def utc_now() -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond."""
    return as_text(datetime.now(UTC))


def as_text(at: datetime) -> str:
    """Return a time as events hold it; such texts sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Vote:
    """A reader's judgement of an answer."""

    record_id: str | None
    """The record judged; None where several choices, or the silence, were found helpful."""
    helpful: bool
    tags: tuple[str, ...] = ()
    """Reasons, `REASONS` or the client's own."""
    note: str | None = None
    question: str | None = None
    """What was asked; None when the record was opened by its address, or the reader's browser asks for privacy."""
    snapshot: str | None = None
    """Name of the snapshot that answered."""
    answer: str | None = None
    """Tells one given answer from every other; a second vote on it and the same record replaces the first."""
    at: str = field(default_factory=utc_now)
    """UTC, ISO 8601."""
    confidence: float | None = None
    """How sure the answer was of this record, 0..1; None where nothing was asked, or another record was judged."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that found no answer, told to the maintainer by its reader."""

    question: str | None
    """None when the reader's browser asks for privacy."""
    status: str = Status.NO_ANSWER.value
    """`no_answer`, or `ambiguous` when no choice was the right one."""
    tags: tuple[str, ...] = ()
    note: str | None = None
    snapshot: str | None = None
    answer: str | None = None
    """As in Vote."""
    at: str = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True)
class Click:
    """A record that a reader opened from a list."""

    record_id: str
    question: str | None = None
    snapshot: str | None = None
    at: str = field(default_factory=utc_now)


Event = Vote | Unanswered | Click


@dataclass(frozen=True, slots=True)
class RecordVotes:
    """The votes on one record."""

    record_id: str
    helpful: int
    not_helpful: int
    reasons: dict[str, int]
    """How often each tag was given with a vote against, most frequent first."""


@dataclass(frozen=True, slots=True)
class AskedInVain:
    """One question without an answer, in whatever case and with whatever mark at its end it was asked."""

    question: str
    """As asked last."""
    times: int
    last: str
    """When it was told last, UTC."""
    notes: tuple[str, ...]
    """What readers added, oldest first."""


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as one line of `faq feedback --export`."""
    fields = asdict(event)
    fields.pop("answer", None)
    return {"kind": _KINDS[type(event)]} | fields


_KINDS = {Vote: "vote", Unanswered: "unanswered", Click: "click"}
