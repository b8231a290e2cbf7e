"""What a running server does beside answering: writes down what keys used and what was asked, deletes feedback that is
too old.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from flask import Flask

from faqkb.kb.errors import KbError
from faqkb.server.access import decision as access
from faqkb.server.feedback import check_runs, judging
from faqkb.server.feedback.recording import recorder_of
from faqkb.server.limits import UPKEEP_SECONDS, USES_SECONDS

_log = logging.getLogger("faq.server")


class _Store(Protocol):
    """What keeps things for some days."""

    def forget_old(self) -> int:
        """Delete what is older than is kept; returns how much there was. Raises StorageFailed, FeedbackDamaged."""


@contextmanager
def upkeep(app: Flask) -> Iterator[None]:
    """Do so once now, regularly during the block, and once at its end."""
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep, args=(app, stopping), name="faq-upkeep", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep(app: Flask, stopping: threading.Event) -> None:
    ring = cast(access.AccessControl, app.extensions[access.EXTENSION]).ring
    stores: tuple[_Store, ...] = (app.extensions[judging.EXTENSION], app.extensions[check_runs.EXTENSION])
    recorder = recorder_of(app)
    due = time.monotonic()
    is_last = False
    while not is_last:
        if time.monotonic() >= due:
            due += UPKEEP_SECONDS
            for store in stores:
                _forget(store)
        is_last = stopping.wait(USES_SECONDS)
        ring.write_uses()
        if recorder is not None:
            recorder.write(is_last=is_last)


def _forget(store: _Store) -> None:
    try:
        deleted = store.forget_old()
    except KbError as error:
        _log.error("old feedback is not deleted: %s", error)
        return
    if deleted:
        _log.info("deleted %d events of feedback that were older than is kept", deleted)
