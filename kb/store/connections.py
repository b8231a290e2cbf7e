"""Read-only connections to one SQLite file that never changes, one for each thread that reads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.foreign.database import Clock, check_tables, harden
from faqkb.kb.store.schema import SCHEMA

_BOUND_VALUES = 500  # parameters of one statement; SQLite's own limit is 32,766


class Connections:
    """Runs statements on the calling thread's own connection. Every method but `close` raises SnapshotDamaged."""

    def __init__(self, path: Path) -> None:
        """Take a file, and make sure that its tables are ours."""
        self._path = path
        self._uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            check_tables(self._connection(), SCHEMA)
        except sqlite3.Error as error:
            self.close()
            raise self.damaged(error) from error

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        try:
            return self._connection().execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self.damaged(error) from error

    def row(self, statement: str, *values: object) -> Any:
        """Return the first row of a statement, None where there is none."""
        try:
            return self._connection().execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise self.damaged(error) from error

    def rows_among(self, statement: str, values: Sequence[int] | Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that ends in `IN`, for any number of values."""
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(values), _BOUND_VALUES):
            batch = values[start : start + _BOUND_VALUES]
            places = ",".join("?" * len(batch))
            found.extend(self.rows(f"{statement} ({places})", batch))
        return found

    def stored(self, statement: str, *values: object) -> Any:
        """Return the first row of a statement about something that a snapshot has to hold."""
        row = self.row(statement, *values)
        if row is None:
            raise self.damaged(f"nothing for {values!r:.60}")
        return row

    def count_numbered(self, table: str, column: str) -> int:
        """Return how many rows a table has that are numbered from 0: they are places in other files.

        Only the first and the last are looked at: to count a million takes a second.
        """
        first, last = self.row(f"SELECT min({column}), max({column}) FROM {table}")
        if first not in {None, 0} or not isinstance(last, int | None):
            raise self.damaged(f"the rows of {table} are numbered {first} to {last}")
        return 0 if last is None else last + 1

    def damaged(self, what: object) -> SnapshotDamaged:
        """Return the error of a file that holds what was never stored."""
        return SnapshotDamaged(f"{self._path}: cannot be read ({what}); run `faq ingest` to build it again")

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
            with self._lock:
                self._opened.append(connection)
            self._local.clock = harden(connection)
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
        clock: Clock = self._local.clock
        clock.start()
        return connection
