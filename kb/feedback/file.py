"""`DIR/feedback.sqlite` itself: made whole, checked to be ours, lent for one operation, and its errors told.

WAL mode with synchronous=FULL: what was acknowledged survives a kill and a power loss, and any number of processes may
write. A connection lives for one operation, so a file that was moved away or put back is noticed at once, and no handle
is shared between threads.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.disk import make_database, means_damage, not_stored
from faqkb.kb.errors import FeedbackDamaged, StorageFailed
from faqkb.kb.foreign.database import check_tables, harden
from faqkb.kb.foreign.owner import foreign_owner

FEEDBACK_FILE = "feedback.sqlite"
_APPLICATION = 0x46415146  # "FAQF" in the file's header: tells our file from any other SQLite file
_VERSION = 1
_SCHEMA = f"""
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE votes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, answer TEXT, record TEXT, helpful INTEGER NOT NULL,
    tags TEXT NOT NULL, note TEXT, question TEXT, snapshot TEXT
);
CREATE INDEX votes_answer ON votes (answer) WHERE answer IS NOT NULL;
CREATE TABLE unanswered (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, answer TEXT, status TEXT NOT NULL, tags TEXT NOT NULL,
    note TEXT, question TEXT, snapshot TEXT
);
CREATE INDEX unanswered_answer ON unanswered (answer) WHERE answer IS NOT NULL;
CREATE TABLE clicks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, record TEXT NOT NULL, question TEXT, snapshot TEXT
);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""


class FeedbackFile:
    """The file of one knowledge base. Its methods raise StorageFailed and FeedbackDamaged."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FEEDBACK_FILE

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Lend a connection that sees one state throughout; None where nothing was ever written."""
        if not self.path.exists():
            yield None
            return
        with self._opened(writing=False) as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that may write; the file is made where there is none."""
        with self._opened(writing=True) as connection:
            yield connection

    @contextmanager
    def _opened(self, *, writing: bool) -> Iterator[sqlite3.Connection]:
        try:
            if writing and not self.path.exists():
                make_database(self.path, _SCHEMA)
            with closing(self._connected(writing=writing)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise self._told(error) from error
        except (ValueError, TypeError) as error:
            raise FeedbackDamaged(f"{self.path}: damaged ({error}); move it away, a new one is made") from error
        except OSError as error:
            raise not_stored(self.path, error.strerror or str(error)) from error

    def _connected(self, *, writing: bool) -> sqlite3.Connection:
        uri = self.path.absolute().as_uri()
        owner = foreign_owner(self.path)
        if owner is not None:
            raise FeedbackDamaged(
                f"{self.path}: belongs to another user (got uid {owner}, expected {os.geteuid()}), and votes of"
                " somebody else's readers count for nothing; move it away, a new one is made"
            )
        try:
            return self._verified(f"{uri}?mode=rw", writing=writing)
        except sqlite3.OperationalError:
            if writing or self.path.with_name(f"{FEEDBACK_FILE}-wal").exists():
                raise
            # A folder that cannot be written has no room for SQLite's shared memory; with no log beside the file, all
            # of it is in the file.
            return self._verified(f"{uri}?mode=ro&immutable=1", writing=False)

    def _verified(self, uri: str, *, writing: bool) -> sqlite3.Connection:
        """Open the file and make sure that it is ours, in the form that this version reads."""
        connection = sqlite3.connect(uri, uri=True, timeout=limits.FEEDBACK_BUSY_SECONDS, isolation_level=None)
        try:
            harden(connection)
            connection.execute("PRAGMA synchronous = FULL" if writing else "PRAGMA query_only = ON")
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if application != _APPLICATION:
                raise FeedbackDamaged(f"{self.path}: not a file of feedback; move it away, a new one is made")
            if version != _VERSION:
                raise FeedbackDamaged(
                    f"{self.path}: written in another form (got {version}, expected {_VERSION}); use the version of"
                    " faqkb that wrote it, or move it away"
                )
            check_tables(connection, _SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    def _told(self, error: sqlite3.Error) -> FeedbackDamaged | StorageFailed:
        if means_damage(error):
            return FeedbackDamaged(f"{self.path}: damaged ({error}); move it away, a new one is made")
        return not_stored(self.path, str(error))
