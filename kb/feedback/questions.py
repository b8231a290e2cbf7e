"""The questions that a server was asked: how many a day, what came of them, and the words of those without an answer.

The first question makes the tables, so a file of feedback from before stays readable by the version that wrote it.
Equal questions of one day are one row.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.database.file import DatabaseFile
from faqkb.kb.feedback.events import utc_now
from faqkb.kb.feedback.redaction import redact

QUESTION_TABLES = """
CREATE TABLE IF NOT EXISTS asked (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, day TEXT NOT NULL, status TEXT NOT NULL,
    folded TEXT NOT NULL, question TEXT NOT NULL, times INTEGER NOT NULL, UNIQUE (day, folded, status)
);
CREATE TABLE IF NOT EXISTS asked_days (
    day TEXT NOT NULL, status TEXT NOT NULL, times INTEGER NOT NULL, confidence REAL NOT NULL,
    PRIMARY KEY (day, status)
);
CREATE TABLE IF NOT EXISTS asked_records (
    day TEXT NOT NULL, record TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (day, record)
);
"""
_NAMES = ("asked", "asked_days", "asked_records")
_ARE_THERE = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'asked'"
_COUNT_DAY = """
INSERT INTO asked_days (day, status, times, confidence) VALUES (:day, :status, :times, :confidence)
ON CONFLICT DO UPDATE SET times = times + :times, confidence = confidence + :confidence
"""
_COUNT_RECORD = """
INSERT INTO asked_records (day, record, times) VALUES (:day, :record, :times)
ON CONFLICT DO UPDATE SET times = times + :times
"""
_AGAIN = """
UPDATE asked SET times = times + 1, at = max(at, :at), question = :question
WHERE day = :day AND folded = :folded AND status = :status
"""
_ADD = """
INSERT INTO asked (at, day, status, folded, question, times) VALUES (:at, :day, :status, :folded, :question, 1)
"""
_Row = TypeVar("_Row")
_ENDINGS = " ?!.。？！"  # of a question, which do not make it another one


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and what came of it."""

    question: str | None
    """As understood; None where its words are not kept."""
    status: Status
    confidence: float = 0.0
    """Of the best record found."""
    record_id: str | None = None
    """The record that answered; None where none was sure enough."""
    asker: str = ""
    """Whoever asked, as limits count; never stored."""
    at: str = field(default_factory=utc_now)
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class WithoutAnswer:
    """A question that was not answered on one day, in whatever case and with whatever mark at its end it was asked."""

    question: str
    """As asked last, redacted."""
    status: Status
    """`no_answer` or `ambiguous`."""
    times: int
    day: str
    """UTC, e.g. `2026-11-25`."""
    last: str
    """When it was asked last on that day, UTC."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many questions of one day had one outcome."""

    day: str
    status: Status
    times: int
    confidence: float
    """Mean confidence of the best record found for each."""


