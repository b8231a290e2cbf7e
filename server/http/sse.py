"""Server-sent events (HTML standard, 9.2): one JSON document each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

EVENT_STREAM = "text/event-stream; charset=utf-8"


def event(document: Any) -> bytes:
    r"""Return one event.

    ASCII alone: some clients cut lines at U+2028 or U+0085 too, or decode a piece of the stream by itself.
    """
    return b"data: " + json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n\n"


def named_event(name: str, document: Any) -> bytes:
    """Return one event with its name, for clients that sort events by it."""
    return b"event: " + name.encode("ascii") + b"\n" + event(document)


def event_stream(documents: Iterable[Any], end: str) -> bytes:
    """Return events, and the word that ends the stream."""
    return b"".join(map(event, documents)) + b"data: " + end.encode("ascii") + b"\n\n"
