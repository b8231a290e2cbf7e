"""Batches take turns, whichever protocol they come by: each holds a thread for seconds, others are for questions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from faqkb.server.limits import BATCHES_AT_ONCE
from faqkb.server.problems import Refused

_free = threading.BoundedSemaphore(BATCHES_AT_ONCE)


@contextmanager
def batch_turn() -> Iterator[None]:
    """Hold the turn of a batch. Raises Refused (503) where another one is at work."""
    if not _free.acquire(blocking=False):
        raise Refused(503, "Another batch is being answered; send this one again after the time given in Retry-After.")
    try:
        yield
    finally:
        _free.release()
