"""Questions that readers got no good answer to, each with all that is known of it, weighed by how often and how lately.

`weight = sum of 2 ** (-age / 30)` over the times it was missed, the age in days: what was asked today counts 1, a month
ago a half. A question is missed when nothing was found, when several records were offered and no reader opened one,
and when a reader voted against the answer. One of which a reader opened a choice counts a half.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from faqkb.kb.answers import Status
from faqkb.kb.feedback.events import Click, Event, Unanswered, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import WithoutAnswer, folded

HALF_LIFE_DAYS = 30.0  # a month: what a release broke comes up at once, and what nobody asks any more sinks
CHOSEN_WEIGHT = 0.5  # of a question whose reader found a record in the list: helped, one click late


@dataclass(frozen=True, slots=True)
class Missed:
    """One question without a good answer, in whatever case and with whatever mark at its end it was asked."""

    question: str
    """As asked last."""
    weight: float
    """How often and how lately it was missed."""
    no_answer: int
    """How often nothing was found."""
    ambiguous: int
    """How often records were offered and none was opened."""
    chosen: dict[str, int]
    """Records that readers opened, or found helpful, after asking it: how often each, most often first."""
    against: dict[str, int]
    """Records that were voted against as its answer."""
    first: str
    """When it was missed first, of what is kept; UTC."""
    last: str
    """When it was missed last, UTC."""
    notes: tuple[str, ...] = ()
    """What readers added, oldest first."""

    @property
    def times(self) -> int:
        """How often it was missed."""
        return self.no_answer + self.ambiguous + sum(self.against.values())


@dataclass(slots=True)
class _Day:
    """What is known of a question on one day."""

    no_answer: int = 0
    ambiguous: int = 0
    told_no_answer: int = 0
    told_ambiguous: int = 0
    clicks: int = 0
    against: int = 0

    def settle(self) -> tuple[int, int, int]:
        """Return how often nothing was found, none of the choices was opened, and one was.

        A reader who tells that there was no answer is counted by the server already, where it records questions.
        """
        no_answer = max(self.no_answer, self.told_no_answer)
        offered = max(self.ambiguous, self.told_ambiguous)
        chosen = min(self.clicks, offered - self.told_ambiguous)
        return no_answer, offered - chosen, chosen


@dataclass(slots=True)
class _Gathered:
    """What is gathered of one question."""

    days: dict[str, _Day] = field(default_factory=dict)
    chosen: Counter[str] = field(default_factory=Counter)
    against: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    forms: dict[str, str] = field(default_factory=dict)
    """The question as written, by when it was asked so."""
    missed_at: list[str] = field(default_factory=list)

    def on(self, at: str) -> _Day:
        return self.days.setdefault(at[:10], _Day())


def missed_questions(store: FeedbackStore, *, since: str = "", now: datetime | None = None) -> tuple[Missed, ...]:
    """Return the questions missed from a day on (`2026-11-25`), the weightiest first.

    Raises StorageFailed, FeedbackDamaged.
    """
    return weighed(store.questions.without_answer(since=since), store.events(), since=since, now=now)


def weighed(
    asked: Iterable[WithoutAnswer], events: Iterable[Event], *, since: str = "", now: datetime | None = None
) -> tuple[Missed, ...]:
    """Return what questions and events tell of the questions missed, the weightiest first."""
    gathered: dict[str, _Gathered] = {}
    for each in asked:
        _take_question(gathered.setdefault(folded(each.question), _Gathered()), each)
    for event in events:
        if event.question and event.at >= since:
            _take_event(gathered.setdefault(folded(event.question), _Gathered()), event, event.question)
    today = (now or datetime.now(UTC)).date()
    found = (
        _missed(each, {day: (today - datetime.fromisoformat(day).date()).days for day in each.days})
        for each in gathered.values()
        if each.missed_at
    )
    return tuple(sorted(found, key=lambda missed: (-missed.weight, missed.question)))


def _take_question(known: _Gathered, asked: WithoutAnswer) -> None:
    day = known.on(asked.day)
    if asked.status is Status.NO_ANSWER:
        day.no_answer += asked.times
    else:
        day.ambiguous += asked.times
    known.forms[asked.last] = asked.question
    known.missed_at.append(asked.last)


def _take_event(known: _Gathered, event: Event, question: str) -> None:
    day = known.on(event.at)
    if isinstance(event, Click):
        day.clicks += 1
        known.chosen[event.record_id] += 1
        return
    if isinstance(event, Vote) and event.helpful:
        if event.record_id is not None:
            known.chosen[event.record_id] += 1
        return
    if isinstance(event, Unanswered):
        if event.status == Status.NO_ANSWER:
            day.told_no_answer += 1
        else:
            day.told_ambiguous += 1
    elif event.record_id is not None:
        day.against += 1
        known.against[event.record_id] += 1
    if event.note:
        known.notes.append(event.note)
    known.forms[event.at] = question
    known.missed_at.append(event.at)


def _missed(known: _Gathered, ages: dict[str, int]) -> Missed:
    no_answer = ambiguous = 0
    weight = 0.0
    for name, day in known.days.items():
        unfound, unopened, chosen = day.settle()
        no_answer += unfound
        ambiguous += unopened
        fading = 2.0 ** (-max(ages[name], 0) / HALF_LIFE_DAYS)
        weight += fading * (unfound + unopened + day.against + CHOSEN_WEIGHT * chosen)
    return Missed(
        question=known.forms[max(known.forms)],
        weight=weight,
        no_answer=no_answer,
        ambiguous=ambiguous,
        chosen=dict(_most_first(known.chosen)),
        against=dict(_most_first(known.against)),
        first=min(known.missed_at),
        last=max(known.missed_at),
        notes=tuple(known.notes),
    )


def _most_first(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    yield from sorted(counts.items(), key=lambda item: (-item[1], item[0]))
