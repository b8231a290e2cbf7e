"""One end to the time of a request: a timeout counts anew with every byte, and a server may drip those of a header.

httpx has no such end without asyncio. What it reads and writes is bounded here, below it: in httpcore's connections.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx

_until: ContextVar[float] = ContextVar("until", default=float("inf"))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End what is read and written in the block so many seconds from now. Raises httpx.ReadTimeout."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def keep_deadlines(client: httpx.Client) -> None:
    """Have every connection of a client heed `within`, those through proxies too."""
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:  # None: an address that no proxy serves
            pool._network_backend = _Network(pool._network_backend)


def _left(timeout: float | None) -> float:
    """Return for how long to wait, of what a single step may take. Raises httpx.ReadTimeout."""
    left = _until.get() - time.monotonic()
    if left <= 0:
        raise httpx.ReadTimeout("it came too slowly")
    return left if timeout is None else min(left, timeout)


class _Network:
    """httpcore's way to the network, which is not to be told from its own."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **more: Any) -> _Stream:
        return _Stream(self._own.connect_tcp(host, port, _left(timeout), **more))

    def sleep(self, seconds: float) -> None:
        self._own.sleep(seconds)


class _Stream:
    """A connection."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self._own.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._own.write(buffer, _left(timeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        return _Stream(self._own.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._own.get_extra_info(info)

    def close(self) -> None:
        self._own.close()
