"""What the commands of this room work on: the gaps of a knowledge base, and its counts of questions."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from faqkb.faq.console import say_note
from faqkb.faq.progress import counted
from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.errors import KnowledgeBaseMissing
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.gaps.finding import MOST, Gaps, find_gaps
from faqkb.kb.gaps.gap import Gap, Remedy
from faqkb.kb.gaps.missed import Missed, missed_questions
from faqkb.kb.knowledge import KnowledgeBase

_SECONDS = 120  # of looking at questions: 2,000 of people take 30, as many of somebody who sends nonsense 600
_REMEMBERED = 16  # questions: what was found for one is asked for twice in a row

days_option = click.option(
    "--days",
    type=click.IntRange(1, limits.FEEDBACK_DAYS_MAX),
    metavar="N",
    help="Of the last N days, today included; by default of all that is kept.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """The gaps, and out of how many questions."""

    gaps: Gaps
    asked: dict[str, int]
    """Questions by their outcome: `answered`, `ambiguous`, `no_answer`."""
    since: str
    """First day, e.g. `2026-11-25`; empty for all that is kept."""


def find(folder: Path, days: int | None) -> Found:
    """Return the gaps of the knowledge base in a folder. Raises StorageFailed, FeedbackDamaged, SnapshotDamaged."""
    store = FeedbackStore(folder)
    since = "" if days is None else str((datetime.now(UTC) - timedelta(days=days - 1)).date())
    missed = missed_questions(store, since=since)
    if len(missed) > MOST:
        say_note(f"{len(missed)} questions were missed; the weightiest {MOST} are put together")
    asked = {status.value: 0 for status in Status}
    for day in store.questions.days(since=since):
        asked[day.status] += day.times
    return Found(_gaps(folder, missed, store.rejected.digests()), asked, since)


def _gaps(folder: Path, missed: tuple[Missed, ...], rejected: frozenset[str]) -> Gaps:
    if not missed:
        return Gaps((), closed=0, rejected=0)
    try:
        knowledge = KnowledgeBase.open(folder, remembered=_REMEMBERED)
    except KnowledgeBaseMissing:
        say_note("there is no snapshot to compare with, so each question stands alone; run `faq ingest`")
        return Gaps(tuple(Gap((each,), (), Remedy.NEW, None) for each in missed), closed=0, rejected=0)
    with closing(knowledge), counted("looking at questions") as told:
        found = find_gaps(knowledge, missed, rejected, seconds=_SECONDS, progress=told)
    if found.read < min(len(missed), MOST):
        say_note(
            f"{found.read} of them were looked at in {_SECONDS} seconds, those that weigh most; the others wait until"
            " these are answered or rejected (`faq improve`)"
        )
    return found
