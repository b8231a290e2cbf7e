"""Which of the questions typed on the way counts, with a clock that goes as the test says."""

from __future__ import annotations

import pytest

from faqkb.kb.answers import Status
from faqkb.kb.feedback.questions import Asked
from faqkb.server.feedback import typing
from faqkb.server.feedback.typing import TypedQuestions
from faqkb.server.limits import SETTLED_SECONDS, TYPED_AGAIN_SECONDS

ME, OTHER = "10.0.0.1", "10.0.0.2"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def typed(clock: Clock) -> TypedQuestions:
    return TypedQuestions(clock)


def type_(typed: TypedQuestions, *texts: str, asker: str = ME) -> None:
    for text in texts:
        typed.type(asker, text, (Asked(text, Status.NO_ANSWER, at="2026-11-25T06:00:00.000Z"),))


def settled(typed: TypedQuestions, clock: Clock, seconds: float) -> list[str | None]:
    clock.now += seconds
    return [asked.question for asked in typed.settled()]


def test_only_what_stands_counts_and_it_counts_once(typed, clock):
    type_(typed, "how", "how do I", "How do I print")
    assert settled(typed, clock, SETTLED_SECONDS - 0.1) == []
    assert settled(typed, clock, 0.1) == ["How do I print"]
    assert settled(typed, clock, 100) == []


def test_what_is_taken_back_does_not_count(typed, clock):
    type_(typed, "how do I print", "how do", "how do they scan")
    assert settled(typed, clock, SETTLED_SECONDS) == ["how do they scan"]


def test_readers_do_not_take_back_what_others_type(typed, clock):
    type_(typed, "how do I print")
    type_(typed, "how", asker=OTHER)
    type_(typed, "where is the toilet")
    assert set(settled(typed, clock, SETTLED_SECONDS)) == {"how do I print", "where is the toilet", "how"}


def test_a_question_that_is_sent_is_counted_by_whoever_took_it_and_no_second_time(typed, clock):
    type_(typed, "how do I pri")
    assert typed.send(ME, "how do I print?")
    assert settled(typed, clock, SETTLED_SECONDS) == []


@pytest.mark.parametrize(("seconds", "is_new"), [(1, False), (TYPED_AGAIN_SECONDS + 1, True)])
def test_a_typed_question_that_is_then_sent_is_one_question(typed, clock, seconds, is_new):
    type_(typed, "how do I print?")
    assert settled(typed, clock, SETTLED_SECONDS) == ["how do I print?"]
    clock.now += seconds
    assert typed.send(OTHER, "how do I print")
    assert typed.send(ME, "How do I print") is is_new
    assert typed.send(ME, "how do I print")


def test_what_stands_when_the_server_stops_counts(typed):
    type_(typed, "how do I print")
    assert [asked.question for asked in typed.settled(is_last=True)] == ["how do I print"]


def test_what_was_typed_by_many_is_remembered_within_bounds(typed, clock, monkeypatch):
    monkeypatch.setattr(typing, "UNWRITTEN_QUESTIONS", 3)
    for number in range(5):
        type_(typed, f"{number} asks", asker=f"10.0.0.{number}")
        assert settled(typed, clock, SETTLED_SECONDS) == [f"{number} asks"]
    assert not typed.send("10.0.0.4", "4 asks"), "it counted when it was typed"
    assert typed.send("10.0.0.0", "0 asks"), "three others have asked since"
