"""Results of check scripts that people chose to send: which script passed or failed on which versions, nothing else.

`DIR/check_runs.sqlite`, readable by its owner alone, WAL mode with synchronous=FULL, as the feedback beside it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.checks import PASSING, Check
from faqkb.kb.database.file import DatabaseFile, Form
from faqkb.kb.errors import FeedbackDamaged
from faqkb.kb.feedback.events import as_text, utc_now
from faqkb.kb.feedback.once import ONCE_TABLE, Once, claim, is_claimed

CHECK_RUNS_FILE = "check_runs.sqlite"
STATUSES = (*sorted(PASSING), "fail")
"""How a run that says something may have ended: `pass`, `warn`, `fail`."""
VERSIONS_MOST = 16
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Of a package, of `python`, of `system`."""
VERSION_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9.!_-]{0,63}(?: [A-Za-z0-9_]{1,16})?$"
"""A version, or `Linux x86_64`: no path, no address, and no local part after `+`, which may name a machine."""
SHA256_PATTERN = r"^[0-9a-f]{64}$"
_SCHEMA = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, check_id TEXT NOT NULL, version TEXT NOT NULL,
    sha256 TEXT NOT NULL, status TEXT NOT NULL, versions TEXT NOT NULL
);
CREATE INDEX runs_at ON runs (at);
"""
_FORM = Form(
    name=CHECK_RUNS_FILE,
    holds="results of checks",
    application=0x46415143,  # "FAQC"
    version=1,
    schema=_SCHEMA,
    is_write_ahead=True,
    damage=FeedbackDamaged,
    way_out="move it away, a new one is made",
    foreign="and results that somebody else keeps count for nothing; move it away, a new one is made",
    later=ONCE_TABLE,
    busy_seconds=limits.FEEDBACK_BUSY_SECONDS,
)


@dataclass(frozen=True, slots=True)
class SentRun:
    """One run of a check on somebody's machine."""

    check: str
    """Its id."""
    version: str
    """Of the check, as its header counts."""
    sha256: str
    """Of its script."""
    status: str
    """One of `STATUSES`."""
    on: Mapping[str, str]
    """Versions, by name: of Python, of the system, of the packages that the check needs."""
    at: str = field(default_factory=utc_now)
    """UTC, ISO 8601."""

    def __post_init__(self) -> None:
        texts = {self.check: NAME_PATTERN, self.version: VERSION_PATTERN, self.sha256: SHA256_PATTERN}
        texts |= dict.fromkeys(self.on, NAME_PATTERN)
        fit = all(re.fullmatch(pattern, text) for text, pattern in texts.items())
        if (
            not fit
            or self.status not in STATUSES
            or len(self.on) > VERSIONS_MOST
            or not all(re.fullmatch(VERSION_PATTERN, version) for version in self.on.values())
        ):
            raise ValueError(
                f"no result of a check (got {self.check!r:.40}, {self.status!r:.20}, {len(self.on)} versions)"
            )

    def to_json(self) -> dict[str, object]:
        """Return exactly what is sent."""
        return {
            "check": self.check,
            "version": self.version,
            "sha256": self.sha256,
            "status": self.status,
            "on": dict(self.on),
        }


@dataclass(frozen=True, slots=True)
class RunCount:
    """How often one script passed and failed on the same versions."""

    check: str
    version: str
    sha256: str
    on: str
    """In one line, e.g. `python 3.11.7, Linux x86_64`."""
    passed: int
    failed: int
    last: str
    """When it was sent last, UTC."""


def run_to_send(check: Check, status: str, on: Mapping[str, str]) -> SentRun:
    """Return what may be sent of a run: versions without their local parts, and none that is no version.

    Raises ValueError where the run says nothing, because it was skipped or broke.
    """
    plain = {name: version.partition("+")[0] for name, version in on.items()}
    told = {
        name: version
        for name, version in sorted(plain.items())
        if re.fullmatch(NAME_PATTERN, name) and re.fullmatch(VERSION_PATTERN, version)
    }
    version = check.version if re.fullmatch(VERSION_PATTERN, check.version) else "other"
    return SentRun(check.id, version, check.sha256, status, dict(list(told.items())[:VERSIONS_MOST]))


