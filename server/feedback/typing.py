"""Which of the questions that a reader types on the way was meant: the one that stands.

The search box asks while its reader types. A question that is followed by a longer or a shorter form of itself was on
the way to it; one that stands for some seconds was asked, once, even where the reader then sends the form.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from faqkb.kb.feedback.questions import Asked, folded
from faqkb.server.limits import SETTLED_SECONDS, TYPED_AGAIN_SECONDS, UNWRITTEN_QUESTIONS


@dataclass(frozen=True, slots=True)
class _Typed:
    text: str
    asked: tuple[Asked, ...]
    until: float
    """When it counts as asked."""


class TypedQuestions:
    """What readers are typing; any number of threads may use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._typed: dict[str, list[_Typed]] = {}
        self._settled: dict[tuple[str, str], float] = {}
        self._count = 0

    def type(self, asker: str, text: str, asked: tuple[Asked, ...]) -> None:
        """Take what somebody has typed so far, in place of what led to it."""
        with self._lock:
            self._leave(asker, folded(text))
            if self._count < UNWRITTEN_QUESTIONS:
                typed = _Typed(folded(text), asked, self._clock() + SETTLED_SECONDS)
                self._typed.setdefault(asker, []).append(typed)
                self._count += 1

    def send(self, asker: str, text: str) -> bool:
        """Take a question that was sent, in place of what was typed; returns whether it was not counted when typed."""
        with self._lock:
            self._leave(asker, folded(text))
            return self._settled.pop((asker, folded(text)), -1.0) < self._clock()

    def settled(self, *, is_last: bool = False) -> list[Asked]:
        """Return what has stood for long enough since the last call; of the last call, whatever stands."""
        found: list[Asked] = []
        with self._lock:
            now = self._clock()
            self._settled = {key: until for key, until in self._settled.items() if until > now}
            for asker, waiting in list(self._typed.items()):
                for typed in waiting:
                    if is_last or typed.until <= now:
                        found += typed.asked
                        self._settled[asker, typed.text] = now + TYPED_AGAIN_SECONDS
                        if len(self._settled) > UNWRITTEN_QUESTIONS:
                            del self._settled[next(iter(self._settled))]
                self._keep(asker, [typed for typed in waiting if not is_last and typed.until > now])
        return found

    def _leave(self, asker: str, text: str) -> None:
        """Forget what led to a text."""
        waiting = self._typed.get(asker, [])
        self._keep(asker, [typed for typed in waiting if not _continues(typed.text, text)])

    def _keep(self, asker: str, waiting: list[_Typed]) -> None:
        self._count += len(waiting) - len(self._typed.pop(asker, ()))
        if waiting:
            self._typed[asker] = waiting


def _continues(before: str, after: str) -> bool:
    return after.startswith(before) or before.startswith(after)
