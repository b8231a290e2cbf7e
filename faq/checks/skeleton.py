# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "skeleton"
# version = "1.0"
# title = "Is there room on the disk?"
# answers = []
# reads = ["free space of the disk that holds FOLDER"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 10
# ///
"""Find out whether a folder's disk has room for what is to come.

Say here what is measured and what decides: this text is what --help prints.
"""

from __future__ import annotations

import argparse
import shutil


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    parser.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="folder that has to hold more")
    parser.add_argument("--need-gb", type=float, default=1.0, metavar="GB", help="room wanted (default: 1)")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Measure the real thing, note the figures, say what to do.

    Whatever is raised here becomes a report too; nothing has to be caught for that.
    """
    try:
        free = shutil.disk_usage(arguments.folder).free
    except FileNotFoundError:
        raise WrongUse("FOLDER does not exist; name one that does") from None
    report.facts["free_bytes"] = free
    if free < arguments.need_gb * 1e9:
        report.fail(
            f"{free / 1e9:.1f} GB are free",
            why=f"{arguments.need_gb:g} GB are wanted",
            fix=f"remove {arguments.need_gb - free / 1e9:.1f} GB, or name a folder on another disk",
        )
    else:
        report.good(f"{free / 1e9:.1f} GB are free")


# --- part contract: the same in every check, leave it as it is ---
# Runs `measure` in a process of its own, so that a crash, a hang or a library that prints still ends in one report.
# Contract v1: exit code 0 pass, 4 warn, 3 fail, 77 skip, 2 wrong use, 1 the check broke or ran out of time.
import contextlib
import faulthandler
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Callable, NoReturn

EXIT_CODES = {"pass": 0, "warn": 4, "fail": 3, "skip": 77, "usage": 2, "error": 1}
_MEASURING = "FAQ_CHECK_MEASURING"  # set for the process that measures: the id of the one that waits for it
_NOISE_BYTES = 4000  # of what libraries printed, kept for the report of a crash
_GRACE_SECONDS = 1.0  # for the measuring process to end after it was told to
_STOPPED_BY = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class Skip(Exception):
    """What the check looks at is not on this machine."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fix = fix


class WrongUse(Exception):
    """An argument that cannot be used; the text says what to give instead."""


class _Stopped(Exception):
    """The check was told to end."""


class Report:
    """What a check found: figures, and findings that each come with what to do."""

    def __init__(self, progress: Callable[[str], None] = lambda text: None) -> None:
        self.summary = ""
        """One line; the worst finding when left empty."""
        self.facts: dict[str, Any] = {}
        """Figures by name, the unit at the end of the name: free_bytes, decode_ms; a text of several lines is shown."""
        self.findings: list[dict[str, str]] = []
        self.progress = progress
        """Tell whoever waits what is going on."""

    def good(self, what: str) -> None:
        """Note what is as it should be."""
        self._note("pass", what)

    def warn(self, what: str, *, why: str, fix: str) -> None:
        """Note what costs something but works."""
        self._note("warn", what, why, fix)

    def fail(self, what: str, *, why: str, fix: str) -> None:
        """Note what does not work; `fix` names the flag, number or line to change."""
        self._note("fail", what, why, fix)

    def end(self, status: str, why: str, fix: str = "") -> None:
        """Note why there is no verdict."""
        self.summary = why
        self._note(status, why, "", fix)

    def _note(self, status: str, what: str, why: str = "", fix: str = "") -> None:
        self.findings.append({"status": status, "what": what, "why": why, "fix": fix})

    @property
    def status(self) -> str:
        """The worst of all findings; `pass` when there is none."""
        found = {finding["status"] for finding in self.findings}
        return next((status for status in ("error", "usage", "skip", "fail", "warn") if status in found), "pass")

    def to_json(self) -> dict[str, Any]:
        """Return the part of the document that measuring decides."""
        worst = [finding["what"] for finding in self.findings if finding["status"] == self.status]
        summary = self.summary or (worst[0] if worst else "")
        return {"status": self.status, "summary": summary, "facts": self.facts, "findings": self.findings}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUse(message)


