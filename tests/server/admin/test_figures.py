"""The figures of the maintainer's pages, counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.answers import Status
from faqkb.kb.feedback.events import Click, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import Asked
from faqkb.server.admin.chart import HEIGHT, WIDTH, chart_of
from faqkb.server.admin.figures import Figures, Share, Span, read_figures

TODAY = date(2026, 11, 30)


def asked(
    status: Status, day: int, question: str = "how?", record: str | None = None, confidence: float = 0.9
) -> Asked:
    return Asked(question, status, confidence, record, "somebody", f"2026-11-{day:02d}T10:00:00.000Z")


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path)


def figures(store: FeedbackStore, days: int = 7) -> Figures:
    return read_figures(store, Span.ending(TODAY, days))


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # R: binom.confint(x, n, methods = "wilson")
    [(8, 10, 0.4901625, 0.9433178), (0, 10, 0.0, 0.2775328), (1, 1, 0.2065493, 1.0), (50, 100, 0.4038315, 0.5961685)],
)
def test_an_interval_is_wilsons(part, whole, low, high):
    assert Share(part, whole).interval == pytest.approx((low, high), abs=1e-6)


@given(whole=st.integers(1, 10**6), data=st.data())
def test_a_share_lies_in_its_interval(whole, data):
    share = Share(data.draw(st.integers(0, whole)), whole)
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1


def test_nothing_asked_has_no_share_and_every_day(store):
    found = figures(store)
    assert [day.day for day in found.days] == [f"2026-11-{day}" for day in range(24, 31)]
    assert found.suggestion_rate.value is found.helpful.value is found.uncertain.interval is None
    assert chart_of(found.days).most == 0


def test_attempts_are_answers_and_unsuccessful_attempts(store):
    store.questions.record(
        [asked(Status.ANSWERED, 30, record="a/1")] * 5
        + [asked(Status.AMBIGUOUS, 29)] * 3
        + [asked(Status.NO_ANSWER, 24)] * 2
    )
    found = figures(store)
    assert (found.attempts, found.answers, found.count(Status.NO_ANSWER)) == (10, 8, 2)
    assert found.suggestion_rate == Share(8, 10)
    assert found.uncertain == Share(5, 10)
    assert found.records == {"a/1": 5}


def test_days_before_the_range_are_not_counted(store):
    store.questions.record([asked(Status.NO_ANSWER, 23), asked(Status.NO_ANSWER, 24)])
    store.record(Vote("a/1", helpful=True, at="2026-11-23T23:59:59.999Z"))
    store.record(Vote("a/1", helpful=True, at="2026-11-24T00:00:00.000Z"))
    store.record(Click("a/1", at="2026-11-23T23:59:59.999Z"))
    found = figures(store)
    assert (found.attempts, found.resolutions, found.clicks) == (1, 1, 0)
    assert figures(store, 30).attempts == 2


def test_a_question_without_answer_is_one_row_in_whatever_case(store):
    store.questions.record([asked(Status.NO_ANSWER, 28, "Renew a card?"), asked(Status.AMBIGUOUS, 30, "renew a card")])
    (row,) = figures(store).in_vain
    assert (row.question, row.times, row.no_answer, row.ambiguous) == ("renew a card", 2, 1, 1)


def test_one_vote_against_is_not_the_worst_of_all(store):
    for record, helpful, against in (("once", 0, 1), ("often", 10, 40), ("good", 30, 0)):
        for number in range(helpful + against):
            store.record(Vote(record, helpful=number < helpful, tags=("outdated",), at="2026-11-30T10:00:00.000Z"))
    found = figures(store)
    assert [each.record_id for each in found.judged] == ["often", "once"]
    assert found.judged[0].reasons == {"outdated": 40}
    assert found.helpful == Share(40, 81)


def test_confidence_that_votes_contradict_has_drifted(store):
    store.questions.record([asked(Status.ANSWERED, 30, record="a/1", confidence=0.95)] * 40)
    for number in range(20):
        store.record(Vote("a/1", helpful=number < 10, at="2026-11-30T10:00:00.000Z"))
    (week,) = figures(store).weeks
    assert week.confidence == pytest.approx(0.95)
    assert week.has_drifted is True


def test_few_votes_say_nothing_of_the_confidence(store):
    store.questions.record([asked(Status.ANSWERED, 30, record="a/1", confidence=0.95)])
    store.record(Vote("a/1", helpful=False, at="2026-11-30T10:00:00.000Z"))
    assert figures(store).weeks[0].has_drifted is None


def test_weeks_end_today_and_miss_no_day(store):
    weeks = figures(store, 30).weeks
    assert (weeks[0].first, weeks[0].last) == ("2026-11-01", "2026-11-02")
    assert [week.last for week in weeks[1:]] == ["2026-11-09", "2026-11-16", "2026-11-23", "2026-11-30"]


def test_bars_stay_in_the_drawing_and_stand_on_each_other(store):
    store.questions.record(
        [asked(Status.ANSWERED, 30)] * 6 + [asked(Status.AMBIGUOUS, 30)] * 3 + [asked(Status.NO_ANSWER, 30)]
    )
    chart = chart_of(figures(store, 90).days)
    pieces = chart.bars[-1].pieces
    assert chart.most == 10
    assert [piece.height for piece in pieces] == [120, 60, 20]
    assert [piece.y for piece in pieces] == [80, 20, 0]
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in chart.bars)
    assert max(piece.y + piece.height for piece in pieces) == HEIGHT


def test_votes_are_counted_by_the_confidence_of_the_answer(store):
    for number, confidence in enumerate([0.3] * 10 + [0.97] * 20 + [1.0]):
        store.record(
            Vote("a/1", number >= 10, answer=f"t{number}", confidence=confidence, at="2026-11-30T10:00:00.000Z")
        )
    store.record(Vote("a/1", helpful=False, at="2026-11-30T10:00:00.000Z"))
    bins = figures(store).bins
    assert [each.helpful for each in bins] == [Share(0, 10), Share(0, 0), Share(0, 0), Share(0, 0), Share(21, 21)]
    assert [each.has_drifted for each in bins] == [True, None, None, None, False]
    assert bins[0].confidence == pytest.approx(0.3)
