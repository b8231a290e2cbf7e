"""The figures of a knowledge base: questions, what came of them, votes; each defined in docs/admin.md.

Attempts, answers, unsuccessful attempts, clicks, resolutions and the suggestion rate are Zendesk's (Explore, Article
Recommendations); uncertain is kapa.ai's. A share is shown with its Wilson interval: with few votes it is wide.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from faqkb.kb.answers import Status
from faqkb.kb.feedback.events import Click, Event, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import DayCount, WithoutAnswer, folded

_Z = 1.959963984540054  # of the normal distribution, for 95%
WEEK_DAYS = 7
# Narrower where most answers lie: what the pages call unsure, likely and sure, and the last in three.
_BIN_ENDS = (0.0, 0.5, 0.8, 0.9, 0.95, 1.0)
LEAST_VOTES = 10  # of a week, before it is said whether the confidence holds: with fewer no interval excludes anything


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with the interval that its true share lies in with a probability of 95%."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """0..1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end, 0..1; None of nothing. Source: Wilson 1927, JASA 22, 209-212."""
        if not self.whole:
            return None
        share, squared = self.part / self.whole, _Z * _Z
        centre = share + squared / (2 * self.whole)
        half = _Z * math.sqrt(share * (1 - share) / self.whole + squared / (4 * self.whole * self.whole))
        divisor = 1 + squared / self.whole
        return max(0.0, (centre - half) / divisor), min(1.0, (centre + half) / divisor)


@dataclass(frozen=True, slots=True)
class Span:
    """The days that figures are of, in UTC."""

    first: date
    last: date
    """Today."""

    @classmethod
    def ending(cls, today: date, days: int) -> Span:
        """Return the last so many days, today included."""
        return cls(today - timedelta(days=days - 1), today)

    def __iter__(self) -> Iterator[date]:
        """Yield each day, oldest first."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


@dataclass(slots=True)
class Day:
    """What happened on one day."""

    day: str
    """UTC, e.g. `2026-11-25`."""
    counts: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))
    confidence: float = 0.0
    """Mean confidence of the answers given."""
    helpful: int = 0
    not_helpful: int = 0

    @property
    def questions(self) -> int:
        """How many were asked."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class InVain:
    """A question that was asked without an answer, in whatever case and with whatever mark at its end."""

    question: str
    """As asked last, redacted."""
    no_answer: int
    ambiguous: int
    last: str
    """When it was asked last, UTC."""

    @property
    def times(self) -> int:
        """How often it was asked."""
        return self.no_answer + self.ambiguous


@dataclass(frozen=True, slots=True)
class Judged:
    """The votes on one record."""

    record_id: str
    helpful: int
    not_helpful: int
    reasons: dict[str, int]
    """How often each was given with a vote against, most frequent first."""

    @property
    def against(self) -> Share:
        """The share of votes against."""
        return Share(self.not_helpful, self.helpful + self.not_helpful)


class _Promised:
    """What answers promised, and what readers said of them."""

    __slots__ = ()
    confidence: float | None
    helpful: Share

    @property
    def has_drifted(self) -> bool | None:
        """Whether what was promised lies outside what readers' votes allow; None with too few votes to tell."""
        interval = self.helpful.interval
        if interval is None or self.confidence is None or self.helpful.whole < LEAST_VOTES:
            return None
        return not interval[0] <= self.confidence <= interval[1]


@dataclass(frozen=True, slots=True)
class Week(_Promised):
    """What the confidence of answers promised in some days, and what readers said of the answers."""

    first: str
    last: str
    answered: int
    confidence: float | None
    """Mean confidence of the answers given; None where none was."""
    helpful: Share
    """Of the votes on records."""


