"""Looks at other processes, which may end while they are looked at."""

from __future__ import annotations

import psutil


def lives(process: psutil.Process) -> bool:
    """Return whether a process has not ended; one that nobody has waited for yet has."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def children_of(pid: int) -> list[psutil.Process]:
    """Return the processes that a process has started and that have not ended; none of one that has ended itself."""
    try:
        return [child for child in psutil.Process(pid).children() if lives(child)]
    except psutil.NoSuchProcess:
        return []


def command_of(process: psutil.Process) -> list[str]:
    """Return the words a process was started with, none of one that has ended."""
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []
