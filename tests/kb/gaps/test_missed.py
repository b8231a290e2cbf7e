"""How a question without a good answer is counted and weighed, with numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from faqkb.kb.answers import Status
from faqkb.kb.feedback.events import Click, Unanswered, Vote
from faqkb.kb.feedback.questions import WithoutAnswer
from faqkb.kb.gaps.missed import weighed

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TODAY, MONTH_AGO = "2026-11-30", "2026-10-31"


def asked(question: str, times: int = 1, status: Status = Status.NO_ANSWER, day: str = TODAY) -> WithoutAnswer:
    return WithoutAnswer(question, status, times, day, f"{day}T08:00:00.000Z")


def at(day: str = TODAY, hour: int = 9) -> str:
    return f"{day}T{hour:02}:00:00.000Z"


def test_what_is_asked_often_and_lately_comes_first():
    found = weighed([asked("old", 3, day=MONTH_AGO), asked("new", 2), asked("once")], [], now=NOW)
    assert [(each.question, each.weight) for each in found] == [("new", 2.0), ("old", 1.5), ("once", 1.0)]


def test_the_days_of_one_question_add_up_and_it_is_shown_as_asked_last():
    (found,) = weighed([asked("3d printer", 2, day=MONTH_AGO), asked("3D printer?", 1)], [], now=NOW)
    assert (found.question, found.no_answer, found.weight) == ("3D printer?", 3, 2.0)
    assert (found.first[:10], found.last[:10]) == (MONTH_AGO, TODAY)


def test_an_ambiguous_question_of_which_a_choice_was_opened_counts_half():
    events = [Click("faq/Q1", "which one?", at=at()), Click("faq/Q1", "which one", at=at())]
    (found,) = weighed([asked("which one", 3, Status.AMBIGUOUS)], events, now=NOW)
    assert (found.ambiguous, found.chosen, found.weight) == (1, {"faq/Q1": 2}, 2.0)


def test_a_reader_who_tells_what_the_server_counted_is_not_counted_twice():
    events = [Unanswered("in vain", note="please", at=at()), Unanswered("in vain", at=at())]
    (found,) = weighed([asked("in vain", 3)], events, now=NOW)
    assert (found.no_answer, found.notes) == (3, ("please",))
    (alone,) = weighed([], events, now=NOW)
    assert (alone.no_answer, alone.weight) == (2, 2.0)


def test_a_vote_against_an_answer_is_a_question_without_a_good_one():
    votes = [Vote("faq/Q1", False, question="how?", at=at()), Vote("faq/Q2", True, question="how?", at=at())]
    (found,) = weighed([], votes, now=NOW)
    assert (found.against, found.chosen, found.times) == ({"faq/Q1": 1}, {"faq/Q2": 1}, 1)


def test_votes_without_words_and_for_answers_are_no_gaps():
    events = [Vote("faq/Q1", False, at=at()), Vote("faq/Q1", True, question="fine?", at=at()), Click("a", "b", at=at())]
    assert weighed([], events, now=NOW) == ()


@pytest.mark.parametrize(("since", "times"), [("", 3), (TODAY, 1)])
def test_events_before_the_day_asked_for_are_left_out(since, times):
    events = [Unanswered("x", at=at(MONTH_AGO)), Unanswered("x", at=at(MONTH_AGO, 10)), Unanswered("x", at=at())]
    (found,) = weighed([], events, since=since, now=NOW)
    assert found.no_answer == times
