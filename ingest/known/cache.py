"""The readings that earlier runs left on disk: a file that can go at any time, and is never a reason to fail.

Nobody else may have written it, each row carries the hash of its bytes, and what a row holds is looked at as closely
as what comes from a stranger. What is damaged goes without a word: the files are read again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import stat
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from faqkb.ingest.known.content import Content
from faqkb.ingest.known.reader import reader_fingerprint
from faqkb.ingest.known.reading import Reading, ReadingDamaged, dump_reading, load_reading
from faqkb.kb.database.file import DatabaseFile, Form
from faqkb.kb.disk import remove_folder
from faqkb.kb.errors import StorageFailed
from faqkb.kb.foreign.owner import foreign_owner

CACHE_BYTES = 200_000_000  # of all readings, packed: those of half a million short records
_ROW_BYTES = 50_000_000  # of one, packed; the largest file that is read gives 15
_READING_BYTES = 250_000_000  # of one, unpacked
_FILE_FACTOR = 3  # how much larger than its readings the file can be, for what was removed and the log beside it
_FLUSH_SECONDS = 2.0  # what is lost at most when the process is killed
_FLUSH_BYTES = 8_000_000
_DAY_SECONDS = 86_400
_PACKING = 1  # of zlib: a fourth of the size; more takes longer and saves little
_SCHEMA = """
CREATE TABLE readings (key BLOB PRIMARY KEY, sha256 BLOB NOT NULL, packed BLOB NOT NULL);
CREATE TABLE uses (key BLOB PRIMARY KEY, day INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
"""
_FORM = Form(
    name="readings.sqlite",
    holds="readings",
    application=0x46415152,  # "FAQR"
    version=1,
    schema=_SCHEMA,
    is_write_ahead=True,
    damage=ReadingDamaged,
    way_out="remove it",
    foreign="and is not used; remove it",
    busy_seconds=2.0,
)
_SELECT = """
SELECT readings.key, readings.sha256, readings.packed, uses.day FROM readings JOIN uses ON uses.key = readings.key
WHERE readings.key = ?
"""
_PRIVATE_FOLDER = 0o700
_OTHERS_WRITE = 0o022
T = TypeVar("T")


class ReadingCache:
    """The readings in one folder. None of its methods raises for what is in it, or for what the disk does not take."""

    def __init__(self, folder: Path, *, most_bytes: int = CACHE_BYTES) -> None:
        """Readings that were used longest ago go first where all take more than `most_bytes`."""
        self._folder = folder
        self._file = DatabaseFile(folder, _FORM)
        self._most_bytes = most_bytes
        self._new: dict[bytes, bytes] = {}
        """Packed readings by key."""
        self._used: set[bytes] = set()
        """Keys of what was last used on another day."""
        self._flushed = time.monotonic()
        self._is_usable = self._takes = _is_private(folder)
        self._tried(self._check_file)

    def readings_of(self, contents: Sequence[Content]) -> dict[Content, Reading]:
        """Return what is kept of some contents, those of them that there are."""
        keys = {content.key(reader_fingerprint()): content for content in contents}
        known = {}
        for row in self._tried(lambda: self._rows(list(keys))) or ():
            reading = row.reading()
            if reading is not None and reading.document.report.path == keys[row.key].name:
                known[keys[row.key]] = reading
                if row.day != _today():
                    self._used.add(row.key)
        return known

    def keep(self, content: Content, reading: Reading) -> None:
        """Keep a reading; it is on disk within two seconds of work, or at `flush`."""
        dumped = dump_reading(reading)
        packed = zlib.compress(dumped, _PACKING)
        if len(packed) <= _ROW_BYTES and len(dumped) <= _READING_BYTES:
            self._new[content.key(reader_fingerprint())] = packed
        is_late = time.monotonic() - self._flushed >= _FLUSH_SECONDS
        if is_late or sum(map(len, self._new.values())) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is new, and what was used."""
        if self._takes and (self._new or self._used):
            self._takes = self._tried(self._write) is not None
        self._new, self._used, self._flushed = {}, set(), time.monotonic()

    def _tried(self, step: Callable[[], T]) -> T | None:
        """Return what a step gives, None where it fails: then what is damaged goes, and nothing else happens."""
        if not self._is_usable:
            return None
        try:
            return step()
        except ReadingDamaged:
            with suppress(OSError):
                remove_folder(self._folder)
            self._is_usable = not self._folder.exists()
        except (StorageFailed, OSError):
            return None
        return None

    def _check_file(self) -> None:
        """Make sure that it is a file of bearable size. Raises ReadingDamaged, OSError."""
        try:
            status = self._file.path.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISREG(status.st_mode) or status.st_size > _FILE_FACTOR * self._most_bytes + _ROW_BYTES:
            raise ReadingDamaged(f"{self._file.path}: no file, or far larger than what is kept in it; remove it")

    def _rows(self, keys: Sequence[bytes]) -> list[_Row]:
        with self._file.reading() as connection:
            found = [connection.execute(_SELECT, (key,)).fetchone() for key in keys] if connection else []
        return [_Row(*row) for row in found if row]

    def _write(self) -> bool:
        self._folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
        rows = [(key, _sha256(key, packed), packed) for key, packed in self._new.items()]
        with self._file.writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", rows)
            uses = [(key, _today(), len(packed)) for key, packed in self._new.items()]
            connection.executemany("INSERT OR REPLACE INTO uses VALUES (?, ?, ?)", uses)
            connection.executemany("UPDATE uses SET day = ? WHERE key = ?", [(_today(), key) for key in self._used])
            self._make_room(connection)
            connection.execute("COMMIT")
        return True

    def _make_room(self, connection: sqlite3.Connection) -> None:
        (total,) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM uses").fetchone()
        if total <= self._most_bytes:
            return
        # By day and then by key, which is as good as by chance: of content too large for all to be kept, read over and
        # over, the oldest would always be the next to be asked for.
        for key, size in connection.execute("SELECT key, bytes FROM uses ORDER BY day, key").fetchall():
            if total <= self._most_bytes:
                break
            connection.execute("DELETE FROM uses WHERE key = ?", (key,))
            total -= size
        connection.execute("DELETE FROM readings WHERE key NOT IN (SELECT key FROM uses)")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as the file gives it; nothing of it is believed yet."""

    key: bytes
    sha256: bytes
    packed: bytes
    day: int

    def reading(self) -> Reading | None:
        """Return the reading, None where the row is none that we wrote."""
        if type(self.packed) is not bytes or _sha256(self.key, self.packed) != self.sha256:
            return None
        try:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(self.packed, _READING_BYTES)
            return load_reading(content) if unpacker.eof else None
        except (zlib.error, ReadingDamaged):
            return None


def _sha256(key: bytes, packed: bytes) -> bytes:
    return hashlib.sha256(key + packed).digest()


def _today() -> int:
    return int(time.time() // _DAY_SECONDS)


def _is_private(folder: Path) -> bool:
    """Make the folder where there is none; return whether nobody but its owner, us, can put anything into it."""
    try:
        if not folder.exists():
            folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
        status = folder.lstat()
        return stat.S_ISDIR(status.st_mode) and not status.st_mode & _OTHERS_WRITE and foreign_owner(folder) is None
    except OSError:
        return False
