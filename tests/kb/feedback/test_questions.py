"""The questions that a server was asked: equal ones are one row, and no asker fills the disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.errors import FeedbackDamaged
from faqkb.kb.feedback.events import Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import Asked, DayCount

DAY, NEXT = "2026-11-25", "2026-11-26"


def asked(
    question: str | None, status: Status = Status.NO_ANSWER, *, at: str = f"{DAY}T06:00:00.000Z", **more
) -> Asked:
    return Asked(question, status, at=at, **more)


def words(store: FeedbackStore) -> list[tuple[str, int]]:
    return [(each.question, each.times) for each in store.questions.without_answer()]


def test_equal_questions_of_a_day_are_one_row_whatever_their_case_and_ending(tmp_path):
    store = FeedbackStore(tmp_path)
    store.questions.record([asked("3D printer?"), asked("3d printer", at=f"{DAY}T07:00:00.000Z")])
    store.questions.record([asked("3D Printer!"), asked("3d printer", at=f"{NEXT}T01:00:00.000Z")])
    found = store.questions.without_answer()
    assert [(each.day, each.times, each.last[11:13]) for each in found] == [(DAY, 3, "07"), (NEXT, 1, "01")]


def test_no_answer_and_ambiguous_are_told_apart_and_answered_ones_keep_no_words(tmp_path):
    store = FeedbackStore(tmp_path)
    store.questions.record(
        [asked("a"), asked("a", Status.AMBIGUOUS), asked("zebra", Status.ANSWERED, record_id="faq/Q1")]
    )
    found = {(each.question, each.status) for each in store.questions.without_answer()}
    assert found == {("a", Status.NO_ANSWER), ("a", Status.AMBIGUOUS)}
    assert b"zebra" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_each_day_counts_its_outcomes_their_confidence_and_the_records_that_answered(tmp_path):
    store = FeedbackStore(tmp_path)
    answered = {"status": Status.ANSWERED, "record_id": "faq/Q1"}
    store.questions.record([asked("a", confidence=0.9, **answered), asked("b", confidence=0.8, **answered)])
    store.questions.record([asked("c", confidence=0.7, at=f"{NEXT}T00:00:00.000Z", **answered), asked(None)])
    assert store.questions.days() == (
        DayCount(DAY, Status.ANSWERED, 2, pytest.approx(0.85)),
        DayCount(DAY, Status.NO_ANSWER, 1, 0.0),
        DayCount(NEXT, Status.ANSWERED, 1, pytest.approx(0.7)),
    )
    assert store.questions.records() == {"faq/Q1": 3}
    assert store.questions.records(since=NEXT) == {"faq/Q1": 1}
    assert words(store) == []


def test_what_people_paste_without_noticing_is_taken_out(tmp_path):
    store = FeedbackStore(tmp_path)
    store.questions.record([asked("my mail is ann@example.org, why is it refused?")])
    assert words(store) == [("my mail is [email], why is it refused?", 1)]
    assert b"ann@" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_one_asker_adds_so_many_different_questions_a_day_and_all_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "QUESTIONS_OF_ASKER", 3)
    store = FeedbackStore(tmp_path)
    store.questions.record([asked(f"nonsense {number}", asker="10.0.0.1") for number in range(10)])
    store.questions.record([asked("nonsense 1", asker="10.0.0.1"), asked("a real one", asker="10.0.0.2")])
    store.questions.record([asked("tomorrow", asker="10.0.0.1", at=f"{NEXT}T00:00:00.000Z")])
    assert words(store) == [("nonsense 0", 1), ("nonsense 1", 2), ("nonsense 2", 1), ("a real one", 1), ("tomorrow", 1)]
    assert sum(day.times for day in store.questions.days()) == 13


def test_of_too_many_the_newest_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "FEEDBACK_ROWS", 5)
    store = FeedbackStore(tmp_path)
    for number in range(8):
        store.questions.record([asked(f"question {number}", asker=str(number))])
    assert [question for question, _ in words(store)] == [f"question {number}" for number in range(3, 8)]


def test_old_days_are_forgotten_and_their_words_are_not_left_in_the_file(tmp_path):
    store = FeedbackStore(tmp_path, retention_days=30)
    store.questions.record([asked("an old question", at="2026-10-01T06:00:00.000Z"), asked("a new question")])
    assert store.forget_old(now=datetime(2026, 11, 25, 12, tzinfo=UTC)) == 2
    assert words(store) == [("a new question", 1)]
    assert [day.day for day in store.questions.days()] == [DAY]
    assert b"an old question" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_file_of_feedback_from_before_takes_questions_and_keeps_its_votes(tmp_path):
    store = FeedbackStore(tmp_path)
    store.record(Vote("faq/Q1", helpful=True))
    assert (words(store), store.questions.days(), store.questions.records()) == ([], (), {})
    store.questions.record([asked("a")])
    assert words(store) == [("a", 1)]
    assert store.votes()[0].helpful == 1


@pytest.mark.parametrize("value", ["'many'", "0", "-1", "x'00'"])
@pytest.mark.parametrize("table", ["asked", "asked_days", "asked_records"])
def test_a_count_that_was_never_stored_is_told_as_damage(tmp_path, table, value):
    store = FeedbackStore(tmp_path)
    store.questions.record([asked("a"), asked("b", Status.ANSWERED, record_id="faq/Q1")])
    _set(tmp_path, f"UPDATE {table} SET times = {value}")
    with pytest.raises(FeedbackDamaged):
        store.verify()


def _set(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "feedback.sqlite")) as connection, connection:
        connection.execute(statement)


def test_a_question_of_marks_alone_keeps_no_words(tmp_path):
    store = FeedbackStore(tmp_path)
    store.questions.record([asked("???"), asked("")])
    assert words(store) == []