class QuestionLog:
    """The questions of one knowledge base, in its file of feedback."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file
        self._added: Counter[tuple[str, str]] = Counter()  # by day and asker: different questions that made a row

    def record(self, asked: Sequence[Asked]) -> None:
        """Count questions, and keep the words of those without an answer, redacted: one transaction.

        One asker adds so many different questions a day (`limits.QUESTIONS_OF_ASKER`); more are counted without their
        words. Not to be called by two threads at once. Raises StorageFailed, FeedbackDamaged.
        """
        if not asked:
            return
        today = max(each.at for each in asked)[:10]
        added = Counter({key: count for key, count in self._added.items() if key[0] == today})
        with self._file.writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if not _are_there(connection):
                for statement in filter(str.strip, QUESTION_TABLES.split(";")):
                    connection.execute(statement)
            connection.executemany(_COUNT_DAY, _days_of(asked))
            connection.executemany(_COUNT_RECORD, _records_of(asked))
            for each in asked:
                if each.question and each.status is not Status.ANSWERED:
                    _keep_words(connection, each, added)
            _let_go(connection)
            connection.execute("COMMIT")
        self._added = added

    def without_answer(self, *, since: str = "") -> tuple[WithoutAnswer, ...]:
        """Return the questions without an answer from a day on (`2026-11-25`), oldest first, one for each day.

        Raises StorageFailed, FeedbackDamaged.
        """
        select = "SELECT question, status, times, day, at FROM asked WHERE day >= ? ORDER BY at, number"
        return self._read(
            select,
            since,
            (str, str, int, str, str),
            lambda question, status, *others: WithoutAnswer(question, Status(status), *others),
        )

    def days(self, *, since: str = "") -> tuple[DayCount, ...]:
        """Return the outcomes of each day from one on, oldest first. Raises StorageFailed, FeedbackDamaged."""
        select = "SELECT day, status, times, confidence FROM asked_days WHERE day >= ? ORDER BY day, status"
        return self._read(
            select,
            since,
            (str, str, int, float),
            lambda day, status, times, total: DayCount(day, Status(status), times, total / times),
        )

    def records(self, *, since: str = "") -> dict[str, int]:
        """Return how often each record answered from a day on, most often first.

        Raises StorageFailed, FeedbackDamaged.
        """
        select = """
            SELECT record, sum(times) FROM asked_records WHERE day >= ? GROUP BY record ORDER BY sum(times) DESC, record
        """
        return dict(self._read(select, since, (str, int), lambda record_id, times: (record_id, times)))

    def verify(self) -> None:
        """Read all of it. Raises StorageFailed, FeedbackDamaged."""
        self.without_answer()
        self.days()
        self.records()

    def _read(self, select: str, since: str, kinds: tuple[type, ...], make: Callable[..., _Row]) -> tuple[_Row, ...]:
        """Return what is made of each row of values of these kinds.

        Where the file is damaged SQLite gives what was never stored: its files have no checksums.
        """
        with self._file.reading() as connection:
            if connection is None or not _are_there(connection):
                return ()
            with closing(connection.execute(select, (since,))) as rows:
                return tuple(make(*_checked(row, kinds)) for row in rows)


def folded(question: str) -> str:
    """Return a question as it is compared: without case and the marks at its end."""
    return question.casefold().rstrip(_ENDINGS)


def _checked(row: tuple[Any, ...], kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """Return a row of values of these kinds, its counts at least 1. Raises ValueError."""
    if not all(map(isinstance, row, kinds)) or any(isinstance(value, int) and value < 1 for value in row):
        raise ValueError("a row holds what was never stored")
    return row


def forget_questions(connection: sqlite3.Connection, oldest: str) -> int:
    """Delete the questions of the days before a time, within a transaction; returns how many rows there were."""
    if not _are_there(connection):
        return 0
    deleted = (connection.execute(f"DELETE FROM {table} WHERE day < ?", (oldest[:10],)) for table in _NAMES)
    return sum(cursor.rowcount for cursor in deleted)


def _are_there(connection: sqlite3.Connection) -> bool:
    (count,) = connection.execute(_ARE_THERE).fetchone()
    return bool(count)


def _days_of(asked: Iterable[Asked]) -> Iterator[dict[str, Any]]:
    """Yield what is added to the counts of each day and outcome."""
    times: Counter[tuple[str, Status]] = Counter()
    confidence: defaultdict[tuple[str, Status], float] = defaultdict(float)
    for each in asked:
        key = (each.at[:10], each.status)
        times[key] += 1
        confidence[key] += each.confidence
    for (day, status), count in times.items():
        yield {"day": day, "status": status.value, "times": count, "confidence": confidence[day, status]}


def _records_of(asked: Iterable[Asked]) -> Iterator[dict[str, Any]]:
    times = Counter((each.at[:10], each.record_id) for each in asked if each.record_id is not None)
    for (day, record_id), count in times.items():
        yield {"day": day, "record": record_id, "times": count}


def _keep_words(connection: sqlite3.Connection, asked: Asked, added: Counter[tuple[str, str]]) -> None:
    """Count a question that is there on that day once more, or add it while its asker may."""
    question = redact(asked.question or "")[: limits.FEEDBACK_QUESTION_CHARS]
    day = asked.at[:10]
    row = {"at": asked.at, "day": day, "status": asked.status.value, "question": question, "folded": folded(question)}
    if not row["folded"] or connection.execute(_AGAIN, row).rowcount > 0:
        return
    by = day, asked.asker
    if added[by] < limits.QUESTIONS_OF_ASKER:
        added[by] += 1
        connection.execute(_ADD, row)
        if len(added) > limits.FEEDBACK_ROWS:  # the rows of whoever is forgotten are pushed out as well
            del added[next(iter(added))]


def _let_go(connection: sqlite3.Connection) -> None:
    """Delete the oldest rows beyond those that are kept."""
    (newest,) = connection.execute("SELECT coalesce(max(number), 0) FROM asked").fetchone()
    connection.execute("DELETE FROM asked WHERE number <= ?", (newest - limits.FEEDBACK_ROWS,))
    (newest,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM asked_records").fetchone()
    connection.execute("DELETE FROM asked_records WHERE rowid <= ?", (newest - limits.FEEDBACK_ROWS,))
