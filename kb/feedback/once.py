"""Writes that happen once: the names that clients gave them, kept in the same transaction as what they wrote.

The table is made by the first write that has a name, so a file of feedback from before stays readable by the version
that wrote it. Neither names nor bodies are stored, only digests of them.
Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from faqkb.kb import limits
from faqkb.kb.errors import KeyReused

ONCE_TABLE = """
CREATE TABLE IF NOT EXISTS once (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL, at INTEGER NOT NULL
)
"""
_IS_THERE = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'once'"


@dataclass(frozen=True, slots=True)
class Once:
    """The name of a write."""

    key: str
    """Digest of the client's key, and of whose and for what it is."""
    body: str
    """Digest of what is written: the same key with another body is a mistake of the client."""


def claim(connection: sqlite3.Connection, once: Once) -> bool:
    """Take a name within a transaction that writes; False where it was taken before. Raises KeyReused."""
    now = int(time.time())
    connection.execute(ONCE_TABLE)
    connection.execute("DELETE FROM once WHERE at <= ?", (now - limits.ONCE_SECONDS,))
    if is_claimed(connection, once):
        return False
    row = (once.key, once.body, now)
    number = connection.execute("INSERT INTO once (key, body, at) VALUES (?, ?, ?)", row).lastrowid or 0
    connection.execute("DELETE FROM once WHERE number <= ?", (number - limits.FEEDBACK_ROWS,))
    return True


def is_claimed(connection: sqlite3.Connection, once: Once) -> bool:
    """Return whether a name was taken within the last day. Raises KeyReused where another body took it."""
    if connection.execute(_IS_THERE).fetchone() == (0,):
        return False
    since = int(time.time()) - limits.ONCE_SECONDS
    taken = connection.execute("SELECT body FROM once WHERE key = ? AND at > ?", (once.key, since)).fetchone()
    if taken is not None and taken != (once.body,):
        raise KeyReused("this key was sent before with another body; give each write a key of its own")
    return taken is not None
