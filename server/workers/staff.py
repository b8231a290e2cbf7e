"""Keeps a team at work for the snapshot that answers now."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

from faqkb.kb.errors import KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.limits import (
    NURSERY_RETRY_SECONDS,
    WORKERS_FROM_CORES,
    WORKERS_LOOK_SECONDS,
    WORKERS_OWN,
)
from faqkb.server.workers import asking
from faqkb.server.workers.recruiting import Nursery
from faqkb.server.workers.team import Team
from faqkb.server.workers.wire import WireBroken

EXTENSION = "faq-staff"
_CONTAINER_CORES = Path("/sys/fs/cgroup/cpu.max")  # microseconds of processor time in each period, and the period
_log = logging.getLogger("faq.server")


class Staff:
    """Starts workers in a thread of its own; while there are none yet, or none at all, the server does their work."""

    def __init__(self, folder: Path, size: int, nursery: Nursery | None = None) -> None:
        """Keep so many workers over a knowledge base; with 0 the server does everything itself.

        `nursery` is where they come from, of several staffs; None for one of its own.
        """
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
        self._nursery = Nursery() if nursery is None else nursery
        self._is_own = nursery is None
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
        """Let all of them end; tasks at work are finished. A nursery of several staffs is closed before."""
        self._stopping = True
        self._needed.set()
        if self._is_own:
            self._nursery.close()
        if self._size:
            self._thread.join()
        for team in (*self._former, self._team):
            team.retire()

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
                team.add(self._nursery.hire(self._folder, snapshot))
        except (KbError, WireBroken, OSError) as error:
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
