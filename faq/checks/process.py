"""Runs a check script: its own process group, its time limit, and one document whatever it does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from faqkb.faq.checks.skeleton import EXIT_CODES
from faqkb.kb.checks import Check

_GRACE_SECONDS = 2.0  # above a check's own limit, and for it to end when told to
_DOCUMENT_BYTES = 10_000_000
_FIELDS = {"check", "status", "summary", "facts", "findings"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run of a check gave."""

    code: int
    """Exit code of contract v1."""
    document: dict[str, Any]


def run_check(check: Check, python: Path, arguments: Sequence[str], stdin: bytes | None = None) -> Checked:
    """Run a check to its end or its time limit; `stdin` is handed to it, without one it inherits ours.

    A script that breaks the contract (no document, another exit code, no end) gives status `error`, exit code 1.
    """
    started = time.monotonic()
    with _script_of(check) as script, tempfile.TemporaryFile() as output:
        command = [str(python), str(script), *arguments, "--json"]
        with nullcontext() if stdin is None else _file_of(stdin) as given:
            try:
                process = subprocess.Popen(command, stdin=given, stdout=output, start_new_session=True)
            except OSError as error:
                return failed(check, f"{python} cannot be started ({error.strerror})", "name another with --python")
        ended = _await(process, check.limit_seconds + _GRACE_SECONDS)
        output.seek(0)
        printed = output.read(_DOCUMENT_BYTES)
    seconds = round(time.monotonic() - started, 3)
    if not ended:
        return failed(check, f"not done after {check.limit_seconds:g} s, its time limit; it was ended", "", seconds)
    document = _document(printed)
    if document and EXIT_CODES.get(document["status"]) == process.returncode:
        return Checked(process.returncode, document)
    how = f"exit code {process.returncode}" if process.returncode >= 0 else signal.Signals(-process.returncode).name
    what = "no report" if document is None else f"a report of status {document['status']}"
    return failed(
        check, f"broke the contract of checks: it gave {what} and {how}", "report this to its author", seconds
    )


def run_plain(check: Check, python: Path, arguments: Sequence[str]) -> int:
    """Run a check with our own input and output, for its `--help`; returns its exit code."""
    with _script_of(check) as script:
        return subprocess.run([str(python), str(script), *arguments], check=False).returncode


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


def _await(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the end of a process, then end all that it started; returns whether it ended by itself, in time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    except KeyboardInterrupt:
        return True  # it is told below, and its report says so
    else:
        return True
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: first by asking, so that it can clean up."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)


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
