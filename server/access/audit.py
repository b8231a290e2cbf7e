"""The audit log: who asked what address, and what came of it; one JSON object a line.

It holds no question unless the operator wants them (then redacted), no whole address, and no key: `key` is its id. What
the listener itself refuses (503 when too much waits, nonsense) never reached the application and is not in it.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request

from faqkb.kb.answers import Answer
from faqkb.kb.errors import ConfigError
from faqkb.kb.feedback.events import utc_now
from faqkb.kb.feedback.redaction import redact
from faqkb.server.access.rules import scope_of
from faqkb.server.below import own_name
from faqkb.server.http.client_address import shortened
from faqkb.server.limits import AUDIT_BYTES, AUDIT_FILES
from faqkb.server.noted import method_of_request, noted_answers, noted_deed

EXTENSION = "faq-audit"
_log = logging.getLogger("faq.server")


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """What the operator wants to know."""

    path: Path | None = None
    """The file; None writes no log."""
    questions: bool = False
    """Whether the words of questions are in it."""


NO_AUDIT = AuditSettings()


class AuditLog:
    """A file that lines are added to. Full, it becomes `NAME.1`, that one `NAME.2`, and so on."""

    def __init__(self, path: Path, most_bytes: int = AUDIT_BYTES, files: int = AUDIT_FILES) -> None:
        """Open the file, readable by its owner alone. Raises ConfigError."""
        self._path = path
        self._most_bytes = most_bytes
        self._files = files
        self._lock = threading.Lock()
        self._failing = False
        try:
            self._descriptor = self._opened()
        except OSError as error:
            raise ConfigError(
                f"{path}: the audit log cannot be written ({error.strerror}); give --audit-log another file"
            ) from error

    def write(self, line: bytes) -> None:
        """Add a line. A disk that refuses is told in the server's log, once until it takes lines again."""
        with self._lock:
            try:
                if os.fstat(self._descriptor).st_size + len(line) > self._most_bytes:
                    self._rotate()
                written = os.write(self._descriptor, line)  # whole lines: others may append to the same file
                if written < len(line):
                    os.write(self._descriptor, line[written:])
                self._failing = False
            except OSError as error:
                if not self._failing:
                    _log.error("%s: %s; requests are answered and not logged there", self._path, error.strerror)
                self._failing = True

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            os.close(self._descriptor)

    def _opened(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        # What holds something else is somebody's file: a line in a shell's profile would be run.
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and os.pread(descriptor, 1, 0) not in {b"", b"{"}:
            os.close(descriptor)
            raise ConfigError(f"{self._path}: holds something else than an audit log; give --audit-log another file")
        return descriptor

    def _rotate(self) -> None:
        if not self._path.is_file():
            return  # a device or a pipe has no size to keep to
        for number in range(self._files - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        fresh = self._opened()
        os.close(self._descriptor)
        self._descriptor = fresh

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def open_audit(settings: AuditSettings) -> AuditLog | None:
    """Return the log that is wanted, None where none is. Raises ConfigError."""
    return None if settings.path is None else AuditLog(settings.path)


def install_audit(app: Flask, log: AuditLog | None, *, questions: bool) -> None:
    """Log every request, if it is wanted; to be called after `install_metrics`, which notes when it began.

    Before `install_security`, which may turn it away. Several applications may write one log.
    """
    if log is None:
        return
    app.extensions[EXTENSION] = log

    def note(response: Response) -> Response:
        is_told = request.url_rule is None or scope_of(request.path) is not None  # not health checks and style sheets
        if is_told:
            log.write(json.dumps(_entry(response, questions=questions), ensure_ascii=False).encode() + b"\n")
        return response

    app.after_request(note)


def _entry(response: Response, *, questions: bool) -> dict[str, Any]:
    caller = g.get("caller")
    noted = noted_answers()
    entry = {
        "at": utc_now(),
        "request": g.request_id,
        "key": caller.key.id if caller is not None and caller.key is not None else None,
        "address": shortened(caller.address if caller is not None else None),
        "method": method_of_request(),
        "route": None if request.url_rule is None else request.url_rule.rule,
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.started) * 1000, 1),
    }
    base = own_name()
    if base is not None:
        entry["base"] = base
    deed = noted_deed()
    if deed is not None:
        entry["deed"] = {"name": deed.name, "subject": deed.subject}
    if noted:
        entry["answers"] = [_answer(each.answer, questions=questions) for each in noted]
    return entry


def _answer(answer: Answer, *, questions: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"status": answer.status.value, "record": answer.hits[0].record.id if answer.hits else None}
    return told | ({"question": redact(answer.question)} if questions else {})
