"""Batches take turns, whichever protocol they come by: each holds a thread for seconds, others are for questions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from flask import current_app

from faqkb.server.http.load import server_load
from faqkb.server.limits import BATCH_DRAIN_SECONDS, BATCH_SECONDS, BATCHES_AT_ONCE
from faqkb.server.problems import Refused

_free = threading.BoundedSemaphore(BATCHES_AT_ONCE)


@contextmanager
def batch_turn(count: int) -> Iterator[Callable[[], bool]]:
    """Hold the turn of a batch of so many; one alone needs none. Yields what says whether its time is up.

    Raises Refused (503) where another batch is at work.
    """
    until = time.monotonic() + BATCH_SECONDS
    with _turn() if count > 1 else nullcontext():
        yield lambda: time.monotonic() > min(until, last_moment())


def last_moment() -> float:
    """Return when a batch has to be over, on the monotonic clock, so that a server that stops still answers it."""
    return server_load(current_app).ends_at - BATCH_DRAIN_SECONDS


def time_is_up() -> Refused:
    """Return the refusal of a batch that cannot be answered in part."""
    return Refused(503, "The time of this batch was up; send less at once, or send it again.")


@contextmanager
def _turn() -> Iterator[None]:
    if not _free.acquire(blocking=False):
        raise Refused(503, "Another batch is being answered; send this one again after the time given in Retry-After.")
    try:
        yield
    finally:
        _free.release()
