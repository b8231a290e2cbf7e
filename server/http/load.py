"""What the HTTP server says of itself to the application that it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from flask import Flask

EXTENSION = "faq-server-load"


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """A look at the server's queue."""

    WAITED: ClassVar[str] = "faq.waited_seconds"
    """Key of a request's WSGI environment: how long it waited for a thread, seconds."""

    waiting: int = 0
    """Requests that no thread has begun with."""
    longest_wait: float = 0.0
    """Of these, seconds."""
    refused: int = 0
    """Requests answered with 503 because too many waited, since the start."""
    stopping: bool = False


def server_load(app: Flask) -> ServerLoad:
    """Return the load of the server that an application runs under; under none of ours, no load."""
    look: Callable[[], ServerLoad] = app.extensions.get(EXTENSION, ServerLoad)
    return look()
