"""Parsing in several processes at once, where there is enough to parse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from faqkb.ingest.known.reading import Reading, ReadingDamaged, load_reading
from faqkb.ingest.worker import READ, REFUSED, Task, receive, send
from faqkb.kb.errors import ContentError

MOST = 8  # processes, of 110 MB each; what this one does for each record is a thirtieth of what they do
_WORTH_CHARS = 500_000  # of text at once: it takes a second or two to parse, and a process half of one to start


def usable_cores() -> int:
    """Return how many processes can work at once here, at most `MOST`."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MOST)


class _Ended(Exception):
    """A process is gone, with what it was to parse."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code
        """Below 0 where a signal ended it; else it broke, or never began."""


class Parsers:
    """Processes that parse documents, started when there is enough to do, until `close`."""

    def __init__(self, most: int) -> None:
        """With at most one process, there is none but this one."""
        self._most = most
        self._threads: ThreadPoolExecutor | None = None
        """One for each process, to wait for it."""
        self._lock = threading.Lock()
        self._idle: list[_Parser] = []
        self._all: list[_Parser] = []
        self._is_closed = False

    def close(self) -> None:
        """End all processes, whatever they do."""
        self._end_all()
        if self._threads:
            self._threads.shutdown(cancel_futures=True)
        for parser in self._all:
            parser.close()

    def begin(self, tasks: Sequence[Task]) -> Sequence[Future[Reading | None] | None]:
        """Begin to parse documents elsewhere, each in its turn; None for each where all are quicker parsed here.

        A result raises ContentError as parsing here does, and where the process that had the document was ended. It is
        None where no process can be had, or one broke: then parsing here does it, or shows why not.
        """
        if self._threads is None:
            if self._most < 2 or len(tasks) < 2 or sum(len(task.text) for task in tasks) < _WORTH_CHARS:
                return [None] * len(tasks)
            self._threads = ThreadPoolExecutor(self._most, "faq-parse")
        return [self._threads.submit(self._parse, task) for task in tasks]

    def _parse(self, task: Task) -> Reading | None:
        parser = self._taken()
        if parser is None:
            return None
        try:
            return parser.read(task)
        except _Ended as ended:
            if ended.code < 0 and not self._is_closed:
                raise ContentError(
                    f"{task.name}: the process that read it was ended ({signal.strsignal(-ended.code)}), as when memory"
                    " runs out; free some, or split the file"
                ) from ended
            self._end_all()
            return None
        except ReadingDamaged:  # what no store would take either: parsing here does not look so closely
            return None
        finally:
            with self._lock:
                self._idle += [parser] if parser.is_alive else []

    def _taken(self) -> _Parser | None:
        """Return a process that waits for a document; None where none can be started, or none is to be any more."""
        with self._lock:
            if self._is_closed:
                return None
            while self._idle:
                if (parser := self._idle.pop()).is_alive:
                    return parser
            try:
                parser = _Parser()
            except OSError:
                return None
            self._all.append(parser)
            return parser

    def _end_all(self) -> None:
        with self._lock:
            self._is_closed = True
            for parser in self._all:
                parser.end()


class _Parser:
    """One process."""

    def __init__(self) -> None:
        # In a group of its own: Ctrl+C is for us, who end it. `-P`: nothing is imported from where we happen to be.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from faqkb.ingest.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )

    @property
    def is_alive(self) -> bool:
        """Whether it can take another document."""
        return self._process.poll() is None

    def read(self, task: Task) -> Reading:
        """Return what it reads a document as. Raises ContentError, and _Ended where it is gone."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - pipes
        try:
            send(self._process.stdin, task.to_bytes())
            answer = receive(self._process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise _Ended(self._process.wait())
        if answer.startswith(READ):
            return load_reading(answer[len(READ) :])
        raise ContentError(answer[len(REFUSED) :].decode("utf-8", "surrogatepass"))

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """Wait for its end, once nothing is asked of it any more."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - pipes
        with suppress(BrokenPipeError):  # the rest of a document that it did not take
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
