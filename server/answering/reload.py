"""Keeps the live snapshot open, and moves to a new one without dropping a request."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.errors import KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.sources import FolderSource, KnowledgeSource
from faqkb.server.limits import RELOAD_SECONDS, REMEMBERED_QUESTIONS, RETRY_REFUSED_SECONDS

_log = logging.getLogger("faq.server")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A snapshot that became current and was not loaded."""

    snapshot: str | None
    """Its name, None when `current` itself could not be read."""
    reason: str
    """One line, without the path of the knowledge base."""
    at: float
    """Monotonic seconds."""


class _Generation:
    """A snapshot in use, and how many requests use it."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.knowledge = knowledge
        self.users = 0
        self.retired = False
        self.closed = False


class KnowledgeHolder:
    """The snapshot that answers now. A request leases it; an older one is closed when its last lease ends."""

    def __init__(
        self,
        folder: Path,
        prepare: Callable[[KnowledgeBase], object] = lambda _: None,
        source: KnowledgeSource | None = None,
    ) -> None:
        """Open the live snapshot of a folder, or of a `source`, and watch for the next. Raises what opening raises.

        `prepare` is called with each snapshot before it answers anybody.
        """
        self._folder = folder.resolve()
        self._source = source or FolderSource(folder)
        self._prepare = prepare
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._live = _Generation(self._open(None))
        self._refusal: Refusal | None = None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="faq-reload", daemon=True)
        self._watcher.start()

    @property
    def refusal(self) -> Refusal | None:
        """The newer snapshot that could not be loaded, None when the live one is the newest."""
        return self._refusal

    @contextmanager
    def lease(self) -> Iterator[KnowledgeBase]:
        """Lend the live snapshot; it stays open until it is given back, whatever is published meanwhile."""
        with self._lock:
            generation = self._live
            generation.users += 1
        try:
            yield generation.knowledge
        finally:
            with self._lock:
                generation.users -= 1
            self._close_if_unused(generation)

    def look(self) -> None:
        """Load the current snapshot when it is not the one that is served; what cannot be loaded is refused."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        name: str | None = None
        try:
            name = self._source.live_name()
            if name == self._live.knowledge.name:
                self._refusal = None
            elif self._worth_trying(name):
                self._swap(self._open(self._live.knowledge))
                self._refusal = None
        except (KbError, OSError) as error:
            self._refuse(name, self._without_path(error))
        except Exception as error:  # noqa: BLE001 - the watcher lives on and the old snapshot serves
            _log.exception("snapshot %s could not be loaded", name)
            self._refuse(name, f"it cannot be loaded ({type(error).__name__})")

    def close(self) -> None:
        """Stop watching and close the snapshot once nobody uses it."""
        self._stopping.set()
        self._watcher.join()
        self._live.retired = True
        self._close_if_unused(self._live)
        self._source.close()

    def _watch(self) -> None:
        while not self._stopping.wait(RELOAD_SECONDS):
            self.look()

    def _open(self, before: KnowledgeBase | None) -> KnowledgeBase:
        # One core a question: more questions a second than with two each, though one takes 5 ms and not 4.
        knowledge = self._source.open(before=before, threads=1, remembered=REMEMBERED_QUESTIONS)
        try:
            knowledge.search("ready?", limit=1)  # the first run of a session is slow, and shows whether it runs at all
            self._prepare(knowledge)
        except BaseException:
            knowledge.close()
            raise
        return knowledge

    def _worth_trying(self, name: str) -> bool:
        refused = self._refusal
        if refused is None or refused.snapshot != name:
            return True
        return time.monotonic() - refused.at >= RETRY_REFUSED_SECONDS

    def _swap(self, knowledge: KnowledgeBase) -> None:
        with self._lock:
            former, self._live = self._live, _Generation(knowledge)
            former.retired = True
        _log.info("now serving snapshot %s with %d records", knowledge.name, knowledge.record_count)
        self._close_if_unused(former)

    def _refuse(self, name: str | None, reason: str) -> None:
        before = self._refusal
        if before is None or (before.snapshot, before.reason) != (name, reason):
            _log.error("snapshot %s is not loaded, %s serves on: %s", name, self._live.knowledge.name, reason)
        self._refusal = Refusal(name, reason, time.monotonic())

    def _without_path(self, error: Exception) -> str:
        text = error.strerror or "it cannot be read" if isinstance(error, OSError) else str(error)
        return text.replace(f"{self._folder}/", "").replace(str(self._folder), "the knowledge base")

    def _close_if_unused(self, generation: _Generation) -> None:
        with self._lock:
            if generation.closed or generation.users or not generation.retired:
                return
            generation.closed = True
        generation.knowledge.close()
