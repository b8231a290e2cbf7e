"""`DIR/keys.sqlite` itself, readable by its owner alone: made whole, checked to be ours, lent for one operation.

A rollback journal, not a WAL: writes are rare, and each changes the file itself, so that a server sees by its size and
time whether to read it again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.disk import make_database, means_damage, not_stored
from faqkb.kb.errors import KeysDamaged
from faqkb.kb.foreign.database import check_tables, harden
from faqkb.kb.foreign.owner import foreign_owner

KEYS_FILE = "keys.sqlite"
_APPLICATION = 0x4641514B  # "FAQK" in the file's header: tells our file from any other SQLite file
_VERSION = 1
_SCHEMA = f"""
BEGIN;
CREATE TABLE keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, scopes TEXT NOT NULL, digest BLOB NOT NULL, created TEXT NOT NULL,
    expires TEXT, rate_per_minute INTEGER, quota_per_day INTEGER, last_used TEXT, revoked TEXT,
    former_digest BLOB, former_until TEXT, used_day TEXT, used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_CLOCK_NS = 1_000_000_000  # two writes nearer than a tick of the file's clock can leave the same time


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of the file was read; another one means that it may have changed."""

    file: tuple[int, ...] | None
    """Inode, size, time of the last write and change; None where there is no file."""
    is_settled: bool
    """False where the last write was so recent that another could look the same: then look again."""


class KeyFile:
    """The file of one knowledge base."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / KEYS_FILE

    def stamp(self) -> Stamp:
        """Return which state the file is in, without opening it. Raises StorageFailed."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return Stamp(None, is_settled=True)
        except OSError as error:
            raise not_stored(self.path, error.strerror or str(error)) from error
        file = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return Stamp(file, is_settled=abs(time.time_ns() - found.st_mtime_ns) > _CLOCK_NS)

    @contextmanager
    def opened(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend a connection; `make` the file where there is none. Raises StorageFailed, KeysDamaged."""
        try:
            if make and not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                make_database(self.path, _SCHEMA, mode=0o600)
            owner = foreign_owner(self.path)
            if owner is not None:
                raise KeysDamaged(
                    f"{self.path}: belongs to another user (got uid {owner}, expected {os.geteuid()}), and keys of"
                    " somebody else let nobody in; remove it and make new keys, or give it to the user who serves"
                )
            uri = f"{self.path.absolute().as_uri()}?mode=rw"
            with closing(
                sqlite3.connect(uri, uri=True, timeout=limits.KEYS_BUSY_SECONDS, isolation_level=None)
            ) as connection:
                harden(connection)
                _verify(connection, self.path)
                yield connection
        except sqlite3.Error as error:
            if means_damage(error):
                raise damaged(self.path, error) from error
            raise not_stored(self.path, str(error)) from error
        except OSError as error:
            raise not_stored(self.path, error.strerror or str(error)) from error


def _verify(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that the file is ours, in the form that this version reads. Raises KeysDamaged."""
    connection.execute("PRAGMA synchronous = FULL")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) != (_APPLICATION, _VERSION):
        raise KeysDamaged(
            f"{path}: not a file of keys, or of another version of faqkb; use that version, or move it away and make"
            " new keys"
        )
    check_tables(connection, _SCHEMA)


def damaged(path: Path, error: Exception) -> KeysDamaged:
    """Return the error of a file that holds what was never stored."""
    return KeysDamaged(f"{path}: damaged ({error}); put back a copy, or move it away and make new keys")
