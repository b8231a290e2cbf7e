"""What readers say of the answers: `DIR/feedback.sqlite`, which every ingest leaves alone.

One SQLite file in WAL mode with synchronous=FULL: what was acknowledged survives a kill and a power loss, and any
number of processes may write. A connection lives for one operation, so a file that was moved away or put back is
noticed at once, and no handle is shared between threads.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from faqkb.kb import limits
from faqkb.kb.disk import TEMPORARY_PREFIX, install_file
from faqkb.kb.errors import FeedbackDamaged, InvalidFeedback, StorageFailed
from faqkb.kb.feedback.events import AskedInVain, Click, Event, RecordVotes, Unanswered, Vote, as_text
from faqkb.kb.feedback.once import Once, claim, is_claimed
from faqkb.kb.feedback.redaction import redact

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
# Every statement is ours, so one that SQLite cannot make sense of means a file with other tables.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
_PRIMARY = 0xFF  # of an extended SQLite error code, the part that names its kind
_TABLES = ("votes", "unanswered", "clicks")
_ENDINGS = " ?!.。？！"  # of a question, which do not make it another one


class FeedbackStore:
    """The feedback of one knowledge base; any number of threads and processes may use it."""

    def __init__(self, folder: Path, retention_days: int = limits.FEEDBACK_DAYS) -> None:
        """Take the folder of the knowledge base; the file is made by the first event.

        `retention_days` is how long `forget_old` leaves an event, 0 for ever.
        """
        self._path = folder / FEEDBACK_FILE
        self._retention_days = retention_days

    def record(self, event: Event, once: Once | None = None) -> bool:
        """Keep an event: when this returns, it is on disk. Texts are redacted first.

        With `once`, a write of that name happens once; returns whether this was it. Raises InvalidFeedback,
        StorageFailed, FeedbackDamaged, KeyReused.
        """
        _check(event)
        table, row = _row(event)
        with self._opened(writing=True) as connection:
            connection.execute("BEGIN IMMEDIATE")  # a read that turns into a write could fail halfway with SQLITE_BUSY
            if once is not None and not claim(connection, once):
                return False
            if not _replaced(connection, table, row):
                _inserted(connection, table, row)
            connection.execute("COMMIT")
            return True

    def is_done(self, once: Once) -> bool:
        """Return whether a write of that name was kept. Raises KeyReused, StorageFailed, FeedbackDamaged."""
        with self._reading() as connection:
            return connection is not None and is_claimed(connection, once)

    def forget_old(self, *, now: datetime | None = None) -> int:
        """Delete every event older than is kept, its words overwritten on disk; returns how many there were.

        Raises StorageFailed, FeedbackDamaged.
        """
        if not self._retention_days or not self._path.exists():
            return 0
        oldest = as_text((now or datetime.now(UTC)) - timedelta(days=self._retention_days))
        deleted = 0
        with self._opened(writing=True) as connection:
            connection.execute("PRAGMA secure_delete = ON")  # else the words stay in free pages of the file
            connection.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                deleted += connection.execute(f"DELETE FROM {table} WHERE at < ?", (oldest,)).rowcount
            connection.execute("COMMIT")
            if deleted:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # and in the log beside it
        return deleted

    def events(self) -> Iterator[Event]:
        """Yield every event, oldest first. Raises StorageFailed, FeedbackDamaged."""
        with self._reading() as connection:
            if connection is not None:
                kinds: list[Iterator[Event]] = [_votes(connection), _unanswered(connection), _clicks(connection)]
                yield from heapq.merge(*kinds, key=attrgetter("at"))

    def votes(self) -> tuple[RecordVotes, ...]:
        """Return the votes per record, most votes against first. Raises StorageFailed, FeedbackDamaged."""
        counts: dict[str, list[int]] = {}
        reasons: dict[str, Counter[str]] = {}
        with self._reading() as connection:
            for vote in _votes(connection) if connection is not None else ():
                if vote.record_id is None:
                    continue
                counts.setdefault(vote.record_id, [0, 0])[vote.helpful] += 1
                if not vote.helpful:
                    reasons.setdefault(vote.record_id, Counter()).update(vote.tags)
        found = (
            RecordVotes(record_id, helpful, against, dict(reasons.get(record_id, Counter()).most_common()))
            for record_id, (against, helpful) in counts.items()
        )
        return tuple(sorted(found, key=lambda votes: (-votes.not_helpful, -votes.helpful, votes.record_id)))

    def most_asked(self, *, at_least: int) -> tuple[str, ...]:
        """Return the ids of the records opened or found helpful at least so often, most often first.

        Raises StorageFailed, FeedbackDamaged.
        """
        counted = """
            SELECT record FROM (
                SELECT record FROM clicks UNION ALL SELECT record FROM votes WHERE helpful = 1 AND record IS NOT NULL
            ) GROUP BY record HAVING count(*) >= ? ORDER BY count(*) DESC, record
        """
        with self._reading() as connection:
            rows = connection.execute(counted, (at_least,)).fetchall() if connection is not None else []
        return tuple(str(record_id) for (record_id,) in rows)

    def asked_in_vain(self) -> tuple[AskedInVain, ...]:
        """Return the unanswered questions, most asked first, then newest. Raises StorageFailed, FeedbackDamaged."""
        told: dict[str, list[Unanswered]] = {}
        with self._reading() as connection:
            for report in _unanswered(connection) if connection is not None else ():
                if report.question:
                    told.setdefault(report.question.casefold().rstrip(_ENDINGS), []).append(report)
        found = [
            AskedInVain(reports[-1].question or "", len(reports), reports[-1].at, _notes(reports))
            for reports in told.values()
        ]
        newest_first = sorted(found, key=attrgetter("last"), reverse=True)
        return tuple(sorted(newest_first, key=attrgetter("times"), reverse=True))

    def unanswered_without_text(self) -> int:
        """Return how many unanswered questions were told by readers whose browser keeps the words private."""
        with self._reading() as connection:
            if connection is None:
                return 0
            (count,) = connection.execute(
                "SELECT count(*) FROM unanswered WHERE coalesce(question, '') = ''"
            ).fetchone()
            return int(count)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Lend a connection that sees one state throughout; None where nothing was ever written."""
        if not self._path.exists():
            yield None
            return
        with self._opened(writing=False) as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def _opened(self, *, writing: bool) -> Iterator[sqlite3.Connection]:
        try:
            if writing and not self._path.exists():
                _create(self._path)
            with closing(self._connected(writing=writing)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise self._told(error) from error
        except (ValueError, TypeError) as error:
            raise FeedbackDamaged(f"{self._path}: damaged ({error}); move it away, a new one is made") from error
        except OSError as error:
            raise _failed(self._path, error.strerror or str(error)) from error

    def _connected(self, *, writing: bool) -> sqlite3.Connection:
        uri = self._path.absolute().as_uri()
        try:
            return self._verified(f"{uri}?mode=rw", writing=writing)
        except sqlite3.OperationalError:
            if writing or self._path.with_name(f"{FEEDBACK_FILE}-wal").exists():
                raise
            # A folder that cannot be written has no room for SQLite's shared memory; with no log beside the file, all
            # of it is in the file.
            return self._verified(f"{uri}?mode=ro&immutable=1", writing=False)

    def _verified(self, uri: str, *, writing: bool) -> sqlite3.Connection:
        """Open the file and make sure that it is ours, in the form that this version reads."""
        connection = sqlite3.connect(uri, uri=True, timeout=limits.FEEDBACK_BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL" if writing else "PRAGMA query_only = ON")
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if application != _APPLICATION:
                raise FeedbackDamaged(f"{self._path}: not a file of feedback; move it away, a new one is made")
            if version != _VERSION:
                raise FeedbackDamaged(
                    f"{self._path}: written in another form (got {version}, expected {_VERSION}); use the version of"
                    " faqkb that wrote it, or move it away"
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def _told(self, error: sqlite3.Error) -> FeedbackDamaged | StorageFailed:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: Python could not decode what it got
        if code & _PRIMARY in _DAMAGED:
            return FeedbackDamaged(f"{self._path}: damaged ({error}); move it away, a new one is made")
        return _failed(self._path, str(error))


def _failed(path: Path, cause: str) -> StorageFailed:
    return StorageFailed(f"{path}: {cause}; nothing was stored, free space or fix permissions and try again")


def _create(path: Path) -> None:
    """Make an empty file of feedback, whole from the moment it has its name.

    Two processes that turn one new file to WAL at once can fail each other whatever the timeout, so each makes its own
    and the first to name it wins.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}.sqlite")
    try:
        with closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            connection.executescript(_SCHEMA)
        install_file(temporary, path)
    finally:
        for left in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(f"{temporary.name}{left}").unlink(missing_ok=True)


def _check(event: Event) -> None:
    """Hold an event to the limits, at the door."""
    lengths = {"question": (event.question, limits.FEEDBACK_QUESTION_CHARS)}
    tags: tuple[str, ...] = ()
    if not isinstance(event, Click):
        lengths["note"] = (event.note, limits.NOTE_CHARS)
        tags = event.tags
    for name, (text, most) in lengths.items():
        if text is not None and len(text) > most:
            raise InvalidFeedback(f"the {name} is too long (got {len(text)} characters, expected {most}); shorten it")
    if len(tags) > limits.TAGS_MAX or any(len(tag) > limits.TAG_CHARS for tag in tags):
        raise InvalidFeedback(
            f"too many or too long tags (got {len(tags)}, expected at most {limits.TAGS_MAX} of at most"
            f" {limits.TAG_CHARS} characters); give fewer"
        )


def _row(event: Event) -> tuple[str, dict[str, Any]]:
    """Return the table of an event, and its columns with every text redacted."""
    row: dict[str, Any] = {"at": event.at, "question": _redacted(event.question), "snapshot": event.snapshot}
    if isinstance(event, Click):
        return "clicks", row | {"record": event.record_id}
    row["note"] = _redacted(event.note)
    row["tags"] = json.dumps(list(dict.fromkeys(map(redact, event.tags))), ensure_ascii=False)
    row["answer"] = event.answer
    if isinstance(event, Unanswered):
        return "unanswered", row | {"status": event.status}
    return "votes", row | {"record": event.record_id, "helpful": int(event.helpful)}


def _redacted(text: str | None) -> str | None:
    return None if text is None else redact(text)


def _replaced(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> bool:
    """Overwrite what the same reader said before of the same answer; returns whether there was anything."""
    if row.get("answer") is None:
        return False
    columns = ", ".join(f"{name} = :{name}" for name in row)
    same = "answer = :answer AND record IS :record" if "record" in row else "answer = :answer"
    return connection.execute(f"UPDATE {table} SET {columns} WHERE {same}", row).rowcount > 0


def _inserted(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Add a row, and let go of the oldest one beyond what is kept: numbers have no gaps."""
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    number = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", row).lastrowid or 0
    connection.execute(f"DELETE FROM {table} WHERE number <= ?", (number - limits.FEEDBACK_ROWS,))


def _votes(connection: sqlite3.Connection) -> Iterator[Vote]:
    select = "SELECT record, iif(helpful = 1, 'yes', ''), tags, note, question, snapshot, answer, at FROM votes"
    for record, helpful, tags, *others in _rows(connection, select):
        yield Vote(record, bool(helpful), _read_tags(tags), *others)


def _unanswered(connection: sqlite3.Connection) -> Iterator[Unanswered]:
    select = "SELECT question, status, tags, note, snapshot, answer, at FROM unanswered"
    for question, status, tags, *others in _rows(connection, select):
        yield Unanswered(question, status, _read_tags(tags), *others)


def _clicks(connection: sqlite3.Connection) -> Iterator[Click]:
    for row in _rows(connection, "SELECT record, question, snapshot, at FROM clicks"):
        yield Click(*row)


def _rows(connection: sqlite3.Connection, select: str) -> Iterator[tuple[Any, ...]]:
    """Yield rows of texts, the time last, oldest first.

    Raises ValueError where SQLite gives what was never stored: its files have no checksums.
    """
    for row in connection.execute(f"{select} ORDER BY at"):
        if row[-1] is None or not all(value is None or isinstance(value, str) for value in row):
            raise ValueError("a row holds what was never stored")
        yield row


def _read_tags(text: str) -> tuple[str, ...]:
    tags = json.loads(text)
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags are not a list of texts")
    return tuple(tags)


def _notes(reports: list[Unanswered]) -> tuple[str, ...]:
    return tuple(report.note for report in reports if report.note)
