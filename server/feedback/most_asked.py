"""What readers open and find helpful most often."""

from __future__ import annotations

import logging
import threading
import time
from typing import cast

from flask import current_app

from faqkb.kb.errors import KbError
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.server.limits import MOST_ASKED_FROM, MOST_ASKED_SECONDS

EXTENSION = "faq-most-asked"
_log = logging.getLogger("faq.server")


class MostAsked:
    """What readers open and find helpful most often, counted anew once a minute."""

    def __init__(self, store: FeedbackStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._counted: tuple[str, ...] = ()
        self._until = 0.0

    def record_ids(self) -> tuple[str, ...]:
        """Return ids, most asked first; none where the feedback cannot be read, which the start page can do without."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._until = time.monotonic() + MOST_ASKED_SECONDS
                try:
                    self._counted = self._store.most_asked(at_least=MOST_ASKED_FROM)
                except KbError as error:
                    _log.warning("what is asked most is not known: %s", error)
                    self._counted = ()
            return self._counted


def most_asked_ids() -> tuple[str, ...]:
    """Return what the readers of the current application ask most, as record ids."""
    return cast(MostAsked, current_app.extensions[EXTENSION]).record_ids()
