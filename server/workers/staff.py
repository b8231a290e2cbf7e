"""Keeps a team at work for the snapshot that answers now."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from faqkb.kb.errors import KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.limits import (
    NURSERY_RETRY_SECONDS,
    NURSERY_SECONDS,
    WORKERS_FROM_CORES,
    WORKERS_LOOK_SECONDS,
    WORKERS_OWN,
)
from faqkb.server.workers import asking
from faqkb.server.workers.nursery import hire
from faqkb.server.workers.team import Team, Worker
from faqkb.server.workers.wire import WireBroken

EXTENSION = "faq-staff"
_CONTAINER_CORES = Path("/sys/fs/cgroup/cpu.max")  # microseconds of processor time in each period, and the period
_PROGRAM = "from faqkb.server.workers.nursery import main; main()"
_log = logging.getLogger("faq.server")


class Staff:
    """Starts workers in a thread of its own; while there are none yet, or none at all, the server does their work."""

    def __init__(self, folder: Path, size: int) -> None:
        """Keep so many workers over a knowledge base; with 0 the server does everything itself."""
        self._folder = folder.resolve()
        self._size = size
        self._needed = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._snapshot = ""
        self._team = Team(0, self._needed.set)
        self._former: list[Team] = []
        self._lost = 0
        self._problem = ""
        self._nursery: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._thread = threading.Thread(target=self._keep, name="faq-workers", daemon=True)
        if size:
            self._thread.start()

    @property
    def count(self) -> int:
        """Return how many workers there are for the snapshot that answers."""
        return self._team.count

    @property
    def lost(self) -> int:
        """Return how many ended by themselves since the start."""
        return self._lost

    def follow(self, knowledge: KnowledgeBase) -> None:
        """Have a snapshot's questions answered by workers, as soon as there are any; those of the one before end."""
        if not self._size:
            return
        team = Team(self._size, self._count_loss)
        with self._lock:
            self._former.append(self._team)
            self._team, self._snapshot = team, knowledge.name
        asking.employ(knowledge, team)
        self._needed.set()

    def close(self) -> None:
        """Let all of them end; tasks at work are finished."""
        self._stopping = True
        self._needed.set()
        if self._nursery is not None:
            self._nursery[0].kill()  # it may be opening a snapshot just now
        if self._size:
            self._thread.join()
        for team in (*self._former, self._team):
            team.retire()
        self._leave()

    def _count_loss(self) -> None:
        self._lost += 1
        self._needed.set()

    def _keep(self) -> None:
        wait = WORKERS_LOOK_SECONDS
        while True:
            self._needed.wait(wait)
            if self._stopping:
                return
            self._needed.clear()
            self._team.look()
            wait = WORKERS_LOOK_SECONDS if self._fill() else NURSERY_RETRY_SECONDS

    def _fill(self) -> bool:
        """Start the workers that are missing; return whether that went well."""
        with self._lock:
            team, snapshot = self._team, self._snapshot
        try:
            while team.missing and not self._stopping and team is self._team:
                team.add(self._hire(snapshot))
        except (KbError, WireBroken, OSError) as error:
            self._leave()
            if not self._stopping and self._problem != str(error):
                _log.error("no worker process can be started (%s); the server answers without", error)
            self._problem = str(error)
            return False
        self._problem = ""
        with self._lock:
            former, self._former = self._former, []
        for each in former:
            each.retire()
        return True

    def _hire(self, snapshot: str) -> Worker:
        if self._nursery is not None and self._nursery[0].poll() is not None:
            _log.warning("the process that starts workers ended; another one takes its place")
            self._leave()
        if self._nursery is None:
            self._nursery = _start_nursery(self._folder)
        if self._stopping:
            raise WireBroken("the server stops")
        own, other = socket.socketpair()
        try:
            with other:
                return Worker(hire(self._nursery[1], snapshot, other), own)
        except BaseException:
            own.close()
            raise

    def _leave(self) -> None:
        """Let the nursery end; its workers go on."""
        if self._nursery is not None:
            process, connection = self._nursery
            self._nursery = None
            connection.close()
            process.kill()
            process.wait()


def own_workers() -> int:
    """Return how many workers to have where nothing is said: one a core, none where threads alone fill the cores.

    Only Linux has all that they take: a descriptor of a process, and a fork that libraries outlive.
    """
    cores = _cores() if sys.platform == "linux" else 1
    return min(round(cores), WORKERS_OWN) if cores >= WORKERS_FROM_CORES else 0


def _cores() -> float:
    """Return how many cores this process may use: those it is bound to, or what its container may take of them."""
    bound = len(os.sched_getaffinity(0))
    try:
        quota, period = _CONTAINER_CORES.read_text(encoding="ascii").split()
    except (OSError, ValueError):  # an older kernel's way of telling it
        return bound
    return bound if quota == "max" else min(bound, int(quota) / int(period))


def _start_nursery(folder: Path) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the process that workers are forked from, which finds our code where this one does."""
    own, other = socket.socketpair()
    own.settimeout(NURSERY_SECONDS)
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    command = [sys.executable, "-P", "-c", _PROGRAM, str(folder), str(other.fileno())]
    with other:
        process = subprocess.Popen(
            command,
            env=os.environ
            | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},  # none outlives a fork
            pass_fds=[other.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C in a terminal is for the server
        )
    return process, own
