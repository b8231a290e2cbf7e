"""Events as rows of the file, and rows as events."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

from faqkb.kb import limits
from faqkb.kb.feedback.events import Click, Event, Unanswered, Vote
from faqkb.kb.feedback.judged import as_confidence, has_judged
from faqkb.kb.feedback.redaction import redact

TABLES = ("votes", "unanswered", "clicks")


def row_of(event: Event) -> tuple[str, dict[str, Any]]:
    """Return the table of an event, and its columns with every text redacted."""
    row: dict[str, Any] = {"at": event.at, "question": _redacted(event.question), "snapshot": event.snapshot}
    if isinstance(event, Click):
        return "clicks", row | {"record": event.record_id}
    row["note"] = _redacted(event.note)
    row["tags"] = json.dumps(list(dict.fromkeys(map(redact, event.tags))), ensure_ascii=False)
    row["answer"] = event.answer
    if isinstance(event, Unanswered):
        return "unanswered", row | {"status": event.status}
    return "votes", row | {"record": event.record_id, "helpful": int(event.helpful)}


def _redacted(text: str | None) -> str | None:
    return None if text is None else redact(text)


def replaced(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> bool:
    """Overwrite what the same reader said before of the same answer; returns whether there was anything."""
    if row.get("answer") is None:
        return False
    columns = ", ".join(f"{name} = :{name}" for name in row)
    same = "answer = :answer AND record IS :record" if "record" in row else "answer = :answer"
    return connection.execute(f"UPDATE {table} SET {columns} WHERE {same}", row).rowcount > 0


def inserted(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Add a row, and let go of the oldest one beyond what is kept: numbers have no gaps."""
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    number = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", row).lastrowid or 0
    connection.execute(f"DELETE FROM {table} WHERE number <= ?", (number - limits.FEEDBACK_ROWS,))


def read_votes(connection: sqlite3.Connection) -> Generator[Vote, None, None]:
    """Yield every vote, oldest first."""
    is_sure = "CAST(confidence AS TEXT)" if has_judged(connection) else "NULL"
    judged = "LEFT JOIN judged ON vote = number" if has_judged(connection) else ""
    columns = f"record, iif(helpful = 1, 'yes', ''), tags, note, question, snapshot, answer, {is_sure}, at"
    for record, helpful, tags, note, question, snapshot, answer, sure, at in _rows(
        connection, f"SELECT {columns} FROM votes {judged}"
    ):
        confidence = None if sure is None else as_confidence(sure)
        yield Vote(record, bool(helpful), _read_tags(tags), note, question, snapshot, answer, at, confidence)


def read_unanswered(connection: sqlite3.Connection) -> Generator[Unanswered, None, None]:
    """Yield every question that found no answer, oldest first."""
    select = "SELECT question, status, tags, note, snapshot, answer, at FROM unanswered"
    for question, status, tags, *others in _rows(connection, select):
        yield Unanswered(question, status, _read_tags(tags), *others)


def read_clicks(connection: sqlite3.Connection) -> Generator[Click, None, None]:
    """Yield every click, oldest first."""
    for row in _rows(connection, "SELECT record, question, snapshot, at FROM clicks"):
        yield Click(*row)


def _rows(connection: sqlite3.Connection, select: str) -> Iterator[tuple[Any, ...]]:
    """Yield rows of texts, the time last, oldest first.

    Raises ValueError where SQLite gives what was never stored: its files have no checksums.
    """
    # Closed here: one that an error leaves open holds the file's lock for as long as somebody keeps the error.
    with closing(connection.execute(f"{select} ORDER BY at")) as rows:
        for row in rows:
            if row[-1] is None or not all(value is None or isinstance(value, str) for value in row):
                raise ValueError("a row holds what was never stored")
            yield row


def _read_tags(text: str) -> tuple[str, ...]:
    tags = json.loads(text)
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags are not a list of texts")
    return tuple(tags)
