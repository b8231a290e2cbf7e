"""All that a process started, however: on Linux an orphan that left its session comes to us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faqkb.faq.console import say_note

_SET_CHILD_SUBREAPER = 36  # prctl(2)
_LOOK_SECONDS = 0.02  # between two looks at all processes
_NEAR = 16  # numbers: others make processes meanwhile
_MOST_SECONDS = 10.0  # for what forks all the time


@contextmanager
def own_orphans() -> Iterator[None]:
    """Let orphans of our descendants become our children while this lasts, where the system can (Linux)."""
    _be_subreaper(1)
    try:
        yield
    finally:
        _be_subreaper(0)


def _be_subreaper(wanted: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, wanted, 0, 0, 0)


def end_all(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """End a process and all that it started: first by asking, so that it can clean up.

    Nothing else may be our child meanwhile. What forks faster than it is ended is hunted for some seconds, and named if
    that was not enough.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    _hunt(time.monotonic() + _MOST_SECONDS)


def _hunt(deadline: float) -> None:
    """End our children until there are none: theirs become ours, so then nothing is below us.

    Of what forks all the time, only the newest is still there when /proc is listed. It has a number close to that of
    the one which made it, which is told when that one ends.
    """
    if sys.platform != "linux":
        return
    next_look = 0.0
    while time.monotonic() < deadline:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if ended:
            _end_children(range(ended + _NEAR, ended, -1))
        elif time.monotonic() >= next_look:
            _end_children(int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())
            next_look = time.monotonic() + _LOOK_SECONDS
    say_note("something that the check started goes on: it makes processes faster than they can be ended")


def _end_children(pids: Iterable[int]) -> None:
    """End those of some processes that are living children of ours; asking the kernel takes a microsecond for each."""
    for pid in pids:
        with suppress(ChildProcessError, ProcessLookupError, PermissionError):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                os.kill(pid, signal.SIGKILL)
