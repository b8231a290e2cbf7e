"""Runs a check script, in its time limit, with bounded output; ends all it started; one document whatever it does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from faqkb.faq.checks.descendants import end_all, own_orphans
from faqkb.faq.checks.skeleton import EXIT_CODES
from faqkb.faq.checks.surroundings import without_secrets
from faqkb.faq.console import say, say_note
from faqkb.kb.checks import Check

_GRACE_SECONDS = 2.0  # above a check's own limit, and for it to end when told to
_DOCUMENT_BYTES = 10_000_000
_TOLD_BYTES = 200_000  # of what it tells on standard error while it runs
_LINE_BYTES = 4_000
_FIELDS = {"check", "status", "summary", "facts", "findings"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run of a check gave."""

    code: int
    """Exit code of contract v1."""
    document: dict[str, Any]


@dataclass(slots=True)
class _Ran:
    """How a process ended."""

    code: int
    printed: bytes
    """At most `_DOCUMENT_BYTES` and one."""
    in_time: bool
    seconds: float

    @property
    def is_too_long(self) -> bool:
        return len(self.printed) > _DOCUMENT_BYTES


def run_check(check: Check, python: Path, arguments: Sequence[str], stdin: bytes | None = None) -> Checked:
    """Run a check to its end or its time limit; `stdin` is handed to it, without one it inherits ours.

    A script that breaks the contract (no document, another exit code, no end) gives status `error`, exit code 1.
    """
    try:
        ran = _run(check, python, [*arguments, "--json"], stdin)
    except OSError as error:
        return failed(check, f"{python} cannot be started ({error.strerror})", "name another with --python")
    if not ran.in_time:
        return failed(check, f"not done after {check.limit_seconds:g} s, its time limit; it was ended", "", ran.seconds)
    if ran.is_too_long:
        what = f"printed more than {_DOCUMENT_BYTES:,} bytes; it was ended"
        return failed(check, what, "report this to its author", ran.seconds)
    document = _document(ran.printed)
    if document and EXIT_CODES.get(document["status"]) == ran.code:
        return Checked(ran.code, document)
    how = f"exit code {ran.code}" if ran.code >= 0 else signal.Signals(-ran.code).name
    what = "no report" if document is None else f"a report of status {document['status']}"
    return failed(
        check, f"broke the contract of checks: it gave {what} and {how}", "report this to its author", ran.seconds
    )


def run_plain(check: Check, python: Path, arguments: Sequence[str]) -> int:
    """Run a check for its `--help` and print what it says; returns its exit code. Raises OSError."""
    ran = _run(check, python, arguments, b"")
    say(ran.printed.decode("utf-8", "replace").rstrip("\n"))
    return ran.code if ran.in_time and ran.code >= 0 else EXIT_CODES["error"]


def failed(check: Check, why: str, fix: str, seconds: float = 0.0) -> Checked:
    """Return the document of a check that could not do its work."""
    finding = {"status": "error", "what": why, "why": "", "fix": fix}
    document = {
        "check": check.id,
        "version": check.version,
        "status": "error",
        "summary": why,
        "facts": {},
        "findings": [finding],
        "answers": list(check.answers),
        "seconds": seconds,
    }
    return Checked(EXIT_CODES["error"], document)


def _run(check: Check, python: Path, arguments: Sequence[str], stdin: bytes | None) -> _Ran:
    """Run a check's script and end all that it started. Raises OSError where the interpreter cannot be started."""
    started = time.monotonic()
    with _script_of(check) as script, nullcontext() if stdin is None else _file_of(stdin) as given, own_orphans():
        process = subprocess.Popen(
            [str(python), str(script), *arguments],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=without_secrets(os.environ),
        )
        printed = bytearray()
        readers = [
            threading.Thread(target=_collect, args=(process, printed), daemon=True),
            threading.Thread(target=_tell, args=(process.stderr,), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            in_time = _await(process, check.limit_seconds + _GRACE_SECONDS)
        finally:
            end_all(process, _GRACE_SECONDS)
        for reader in readers:
            reader.join(_GRACE_SECONDS)  # nobody holds the pipes any more; where orphans cannot be found, one may
    return _Ran(process.returncode, bytes(printed), in_time, round(time.monotonic() - started, 3))


@contextmanager
def _script_of(check: Check) -> Iterator[Path]:
    """Lend the check's script as a file of its own name."""
    with tempfile.TemporaryDirectory(prefix="faq-check-") as folder:
        script = Path(folder) / f"{check.id}.py"
        script.write_bytes(check.script)
        yield script


@contextmanager
def _file_of(content: bytes) -> Iterator[IO[bytes]]:
    """Lend a file that holds the content."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


def _collect(process: subprocess.Popen[bytes], printed: bytearray) -> None:
    """Read what a check prints; more than a document may hold ends it."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    with process.stdout as output:
        while part := os.read(output.fileno(), 65_536):
            printed += part[: _DOCUMENT_BYTES + 1 - len(printed)]
            if len(printed) > _DOCUMENT_BYTES:
                process.kill()
                return


def _tell(errors: IO[bytes]) -> None:
    """Pass on what a check tells while it runs, line by line, up to a bound."""
    left = _TOLD_BYTES
    with errors:
        while line := errors.readline(_LINE_BYTES):
            if left > 0:
                say_note(line.decode("utf-8", "replace").rstrip("\r\n"))
            left -= len(line)
    if left < 0:
        say_note(f"… and {-left:,} bytes more, left out")


def _await(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the end of a process; returns whether it ended by itself, in time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    except KeyboardInterrupt:
        return True  # it is told to end, and its report says so
    return True


def _document(printed: bytes) -> dict[str, Any] | None:
    """Return the one JSON document that was printed, None when it is something else."""
    try:
        document = json.loads(printed.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not set(document) >= _FIELDS or not isinstance(document["status"], str):
        return None
    findings = document["findings"]
    whole = isinstance(document["facts"], dict) and isinstance(findings, list)
    return document if whole and all(isinstance(finding, dict) for finding in findings) else None
