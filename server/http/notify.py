"""Tells the service manager that the server is ready, alive or stopping (sd_notify(3)); without one, nobody."""

from __future__ import annotations

import logging
import os
import socket
import time

_SOCKET_VARIABLE, _WATCHDOG_VARIABLE = "NOTIFY_SOCKET", "WATCHDOG_USEC"
_log = logging.getLogger("faq.server")
_ABSTRACT = "@"  # begins the name of a socket that is no file; the kernel wants a NUL there


class ServiceManager:
    """Whoever started the process and wants to hear of it."""

    def __init__(self) -> None:
        self._address = os.environ.get(_SOCKET_VARIABLE, "")
        period = int(os.environ.get(_WATCHDOG_VARIABLE) or 0) / 1_000_000
        self._every = period / 2 if period else float("inf")
        self._next = 0.0

    def ready(self) -> None:
        """Say that questions are answered from now on."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Say that the server finishes what has arrived."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """Say that the server works; to be called often, told twice in the time after which silence means death."""
        now = time.monotonic()
        if self._every < float("inf") and now >= self._next:
            self._next = now + self._every
            self._tell("WATCHDOG=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        name = "\0" + self._address[1:] if self._address.startswith(_ABSTRACT) else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifying:
                notifying.sendto(state.encode(), name)
        except OSError as error:
            _log.warning("the service manager cannot be told %s (%s); it hears nothing from now on", state, error)
            self._address = ""
