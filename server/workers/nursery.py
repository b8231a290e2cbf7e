"""The process that workers are forked from: it opens a snapshot once, and all its workers share that memory.

Of several knowledge bases it opens each, and a model that they have in common once.

It has one thread, so that a fork is safe, and is started as a program of its own, because the server has many. Workers
and nursery end when the server's end of their connection is closed, however the server ended, and heed no signal that
a terminal or a service manager sends to every process: what has arrived is answered first.
"""

from __future__ import annotations

import array
import gc
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from faqkb.kb.errors import KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval.opening import SharedEncoders
from faqkb.server.http.memory import limit_hoarding
from faqkb.server.workers.tasks import TASKS
from faqkb.server.workers.wire import WireBroken, packed, receive, send, unpacked

_REMEMBERED = 32  # what one question looks at several times; what comes again, the server itself remembers
_BETWEEN = b"\0"  # the two, which hold none
_FIRST_TO_GO = "500"  # of 1,000: where memory ends, the system shall end a worker and not the server
_PASSED_BYTES = 8192  # of a message that hands over a connection: the name of a snapshot, and its folder


def hire(nursery: socket.socket, folder: Path, snapshot: str, connection: socket.socket) -> int:
    """Have a worker started for a snapshot, at the other end of a connection; return the number of its process.

    Raises KbError where the snapshot cannot be opened, and WireBroken.
    """
    try:
        socket.send_fds(nursery, [snapshot.encode() + _BETWEEN + os.fsencode(folder)], [connection.fileno()])
    except OSError as error:
        raise WireBroken(str(error)) from error
    process, problem = receive(nursery)
    if process is None:
        raise KbError(problem)
    return int(process)


def run(server: socket.socket) -> None:
    """Start workers as the server asks, until it is gone."""
    opened: dict[bytes, KnowledgeBase] = {}
    encoders = SharedEncoders()
    while True:
        asked, passed, *_ = socket.recv_fds(server, _PASSED_BYTES, array.array("i").itemsize)
        if not passed:
            return
        name, _, folder = asked.partition(_BETWEEN)
        with socket.socket(fileno=passed[0]) as connection:
            try:
                knowledge = opened.get(folder)
                if knowledge is None or knowledge.name != name.decode():
                    knowledge = opened[folder] = _opened(folder, name.decode(), knowledge, encoders)
            except Exception as error:  # noqa: BLE001 - the server logs it, and answers by itself
                send(server, [None, f"{type(error).__name__}: {error}"])
                continue
            process = os.fork()
            if process == 0:
                server.close()
                _work(knowledge, connection)
            send(server, [process, ""])


def _opened(folder: bytes, name: str, before: KnowledgeBase | None, encoders: SharedEncoders) -> KnowledgeBase:
    knowledge = KnowledgeBase.open(
        Path(os.fsdecode(folder)), snapshot=name, threads=1, before=before, remembered=_REMEMBERED, encoders=encoders
    )
    knowledge.search("ready?", limit=1)  # the first run makes what all workers then share
    if before is not None:
        before.close()
    gc.collect()
    gc.freeze()  # else the first collection of each worker would write to, and so copy, all of it
    return knowledge


def _work(knowledge: KnowledgeBase, connection: socket.socket) -> None:
    """Answer in this process, and end it."""
    with suppress(OSError):  # a container may keep it from being written
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    # In a thread, which opens a connection of its own to the records: SQLite's do not outlive a fork.
    thread = threading.Thread(target=_answer, args=(knowledge, connection))
    thread.start()
    thread.join()
    os._exit(0)


def _answer(knowledge: KnowledgeBase, connection: socket.socket) -> None:
    try:
        while True:
            send(connection, _done(knowledge, receive(connection)))
    except WireBroken:
        return  # the server is gone, or wants no more


def _done(knowledge: KnowledgeBase, asked: Any) -> Sequence[Any]:
    """Return the result of a task, or what went wrong: the error's class and text, or where it was in our code."""
    name, given = asked
    task = TASKS[name]
    try:
        arguments = [unpacked(kind, each) for kind, each in zip(task.takes, given, strict=True)]
        return "done", packed(task.run(knowledge, *arguments))
    except KbError as error:
        return "refused", type(error).__name__, str(error)
    except Exception:  # noqa: BLE001 - the server logs it and answers 500, as if it had happened there
        return "fault", traceback.format_exc()


def main() -> None:
    """Run as `python -c`, with the number of the inherited connection."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for workers: the server hears of them by their silence
    limit_hoarding()
    with socket.socket(fileno=int(sys.argv[1])) as server:
        run(server)