def main(add_arguments: Callable[[Any], None], measure: Callable[[Any, Report], None]) -> int:
    """Run the check as the command line says; return its exit code."""
    started = time.monotonic()
    own_folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != own_folder]  # checks are no modules
    header = read_header(__file__)
    parser = _Parser(
        prog=os.path.basename(__file__),
        description=__doc__,
        epilog=f"reads: {'; '.join(header['reads']) or 'nothing'} | writes: {'; '.join(header['writes']) or 'nothing'}"
        f" | takes at most {header['limit_seconds']:g} s | answers: {', '.join(header['answers']) or 'no record yet'}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    add_arguments(parser)
    as_json = "--json" in sys.argv[1:]
    try:
        arguments = parser.parse_args()
    except WrongUse as error:
        report = Report()
        report.end("usage", str(error), f"see {parser.prog} --help")
        found = report.to_json()
    else:
        if os.environ.get(_MEASURING) == str(os.getppid()):
            _measure_for_parent(measure, arguments)
        found = _supervise(float(header["limit_seconds"]), quiet=as_json and not sys.stderr.isatty(), id=header["id"])
    document = {"check": header["id"], "version": header["version"], **found, "answers": header["answers"]}
    document["seconds"] = round(time.monotonic() - started, 3)
    _print(_presentable(document), as_json=as_json)
    return EXIT_CODES[document["status"]]


def read_header(path: str) -> dict[str, Any]:
    """Return the table tool.faq-check of a script's own header; its values are written so that they are JSON too."""
    table: dict[str, Any] = {}
    current: dict[str, Any] | None = None
    pending = key = ""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            text = line[1:].strip()
            if text == "///":
                break
            if text.startswith("[") and not pending:
                name = text.strip("[]")
                current = None if not name.startswith("tool.faq-check") else table
                if current is not None and text.startswith("[["):
                    current = {}
                    table.setdefault(name.rpartition(".")[2], []).append(current)
            elif current is not None and text:
                if not pending:
                    key, _, text = (part.strip() for part in text.partition("="))
                pending += text
                with contextlib.suppress(ValueError):  # a list that goes on in the next line
                    current[key] = json.loads(pending)
                    pending = ""
    return table


def _measure_for_parent(measure: Callable[[Any, Report], None], arguments: argparse.Namespace) -> NoReturn:
    """Measure, and tell the waiting process in lines of JSON; what libraries print goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    faulthandler.enable()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()

    def tell(**line: Any) -> None:
        channel.write(json.dumps(line, default=float) + "\n")
        channel.flush()

    report = Report(lambda text: tell(progress=text))
    try:
        measure(arguments, report)
    except Skip as error:
        report.end("skip", str(error), error.fix)
    except WrongUse as error:
        report.end("usage", str(error), "see --help")
    except MemoryError:
        report.end("error", "the memory of this machine or container did not suffice", "give it more memory")
    except Exception as error:
        last = " ".join(str(error).split())[:500]
        report.end("error", f"the check broke: {type(error).__name__}: {last}", "report this with the command you ran")
    tell(report=report.to_json())
    os._exit(0)  # libraries that hang or crash while they are torn down have nothing more to say


def _end_with_parent(parent: int) -> None:
    """End this process and all that it started when nobody waits for it any more."""
    while os.getppid() == parent:
        time.sleep(0.5)
    _end_group(os.getpid())


def _end_group(process: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process)], capture_output=True, check=False)


def _supervise(limit: float, *, quiet: bool, id: str) -> dict[str, Any]:
    """Run this script again to measure, for at most `limit` seconds; return what it found or how it ended."""

    def stop(number: int, frame: object) -> NoReturn:
        raise _Stopped(f"ended by {signal.Signals(number).name}")

    for number in _STOPPED_BY:
        signal.signal(number, stop)
    with contextlib.ExitStack() as stack:
        environment = {**os.environ, _MEASURING: str(os.getpid()), "PYTHONIOENCODING": "utf-8:backslashreplace"}
        with contextlib.suppress(OSError):  # no place for temporary files; whoever needs one says so
            environment["TMPDIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="faq-check-"))
        try:
            child = _Child(environment, (lambda text: None) if quiet else lambda text: _note(f"{id}: {text}"))
            stack.callback(child.end)
            return child.wait(limit)
        except _Stopped as error:
            why, fix = str(error), "run it again"
        except (OSError, RuntimeError, MemoryError) as error:
            why, fix = f"the check could not be started: {error}", "free memory or raise the process limit"
    report = Report()
    report.end("error", why, fix)
    return report.to_json()


class _Child:
    """The process that measures."""

    def __init__(self, environment: dict[str, str], progress: Callable[[str], None]) -> None:
        command = [sys.executable, os.path.abspath(__file__), *sys.argv[1:]]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self.progress = progress
        self.found: dict[str, Any] | None = None
        self.noise = b""
        self.ended = threading.Event()
        self.readers = [threading.Thread(target=job, daemon=True) for job in (self._read, self._read_noise)]
        for thread in (*self.readers, threading.Thread(target=self._await_end, daemon=True)):
            thread.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            told = json.loads(line)
            if "report" in told:
                self.found = told["report"]
                self.ended.set()
            else:
                self.progress(told["progress"])

    def _read_noise(self) -> None:
        for line in self.process.stderr or ():
            self.noise = (self.noise + line)[-_NOISE_BYTES:]

    def _await_end(self) -> None:
        self.process.wait()
        for thread in self.readers:
            thread.join(_GRACE_SECONDS)  # something it started may hold the pipes open
        self.ended.set()

    def wait(self, limit: float) -> dict[str, Any]:
        """Return what was found, within `limit` seconds."""
        in_time = self.ended.wait(limit)
        if self.found is not None:
            return self.found
        report = Report()
        if not in_time:
            report.end(
                "error", f"not done after {limit:g} s, its time limit", "try a smaller input, or an idle machine"
            )
            return report.to_json()
        code = self.process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        lines = [line.strip() for line in self.noise.decode("utf-8", "replace").splitlines() if line.strip()]
        hint = "more memory may help" if how in {"SIGKILL", "SIGABRT"} else "report this with the command you ran"
        report.end("error", f"the measuring process died ({how}): {lines[-1] if lines else 'it said nothing'}", hint)
        return report.to_json()

    def end(self) -> None:
        """End it and all that it started."""
        _end_group(self.process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_SECONDS)


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _presentable(value: Any) -> Any:
    """Return a value that is JSON everywhere and names nobody's home folder."""
    if isinstance(value, dict):
        return {str(name): _presentable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_presentable(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        home = os.path.expanduser("~").rstrip("/\\")
        text = value.encode("utf-8", "replace").decode("utf-8")
        return text.replace(home, "~") if len(home) > 1 else text
    return value


def _print(document: dict[str, Any], *, as_json: bool) -> None:
    text = json.dumps(document) if as_json else "\n".join(_readable(document))
    with contextlib.suppress(BrokenPipeError):  # whoever read has seen enough
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()


def _readable(document: dict[str, Any]) -> list[str]:
    """Return the report as lines: the verdict, the figures, what to do."""
    lines = [f"{document['status'].upper()} {document['check']}: {document['summary']}"]
    for name, value in document["facts"].items():
        lines += _readable_fact(name, value)
    for finding in document["findings"]:
        if finding["what"] != document["summary"] or finding["fix"]:
            lines.append(f"[{finding['status']}] {finding['what']}")
        lines += [f"    {name}: {finding[name]}" for name in ("why", "fix") if finding[name]]
    return lines


def _readable_fact(name: str, value: Any) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return ["", *(f"  {line}" for line in value.splitlines()), ""]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"  {', '.join(f'{key} {part}' for key, part in row.items())}" for row in value]
    if name.endswith("_bytes") and isinstance(value, (int, float)):
        name, value = name[: -len("_bytes")], readable_bytes(value)
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return [f"  {name.replace('_', ' '):<24} {value}"]


def readable_bytes(count: float) -> str:
    """Return a size in the unit that people read."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


# --- end of part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
