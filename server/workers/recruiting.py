"""Where workers come from, as the server sees it: one process that opens snapshots and forks, for every knowledge base
that the server has."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from faqkb.kb.errors import KbError
from faqkb.server.limits import NURSERY_SECONDS
from faqkb.server.workers.nursery import hire
from faqkb.server.workers.team import Worker
from faqkb.server.workers.wire import WireBroken

_PROGRAM = "from faqkb.server.workers.nursery import main; main()"
_log = logging.getLogger("faq.server")


class Nursery:
    """Starts the process when workers are wanted, and another one where it ended; any number of threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._has_opened = False  # a snapshot, so that another one may want its model
        self._stopping = False

    def hire(self, folder: Path, snapshot: str) -> Worker:
        """Return a new worker for a snapshot of a knowledge base.

        Raises KbError where the snapshot cannot be opened, WireBroken and OSError where there is no process to do it.
        """
        with self._lock:
            try:
                return self._hire(folder, snapshot)
            except KbError:
                if not self._has_opened:
                    self._leave()
                raise
            except (WireBroken, OSError):
                self._leave()
                raise

    def close(self) -> None:
        """Let the process end, whatever it is doing; its workers go on, and there are no more."""
        self._stopping = True
        started = self._started
        if started is not None:
            started[0].kill()  # it may be opening a snapshot just now
        with self._lock:
            self._leave()

    def _hire(self, folder: Path, snapshot: str) -> Worker:
        if self._started is not None and self._started[0].poll() is not None:
            _log.warning("the process that starts workers ended; another one takes its place")
            self._leave()
        if self._started is None:
            self._started = _start()
        if self._stopping:
            raise WireBroken("the server stops")
        own, other = socket.socketpair()
        try:
            with other:
                worker = Worker(hire(self._started[1], folder, snapshot, other), own)
        except BaseException:
            own.close()
            raise
        self._has_opened = True
        return worker

    def _leave(self) -> None:
        if self._started is not None:
            process, connection = self._started
            self._started, self._has_opened = None, False
            connection.close()
            process.kill()
            process.wait()


def _start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the process that workers are forked from, which finds our code where this one does."""
    own, other = socket.socketpair()
    own.settimeout(NURSERY_SECONDS)
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    command = [sys.executable, "-P", "-c", _PROGRAM, str(other.fileno())]
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
