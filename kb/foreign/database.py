"""SQLite files that another hand may have written: opened so that nothing in them runs, and only if they are ours.

A file can bring views, triggers and virtual tables that run when ours are read, pages that point at each other, and
statements' worth of work in a few bytes (sqlite.org/security.html, "Untrusted SQLite Database Files").
"""

from __future__ import annotations

import re
import sqlite3
import time

STATEMENT_SECONDS = 20.0  # of one statement; the slowest of ours, over 100,000 records, takes 0.4
_STEPS_BETWEEN_LOOKS = 1_000_000  # of SQLite's virtual machine: about 10 ms
_VALUE_BYTES = 64 << 20  # of one text or blob; the largest of ours, a record, has 1 MB
_STATEMENT = re.compile(r"CREATE [^;]+")
_COUNTERS = "CREATE TABLE sqlite_sequence(name,seq)"  # of AUTOINCREMENT


class ForeignTables(sqlite3.DatabaseError):
    """The file holds a table, view or trigger that we never made, or lacks one."""


class Clock:
    """Ends a statement that takes far longer than any of ours; one for each connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._ends = 0.0
        self.start()
        connection.set_progress_handler(self._is_over, _STEPS_BETWEEN_LOOKS)

    def start(self) -> None:
        """Count from now."""
        self._ends = time.monotonic() + STATEMENT_SECONDS

    def _is_over(self) -> bool:
        return time.monotonic() > self._ends


def harden(connection: sqlite3.Connection) -> Clock:
    """Let nothing that the file brings run in a connection; before its first statement. Returns its clock."""
    distrust(connection)
    return Clock(connection)


def distrust(connection: sqlite3.Connection) -> None:
    """Do the same for a connection whose own statements may take long."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")


def check_tables(connection: sqlite3.Connection, schema: str, *, later: str = "") -> None:
    """Make sure that the file holds exactly what a script of `CREATE` statements makes.

    What the script `later` makes may be there or not. Raises ForeignTables, and sqlite3.Error where the file cannot be
    read.
    """
    wanted = {_plain(statement) for statement in _STATEMENT.findall(schema)}
    if "AUTOINCREMENT" in schema:
        wanted.add(_COUNTERS)
    # An index that SQLite makes for a key has no statement.
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    may_be = {_plain(statement).replace("IF NOT EXISTS ", "") for statement in _STATEMENT.findall(later)}
    names = {_plain(str(sql)): str(name) for name, sql in rows if _plain(str(sql)) not in may_be}
    foreign = [names[sql] for sql in names if sql not in wanted]
    if foreign:
        raise ForeignTables(f"holds {min(foreign)[:60]!r}, which faqkb never makes")
    if len(names) != len(wanted):
        lacking = min(wanted - set(names))
        raise ForeignTables(f"lacks what `{lacking[:60]}` makes")


def _plain(statement: str) -> str:
    return " ".join(statement.split())
