"""The Python a check runs with: this one, or an environment made for its packages once and kept.

Nothing is ever installed into the environment that `faq` itself runs in.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from packaging.specifiers import SpecifierSet
from platformdirs import user_cache_path

from faqkb.faq.console import say_note
from faqkb.kb.checks import Check
from faqkb.kb.disk import writer_lock
from faqkb.kb.errors import Busy, CheckEnvironmentFailed

_COMPLETE = "complete"  # written last: an environment without it was never finished
_WAIT_SECONDS = 0.5  # between looks at the lock of another process that makes the same environment
_STEP_SECONDS = 1800  # for making an environment, and as long for its packages: a gigabyte over a slow line
_SAID_CHARS = 300  # of the installer's last line


def python_for(check: Check) -> Path:
    """Return the interpreter to run a check with; an environment is made first where its header asks for packages.

    Raises CheckEnvironmentFailed.
    """
    fits = platform.python_version() in SpecifierSet(check.requires_python)
    if fits and not check.dependencies:
        return Path(sys.executable)
    uv = shutil.which("uv")
    if not fits and not uv:
        raise CheckEnvironmentFailed(
            f"{check.id} wants Python {check.requires_python} (got {platform.python_version()});"
            " install uv, or name an interpreter with --python"
        )
    wanted = sys.executable if fits else check.requires_python
    folder = user_cache_path("faqkb") / "environments" / _key(check.dependencies, wanted)
    with _only_one(folder):
        if not (folder / _COMPLETE).is_file():
            _make(folder, check, wanted, uv)
    return _interpreter(folder)


def _key(dependencies: Sequence[str], python: str) -> str:
    """Return a name for an environment: checks that ask for the same packages share it."""
    wanted = json.dumps([sorted(dependencies), python, platform.python_version(), platform.machine()])
    return hashlib.sha256(wanted.encode()).hexdigest()[:16]


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of an environment; wait while another process makes it. Raises CheckEnvironmentFailed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckEnvironmentFailed(
            f"{folder}: {error.strerror}; set XDG_CACHE_HOME to a folder that can be written, or use --python"
        ) from error
    told = False
    while True:
        try:
            with writer_lock(folder.with_suffix(".lock"), subject=str(folder)):
                yield
                return
        except Busy:
            if not told:
                say_note("another process is making the environment: waiting")
                told = True
            time.sleep(_WAIT_SECONDS)


def _make(folder: Path, check: Check, python: str, uv: str | None) -> None:
    say_note(f"making an environment for {', '.join(check.dependencies)}, once (in {folder}):")
    shutil.rmtree(folder)
    packages = ["--", *check.dependencies] if check.dependencies else []
    if uv:
        _run([uv, "venv", "--quiet", "--no-project", "--python", python, str(folder)])
        if packages:
            _run([uv, "pip", "install", "--python", str(_interpreter(folder)), *packages])
    else:
        _run([python, "-m", "venv", str(folder)])
        if packages:
            _run([str(_interpreter(folder)), "-m", "pip", "install", "--disable-pip-version-check", *packages])
    (folder / _COMPLETE).write_text("".join(f"{package}\n" for package in check.dependencies))


def _interpreter(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(command: Sequence[str]) -> None:
    """Run an installer, its progress on standard error. Raises CheckEnvironmentFailed with the last it said."""
    last = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True
    ) as job:
        timer = threading.Timer(_STEP_SECONDS, _end, [job])
        timer.start()
        try:
            for line in job.stdout or ():
                last = line.strip() or last
                say_note(f"  {line.rstrip()}")
            in_time = timer.is_alive()
        finally:
            timer.cancel()
            _end(job)
    if not in_time:
        raise CheckEnvironmentFailed(
            f"the packages were not installed within {_STEP_SECONDS:,} s, the limit; look at the connection, or name an"
            " interpreter that has them with --python"
        )
    if job.wait():
        raise CheckEnvironmentFailed(
            f"the packages could not be installed ({last[:_SAID_CHARS]}); connect to a package index once, or name an"
            " interpreter that has them with --python"
        )


def _end(job: subprocess.Popen[str]) -> None:
    """End an installer and all that it started, where it still runs."""
    if job.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(job.pid, signal.SIGKILL)
