"""All that a process started, however: on Linux an orphan that left its session comes to us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faqkb.faq.console import say_note

_SET_CHILD_SUBREAPER = 36  # prctl(2)
_QUIET_SECONDS = 0.1  # without anything left, until it is believed
_HIDDEN_SECONDS = 1.0  # the same once there was something: on a busy machine it may not have had its turn
_NEAR_SECONDS = 0.02  # between two looks at all processes
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
    deadline = time.monotonic() + _MOST_SECONDS
    quiet_since, quiet = time.monotonic(), _QUIET_SECONDS
    while time.monotonic() - quiet_since < quiet:
        if _ended_any():
            quiet_since, quiet = time.monotonic(), _HIDDEN_SECONDS
        if time.monotonic() > deadline:
            say_note("something that the check started goes on: it makes processes faster than they can be ended")
            return


def _ended_any() -> bool:
    """End our children in one look at all processes, theirs become ours; returns whether there was any."""
    found, me = _ended_near(), os.getpid()
    for pid in sorted(_pids(), reverse=True):
        found |= _end_child(pid, me)
    return found


def _ended_near() -> bool:
    """Note children that have ended; the one that such a child made last has a number close to its own.

    Of what forks all the time nothing else is still there when all of /proc is read.
    """
    found, me = False, os.getpid()
    until = time.monotonic() + _NEAR_SECONDS
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid:
            found = True
            for near in range(pid + 1, pid + _NEAR):
                _end_child(near, me)
    return found


def _end_child(pid: int, me: int) -> bool:
    """End a process if it is a child of ours; returns whether it was."""
    parent, is_dead = _parent(pid)
    if parent != me:
        return False
    if not is_dead:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return True


def _pids() -> list[int]:
    """Return the processes that there are, none where there is no /proc."""
    with suppress(OSError):
        return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return []


def _parent(pid: int) -> tuple[int, bool]:
    """Return a process' parent, 0 where it is gone, and whether it is dead and waits to be noticed."""
    with suppress(OSError, ValueError, IndexError):
        # `pid (name) state parent …`: a name may hold anything, also brackets
        state, parent = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        return int(parent), state in "ZX"
    return 0, False
