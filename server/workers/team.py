"""The workers of one snapshot: each does one task at a time, and one that dies is missed by nobody who asks."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from faqkb.kb import errors
from faqkb.kb.errors import KbError
from faqkb.server.limits import WORKER_SECONDS, WORKER_TRIES
from faqkb.server.workers.tasks import TASKS
from faqkb.server.workers.wire import WireBroken, packed, receive, send, unpacked

_log = logging.getLogger("faq.server")


class NobodyThere(Exception):
    """No worker is alive; whoever asks does the task himself."""


class Worker:
    """A process at the other end of a connection."""

    def __init__(self, process: int, connection: socket.socket) -> None:
        """Take over a connection. Raises OSError where the process is gone."""
        self.process = process
        self._handle = os.pidfd_open(process)  # its number may be another's once it is gone
        self._connection = connection
        connection.settimeout(WORKER_SECONDS)
        self._ended = select.poll()
        self._ended.register(connection, select.POLLIN)

    @property
    def is_alive(self) -> bool:
        """Return whether it has not closed its end: it says nothing unasked."""
        return not self._ended.poll(0)

    def do(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Return what a task gives. Raises WireBroken, RuntimeError for a fault of ours, and what the task raises."""
        send(self._connection, [name, packed(arguments)])
        how, *given = receive(self._connection)
        if how == "done":
            return unpacked(TASKS[name].gives, given[0])
        if how == "refused":
            raise getattr(errors, given[0])(given[1])
        raise RuntimeError(f"in the worker {self.process}:\n{given[0]}")

    def dismiss(self) -> None:
        """Let it end."""
        self._connection.close()
        os.close(self._handle)

    def end(self) -> None:
        """End it at once: it may be stuck."""
        with suppress(ProcessLookupError):  # it ended by itself
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self.dismiss()


class Team:
    """So many workers at most, who take the tasks of any number of threads."""

    def __init__(self, size: int, on_loss: Callable[[], None]) -> None:
        """Begin without any; `on_loss` is called when one is lost."""
        self._size = size
        self._on_loss = on_loss
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._count = 0  # alive, as far as is known
        self._is_retired = False

    @property
    def count(self) -> int:
        """Return how many workers there are."""
        return self._count

    @property
    def missing(self) -> int:
        """Return how many more there should be."""
        return 0 if self._is_retired else self._size - self._count

    def add(self, worker: Worker) -> None:
        """Let one more work."""
        with self._changed:
            self._count += 1
            self._idle.append(worker)
            self._changed.notify()

    def do(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Have a task done by whoever is free next; when he dies of it, by another.

        Raises NobodyThere, KbError where the task ended several, and what the task raises.
        """
        for _ in range(WORKER_TRIES):
            worker = self._take()
            try:
                given = worker.do(name, arguments)
            except WireBroken as error:
                self._lose(worker, str(error))
                continue
            except BaseException:
                self._give_back(worker)
                raise
            self._give_back(worker)
            return given
        raise KbError(f"a question ended {WORKER_TRIES} worker processes one after the other; ask it otherwise")

    def look(self) -> None:
        """Miss the workers that ended while they had nothing to do."""
        with self._changed:
            for worker in [each for each in self._idle if not each.is_alive]:
                self._idle.remove(worker)
                self._miss(worker, "it closed its connection")
            self._changed.notify_all()

    def retire(self) -> None:
        """Let every worker end once he is done."""
        with self._changed:
            self._is_retired = True
            for worker in self._idle:
                worker.dismiss()
            self._count -= len(self._idle)
            self._idle = []
            self._changed.notify_all()

    def _take(self) -> Worker:
        with self._changed:
            while True:
                while self._idle:
                    worker = self._idle.pop()  # whoever worked last: what he needs is still in the processor's cache
                    if worker.is_alive:
                        return worker
                    self._miss(worker, "it closed its connection")
                if not self._count:
                    raise NobodyThere
                self._changed.wait()

    def _give_back(self, worker: Worker) -> None:
        with self._changed:
            if self._is_retired:
                worker.dismiss()
                self._count -= 1
                self._changed.notify_all()  # whoever waits has to know when nobody is left
            else:
                self._idle.append(worker)
                self._changed.notify()

    def _lose(self, worker: Worker, why: str) -> None:
        with self._changed:
            self._miss(worker, why)
            self._changed.notify_all()

    def _miss(self, worker: Worker, why: str) -> None:
        worker.end()
        self._count -= 1
        if not self._is_retired:
            _log.warning("worker process %d ended (%s); another one takes its place", worker.process, why)
            self._on_loss()
