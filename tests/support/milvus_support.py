"""A knowledge base in milvus-lite: Milvus in a file, of this process alone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.publishing import push_snapshot
from faqkb.kb.snapshot.published import current_snapshot

CONFIDENCE_TOLERANCE = 1e-4  # of answers from Milvus against those from files: sums of float32 in another order


def stored_in_lite(folder: Path, file: Path) -> Milvus:
    """Store the live snapshot of a knowledge base in a file of milvus-lite; return the connection."""
    milvus = Milvus(MilvusAddress(str(file)))
    push_snapshot(folder, current_snapshot(folder), milvus)
    return milvus


class Cable:
    """Passes bytes on to a port of this machine, until it is cut; mended, it passes new connections on."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sockets: list[socket.socket] = []
        self._is_cut = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and take no new one."""
        self._is_cut.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Take connections again."""
        self._is_cut.clear()

    def close(self) -> None:
        """End for good."""
        self.cut()
        self._listening.close()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self._is_cut.is_set():
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._port))
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while content := one.recv(65_536):
            other.sendall(content)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@contextmanager
def lite_behind_cable(folder: Path, file: Path) -> Iterator[Cable]:
    """Store the live snapshot of a knowledge base in milvus-lite; lend the cable that leads there."""
    from milvus_lite.server_manager import server_manager_instance

    stored_in_lite(folder, file).close()
    cable = Cable(int(server_manager_instance.start_and_get_uri(str(file)).rpartition(":")[2]))
    try:
        yield cable
    finally:
        cable.close()