@dataclass(frozen=True, slots=True)
class Bin(_Promised):
    """What readers said of the answers whose confidence lay between two ends."""

    low: float
    high: float
    """Not in the bin, but for 1."""
    confidence: float | None
    """Mean confidence of the answers judged; None where none was."""
    helpful: Share


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of some days."""

    days: tuple[Day, ...]
    """Each day there is, oldest first, also those without a question."""
    clicks: int
    """Records that readers opened from a list."""
    records: dict[str, int]
    """How often each record answered, most often first."""
    in_vain: tuple[InVain, ...]
    """Questions without an answer, most asked first."""
    judged: tuple[Judged, ...]
    """Records with votes against, the worst first: by the lower end of the interval of the share against."""
    bins: tuple[Bin, ...]
    """Judged answers by their confidence, the least sure first."""

    def count(self, *statuses: Status) -> int:
        """Return how many questions had one of these outcomes."""
        return sum(day.counts[status] for day in self.days for status in statuses)

    @property
    def attempts(self) -> int:
        """All questions."""
        return self.count(*Status)

    @property
    def answers(self) -> int:
        """Questions to which at least one record was offered."""
        return self.count(Status.ANSWERED, Status.AMBIGUOUS)

    @property
    def suggestion_rate(self) -> Share:
        """Answers of all attempts."""
        return Share(self.answers, self.attempts)

    @property
    def uncertain(self) -> Share:
        """Questions without a sure answer, of all."""
        return Share(self.count(Status.AMBIGUOUS, Status.NO_ANSWER), self.attempts)

    @property
    def resolutions(self) -> int:
        """Votes that an answer helped."""
        return sum(day.helpful for day in self.days)

    @property
    def helpful(self) -> Share:
        """Resolutions of all votes on answers."""
        return Share(self.resolutions, sum(day.helpful + day.not_helpful for day in self.days))

    @property
    def weeks(self) -> tuple[Week, ...]:
        """The days in sevens, the last of them full, oldest first."""
        ends = range(len(self.days), 0, -WEEK_DAYS)
        return tuple(_week(self.days[max(0, end - WEEK_DAYS) : end]) for end in ends)[::-1]


def read_figures(store: FeedbackStore, span: Span) -> Figures:
    """Return the figures of some days. Raises StorageFailed, FeedbackDamaged."""
    since = str(span.first)
    days = {str(day): Day(str(day)) for day in span}
    _add_questions(days, store.questions.days(since=since))
    judged, clicks = _add_events(days, store.events())
    return Figures(
        days=tuple(days.values()),
        clicks=clicks,
        records=store.questions.records(since=since),
        in_vain=_in_vain(store.questions.without_answer(since=since)),
        judged=_worst_first(judged),
        bins=tuple(_bins(vote for votes in judged.values() for vote in votes)),
    )


def _add_questions(days: dict[str, Day], counts: Iterable[DayCount]) -> None:
    for count in counts:
        day = days.get(count.day)
        if day is None:
            continue  # of a clock that ran ahead
        day.counts[count.status] = count.times
        if count.status is Status.ANSWERED:
            day.confidence = count.confidence


def _add_events(days: dict[str, Day], events: Iterable[Event]) -> tuple[dict[str, list[Vote]], int]:
    """Count the votes of each day; returns those on records, and how many clicks there were."""
    judged: defaultdict[str, list[Vote]] = defaultdict(list)
    clicks = 0
    for event in events:
        day = days.get(event.at[:10])
        if day is None:
            continue
        if isinstance(event, Click):
            clicks += 1
        elif isinstance(event, Vote) and event.record_id is not None:
            judged[event.record_id].append(event)
            day.helpful += event.helpful
            day.not_helpful += not event.helpful
    return judged, clicks


def _in_vain(asked: Iterable[WithoutAnswer]) -> tuple[InVain, ...]:
    together: defaultdict[str, list[WithoutAnswer]] = defaultdict(list)
    for each in asked:
        together[folded(each.question)].append(each)
    found = [_one_in_vain(same) for same in together.values()]
    return tuple(sorted(found, key=lambda each: (-each.times, each.question)))


def _one_in_vain(same: list[WithoutAnswer]) -> InVain:
    newest = max(same, key=lambda each: each.last)
    times: Counter[Status] = Counter()
    for each in same:
        times[each.status] += each.times
    return InVain(newest.question, times[Status.NO_ANSWER], times[Status.AMBIGUOUS], newest.last)


def _worst_first(judged: dict[str, list[Vote]]) -> tuple[Judged, ...]:
    found = [_judged(record_id, votes) for record_id, votes in judged.items()]
    against = (each for each in found if each.not_helpful)
    return tuple(sorted(against, key=lambda each: (-(each.against.interval or (0.0, 0.0))[0], each.record_id)))


def _judged(record_id: str, votes: list[Vote]) -> Judged:
    reasons = Counter(tag for vote in votes if not vote.helpful for tag in vote.tags)
    helpful = sum(vote.helpful for vote in votes)
    return Judged(record_id, helpful, len(votes) - helpful, dict(reasons.most_common()))


def _bins(votes: Iterable[Vote]) -> Iterator[Bin]:
    placed: defaultdict[int, list[Vote]] = defaultdict(list)
    for vote in votes:
        if vote.confidence is not None:
            placed[max(0, bisect_right(_BIN_ENDS, vote.confidence, hi=len(_BIN_ENDS) - 1) - 1)].append(vote)
    for place, (low, high) in enumerate(pairwise(_BIN_ENDS)):
        sure = [vote.confidence for vote in placed[place] if vote.confidence is not None]
        helpful = Share(sum(vote.helpful for vote in placed[place]), len(sure))
        yield Bin(low, high, sum(sure) / len(sure) if sure else None, helpful)


def _week(days: tuple[Day, ...]) -> Week:
    answered = sum(day.counts[Status.ANSWERED] for day in days)
    promised = sum(day.counts[Status.ANSWERED] * day.confidence for day in days)
    helpful = sum(day.helpful for day in days)
    votes = helpful + sum(day.not_helpful for day in days)
    confidence = promised / answered if answered else None
    return Week(days[0].day, days[-1].day, answered, confidence, Share(helpful, votes))
