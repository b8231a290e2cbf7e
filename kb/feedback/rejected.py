"""Questions that the maintainer wants no suggestion for, kept as digests: no words, so they are kept for ever."""

from __future__ import annotations

from collections.abc import Iterable

from faqkb.kb import limits
from faqkb.kb.database.file import DatabaseFile
from faqkb.kb.feedback.events import utc_now

REJECTED_TABLE = """
CREATE TABLE IF NOT EXISTS rejected (
    number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, at TEXT NOT NULL
)
"""
_IS_THERE = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'rejected'"


class RejectedQuestions:
    """The digests of one knowledge base, in its file of feedback."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file

    def add(self, digests: Iterable[str]) -> None:
        """Keep digests: when this returns, they are on disk. Raises StorageFailed, FeedbackDamaged."""
        with self._file.writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(REJECTED_TABLE)
            rows = [(digest, utc_now()) for digest in digests]
            connection.executemany("INSERT OR IGNORE INTO rejected (digest, at) VALUES (?, ?)", rows)
            (newest,) = connection.execute("SELECT coalesce(max(number), 0) FROM rejected").fetchone()
            connection.execute("DELETE FROM rejected WHERE number <= ?", (newest - limits.FEEDBACK_ROWS,))
            connection.execute("COMMIT")

    def digests(self) -> frozenset[str]:
        """Return all of them. Raises StorageFailed, FeedbackDamaged."""
        with self._file.reading() as connection:
            if connection is None or connection.execute(_IS_THERE).fetchone() == (0,):
                return frozenset()
            rows = connection.execute("SELECT digest FROM rejected").fetchall()
            if not all(isinstance(digest, str) for (digest,) in rows):
                raise ValueError("a row holds what was never stored")
            return frozenset(digest for (digest,) in rows)