class RunStore:
    """The results that were sent to one knowledge base; any number of threads and processes may use it."""

    def __init__(self, folder: Path, retention_days: int = limits.FEEDBACK_DAYS) -> None:
        """Take the folder of the knowledge base; the file is made by the first result."""
        self._file = DatabaseFile(folder, _FORM)
        self._retention_days = retention_days

    def record(self, run: SentRun, *onces: Once) -> bool:
        """Keep a result: when this returns, it is on disk. A write of any of the names happens once.

        Returns whether this was it. Raises StorageFailed, FeedbackDamaged, KeyReused.
        """
        row = {"at": run.at, "check_id": run.check, "version": run.version, "sha256": run.sha256, "status": run.status}
        row["versions"] = json.dumps(dict(sorted(run.on.items())))
        names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        with self._file.writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            claimed = [claim(connection, once) for once in onces]
            is_new = all(claimed)
            if is_new:
                number = connection.execute(f"INSERT INTO runs ({names}) VALUES ({values})", row).lastrowid or 0
                connection.execute("DELETE FROM runs WHERE number <= ?", (number - limits.FEEDBACK_ROWS,))
            connection.execute("COMMIT")
        return is_new

    def is_done(self, once: Once) -> bool:
        """Return whether a write of that name was kept. Raises KeyReused, StorageFailed, FeedbackDamaged."""
        with self._file.reading() as connection:
            return connection is not None and is_claimed(connection, once)

    def runs(self, *, since: str = "") -> tuple[SentRun, ...]:
        """Return the results from a day on (`2026-11-25`), oldest first. Raises StorageFailed, FeedbackDamaged."""
        select = "SELECT check_id, version, sha256, status, versions, at FROM runs WHERE at >= ? ORDER BY at, number"
        with self._file.reading() as connection:
            return () if connection is None else tuple(_read(connection, select, since))

    def verify(self) -> None:
        """Read all of it. Raises StorageFailed, FeedbackDamaged."""
        self._file.verify()
        self.runs()

    def forget_old(self, *, now: datetime | None = None) -> int:
        """Delete every result older than is kept; returns how many there were.

        Raises StorageFailed, FeedbackDamaged.
        """
        if not self._retention_days or not self._file.path.exists():
            return 0
        oldest = as_text((now or datetime.now(UTC)) - timedelta(days=self._retention_days))
        with self._file.writing() as connection:
            return connection.execute("DELETE FROM runs WHERE at < ?", (oldest,)).rowcount


def counted(runs: Iterable[SentRun]) -> tuple[RunCount, ...]:
    """Return how each script fared on each set of versions: by check, the script sent last first."""
    found: dict[tuple[str, str, str, str], Counter[bool]] = {}
    last: dict[tuple[str, str, str, str], str] = {}
    newest: dict[tuple[str, str], str] = {}
    for run in runs:
        key = (run.check, run.version, run.sha256, told_versions(run.on))
        found.setdefault(key, Counter())[run.status in PASSING] += 1
        last[key] = max(run.at, last.get(key, ""))
        newest[run.check, run.sha256] = max(run.at, newest.get((run.check, run.sha256), ""))
    counts = [RunCount(*key, each[True], each[False], last[key]) for key, each in found.items()]
    counts.sort(key=lambda each: (each.last, each.on), reverse=True)
    counts.sort(key=lambda each: newest[each.check, each.sha256], reverse=True)
    return tuple(sorted(counts, key=lambda each: each.check))


def told_versions(on: Mapping[str, str]) -> str:
    """Return versions in one line, those of packages first, then Python's and the system's."""
    last = ("python", "system")
    parts = [f"{name} {version}" for name, version in sorted(on.items()) if name not in last]
    parts += [f"python {on['python']}"] if "python" in on else []
    return ", ".join([*parts, *([on["system"]] if "system" in on else [])])


def _read(connection: sqlite3.Connection, select: str, since: str) -> Iterator[SentRun]:
    """Yield rows as results. Raises ValueError where SQLite gives what was never stored."""
    with closing(connection.execute(select, (since,))) as rows:
        for row in rows:
            if not all(isinstance(value, str) for value in row):
                raise ValueError("a row holds what was never stored")
            check, version, sha256, status, versions, at = row
            on = json.loads(versions)
            if not isinstance(on, dict) or not all(isinstance(each, str) for each in on.values()):
                raise ValueError("a row holds what was never stored")
            yield SentRun(check, version, sha256, status, on, at)
