"""What is worked out once for each snapshot, and remembered while requests may use it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from faqkb.kb.knowledge import KnowledgeBase

T = TypeVar("T")
_KEPT = 2  # snapshots: the live one, and the one before it while its last requests end


class PerSnapshot(Generic[T]):
    """Values by snapshot; any number of threads may ask."""

    def __init__(self, make: Callable[[KnowledgeBase], T]) -> None:
        """Take what works the value out; it may run twice where two threads ask first, with the same result."""
        self._make = make
        self._lock = Lock()
        self._by_snapshot: dict[str, T] = {}

    def of(self, knowledge: KnowledgeBase) -> T:
        """Return the value of a knowledge base."""
        known = self._by_snapshot.get(knowledge.name)
        if known is None:
            known = self._make(knowledge)  # not under the lock: readers of the live snapshot never wait
            with self._lock:
                self._by_snapshot[knowledge.name] = known
                for name in list(self._by_snapshot)[:-_KEPT]:
                    del self._by_snapshot[name]
        return known
