"""How sure the answers were that readers judged: beside the votes, in a table that the first such vote makes."""

from __future__ import annotations

import sqlite3

from faqkb.kb import limits

JUDGED_TABLE = """
CREATE TABLE IF NOT EXISTS judged (vote INTEGER PRIMARY KEY, confidence REAL NOT NULL)
"""
_IS_THERE = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'judged'"
_NUMBER = "SELECT number FROM votes WHERE answer = ? AND record IS ?"


def has_judged(connection: sqlite3.Connection) -> bool:
    """Return whether the confidence of any judged answer was kept."""
    (count,) = connection.execute(_IS_THERE).fetchone()
    return bool(count)


def as_confidence(text: str) -> float:
    """Return a confidence read as text. Raises ValueError where SQLite gives what was never stored."""
    confidence = float(text)
    if not 0 <= confidence <= 1:
        raise ValueError("a row holds what was never stored")
    return confidence


def keep_confidence(connection: sqlite3.Connection, answer: str, record_id: str | None, confidence: float) -> None:
    """Keep how sure an answer was whose vote was just written, within its transaction."""
    if not has_judged(connection):
        connection.execute(JUDGED_TABLE)
    (number,) = connection.execute(_NUMBER, (answer, record_id)).fetchone()
    connection.execute("INSERT OR REPLACE INTO judged (vote, confidence) VALUES (?, ?)", (number, confidence))
    connection.execute("DELETE FROM judged WHERE vote <= ?", (number - limits.FEEDBACK_ROWS,))


def forget_confidences(connection: sqlite3.Connection) -> None:
    """Delete what belongs to votes that are no longer kept, within a transaction."""
    if has_judged(connection):
        connection.execute("DELETE FROM judged WHERE vote NOT IN (SELECT number FROM votes)")
