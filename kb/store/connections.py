"""Read-only connections to one SQLite file that never changes, one for each thread that reads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_BOUND_VALUES = 500  # parameters of one statement; SQLite's own limit is 32,766


class Connections:
    """Runs statements on the calling thread's own connection."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def rows(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Return the rows of a statement, one after the other."""
        return self._connection().execute(statement, values)

    def row(self, statement: str, *values: object) -> Any:
        """Return the first row of a statement, None where there is none."""
        return self._connection().execute(statement, values).fetchone()

    def rows_among(self, statement: str, values: Sequence[int] | Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that ends in `IN`, for any number of values."""
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(values), _BOUND_VALUES):
            batch = values[start : start + _BOUND_VALUES]
            places = ",".join("?" * len(batch))
            found.extend(self.rows(f"{statement} ({places})", batch))
        return found

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
            self._local.connection = connection
            with self._lock:
                self._opened.append(connection)
        return connection
