"""One such file. A connection lives for one operation: a file that was moved away or put back is noticed at once, and
no handle is shared between threads.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.database.making import make_database
from faqkb.kb.disk import not_read, not_stored
from faqkb.kb.errors import KbError, StorageFailed
from faqkb.kb.foreign.database import check_tables, harden
from faqkb.kb.foreign.owner import foreign_owner

# Every statement is ours, so one that SQLite cannot make sense of means a file with other tables, and a row that breaks
# a rule one that was never stored.
_DAMAGED = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
    }
)
_NO_ROOM = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_PRIMARY = 0xFF  # of an extended SQLite error code, the part that names its kind
# What Python raises for what it gets from a damaged file: text that is not UTF-8, numbers and sizes beyond all bounds.
_ODD = (ValueError, TypeError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True)
class Form:
    """What tells a file of ours from any other, and what a new one holds."""

    name: str
    """E.g. `feedback.sqlite`."""
    holds: str
    """In words, e.g. `feedback`."""
    application: int
    """Four letters in the file's header."""
    version: int
    """Of the tables."""
    schema: str
    """Statements that make the tables of a new file."""
    is_write_ahead: bool
    """Whether writes go to a log beside the file, so that nobody who reads waits."""
    damage: type[KbError]
    """The error of a file that is not what was written."""
    way_out: str
    """What to do then."""
    foreign: str
    """Why the file of another user has no effect, and what to do then."""
    later: str = ""
    """Statements that make tables which the file may have or not."""
    busy_seconds: float = 5.0
    """How long one who writes waits for another."""


class DatabaseFile:
    """The file of one knowledge base. Its methods raise StorageFailed and the form's `damage`."""

    def __init__(self, folder: Path, form: Form) -> None:
        self.path = folder / form.name
        self._form = form
        self._failures = {"read": "", "write": ""}

    @property
    def failure(self) -> str:
        """Why the last operation that read, or that wrote, failed; empty where neither did."""
        return self._failures["write"] or self._failures["read"]

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Lend a connection that sees one state throughout; None where nothing was ever written."""
        with self._told("read"):
            if not self.path.exists():
                yield None
                return
            with closing(self._connected(writing=False)) as connection:
                connection.execute("BEGIN")
                yield connection

    @contextmanager
    def writing(self, *, make: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend a connection that may write; `make` the file where there is none."""
        with self._told("write"):
            if make and not self.path.exists():
                header = (
                    f"PRAGMA application_id = {self._form.application}; PRAGMA user_version = {self._form.version};"
                )
                make_database(self.path, f"{self._form.schema}{header}", is_write_ahead=self._form.is_write_ahead)
            with closing(self._connected(writing=True)) as connection:
                yield connection

    def verify(self) -> None:
        """Read the whole file, its tables against its indexes. Raises the form's `damage`, StorageFailed."""
        with self.reading() as connection:
            if connection is not None:
                (told,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
                if told != "ok":
                    raise ValueError(told)

    def damaged(self, cause: object) -> KbError:
        """Return the error of a file that holds what was never stored."""
        one_line = " ".join(str(cause).split())
        return self._form.damage(f"{self.path}: damaged ({one_line}); {self._form.way_out}")

    @contextmanager
    def _told(self, way: str) -> Iterator[None]:
        """Turn what SQLite, Python and the system raise into our errors; remember what failed."""
        try:
            yield
        except (sqlite3.Error, OSError, *_ODD) as error:
            told = self._error_of(error, way)
            self._failures[way] = str(told)
            raise told from error
        except (self._form.damage, StorageFailed) as error:
            self._failures[way] = str(error)
            raise
        self._failures[way] = ""

    def _error_of(self, error: Exception, way: str) -> KbError:
        failed = not_read if way == "read" else not_stored
        if isinstance(error, OSError):
            return failed(self.path, error.strerror or str(error))
        if isinstance(error, sqlite3.Error):
            # Without a code: Python could not decode what SQLite gave it.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            if code & _PRIMARY not in _DAMAGED:
                return failed(self.path, str(error))
        return self.damaged(error)

    def _connected(self, *, writing: bool) -> sqlite3.Connection:
        uri = self.path.absolute().as_uri()
        owner = foreign_owner(self.path)
        if owner is not None:
            raise self._form.damage(
                f"{self.path}: belongs to another user (got uid {owner}, expected {os.geteuid()}), {self._form.foreign}"
            )
        try:
            return self._verified(f"{uri}?mode=rw", writing=writing)
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # without one: text that is not UTF-8
            beside = (self.path.with_name(f"{self.path.name}{ending}") for ending in ("-wal", "-journal"))
            if writing or code & _PRIMARY not in _NO_ROOM or any(path.exists() for path in beside):
                raise
            # A folder that cannot be written has no room for SQLite's shared memory; with no log beside the file, all
            # of it is in the file.
            return self._verified(f"{uri}?mode=ro&immutable=1", writing=False)

    def _verified(self, uri: str, *, writing: bool) -> sqlite3.Connection:
        """Open the file and make sure that it is ours, in the form that this version reads."""
        form = self._form
        connection = sqlite3.connect(uri, uri=True, timeout=form.busy_seconds, isolation_level=None)
        try:
            harden(connection)
            connection.execute("PRAGMA synchronous = FULL" if writing else "PRAGMA query_only = ON")
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if application != form.application:
                raise form.damage(f"{self.path}: not a file of {form.holds}; {form.way_out}")
            if version != form.version:
                raise form.damage(
                    f"{self.path}: written in another form (got {version}, expected {form.version}); use the version of"
                    f" faqkb that wrote it, or {form.way_out}"
                )
            check_tables(connection, form.schema, later=form.later)
        except BaseException:
            connection.close()
            raise
        return connection
