"""`DIR/keys.sqlite`: its table, readable by its owner alone.

A rollback journal, not a WAL: writes are rare, and each changes the file itself, so that a server sees by its size and
time whether to read it again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.database.file import DatabaseFile, Form
from faqkb.kb.disk import not_read
from faqkb.kb.errors import KeysDamaged

KEYS_FILE = "keys.sqlite"
_SCHEMA = """
CREATE TABLE keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, scopes TEXT NOT NULL, digest BLOB NOT NULL, created TEXT NOT NULL,
    expires TEXT, rate_per_minute INTEGER, quota_per_day INTEGER, last_used TEXT, revoked TEXT,
    former_digest BLOB, former_until TEXT, used_day TEXT, used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""
_FORM = Form(
    name=KEYS_FILE,
    holds="keys",
    application=0x4641514B,  # "FAQK"
    version=1,
    schema=_SCHEMA,
    is_write_ahead=False,
    damage=KeysDamaged,
    way_out="put back a copy, or move it away and make new keys",
    foreign="and keys of somebody else let nobody in; remove it and make new keys, or give it to the user who serves",
    busy_seconds=limits.KEYS_BUSY_SECONDS,
)
_CLOCK_NS = 1_000_000_000  # two writes nearer than a tick of the file's clock can leave the same time


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of the file was read; another one means that it may have changed."""

    file: tuple[int, ...] | None
    """Inode, size, time of the last write and change; None where there is no file."""
    is_settled: bool
    """False where the last write was so recent that another could look the same: then look again."""


class KeyFile(DatabaseFile):
    """The file of one knowledge base."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _FORM)

    def stamp(self) -> Stamp:
        """Return which state the file is in, without opening it. Raises StorageFailed."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return Stamp(None, is_settled=True)
        except OSError as error:
            raise not_read(self.path, error.strerror or str(error)) from error
        file = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return Stamp(file, is_settled=abs(time.time_ns() - found.st_mtime_ns) > _CLOCK_NS)
