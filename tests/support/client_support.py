"""A server that says what a test tells it to, byte by byte, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

ANSWER: dict[str, Any] = {
    "question": "q",
    "status": "no_answer",
    "answered": False,
    "confidence": 0.0,
    "answers": [],
    "no_answer": {"reason": "not_confident", "message": "Nothing.", "suggestions": []},
    "snapshot": "s",
    "took_ms": 1.0,
}
CLOSES = b""
"""Reads the request, and closes the connection without a word."""


def says(status: int, body: bytes | dict[str, Any] = b"", **headers: str) -> bytes:
    """Return a response as it goes over the line."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + content


@dataclass(slots=True)
class ScriptedServer:
    """What it was asked, and when."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    """Seconds, of each request."""

    def header(self, name: str, number: int = 0) -> str | None:
        """Return a header of a request."""
        for line in self.requests[number].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None


@contextmanager
def scripted(
    replies: Sequence[bytes], host: str = "127.0.0.1", *, byte_seconds: float = 0.0, drips_from: int | None = None
) -> Iterator[ScriptedServer]:
    """Run a server that gives one reply after the other, the last one again and again.

    With `byte_seconds` a reply comes byte by byte, from its body on or from the byte `drips_from` on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, 0), family=family)
    port = listening.getsockname()[1]
    server = ScriptedServer(f"http://{f'[{host}]' if ':' in host else host}:{port}")

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                request = _read_request(connection)
                if not request:
                    return
                reply = replies[min(len(server.requests), len(replies) - 1)]
                server.at.append(time.monotonic())
                server.requests.append(request)
                with suppress(ConnectionError):  # a client may hang up in the middle of a reply that is too long for it
                    _send(connection, reply, byte_seconds, drips_from)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server
    finally:
        with socket.create_connection((host, port)):  # wakes it; it asks for nothing, and that ends it
            pass
        thread.join()
        listening.close()


def _send(connection: socket.socket, reply: bytes, byte_seconds: float, drips_from: int | None) -> None:
    if not byte_seconds:
        connection.sendall(reply)
        return
    start = len(b"".join(reply.partition(b"\r\n\r\n")[:2])) if drips_from is None else drips_from
    connection.sendall(reply[:start])
    for byte in reply[start:]:
        connection.sendall(bytes([byte]))
        time.sleep(byte_seconds)


def _read_request(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content:
        part = connection.recv(65536)
        if not part:
            return b""
        content += part
    head, _, body = content.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
