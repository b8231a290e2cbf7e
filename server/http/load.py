"""What waits for the HTTP server's threads, whose turn it is, and what the application is told of it."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from flask import Flask

T = TypeVar("T")
EXTENSION = "faq-server-load"


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """A look at the server's queue."""

    WAITED: ClassVar[str] = "faq.waited_seconds"
    """Key of a request's WSGI environment: how long it waited for a thread, seconds."""

    waiting: int = 0
    """Requests that no thread has begun with."""
    longest_wait: float = 0.0
    """Seconds in which one of these waited and no thread began with any: whoever asks for much waits long for it."""
    refused: int = 0
    """Requests answered with 503 because too many waited, since the start."""
    ends_at: float = math.inf
    """When the server ends, on the monotonic clock, whatever is unanswered then; infinite while nobody stopped it."""

    @property
    def stopping(self) -> bool:
        """Whether it answers what has arrived and nothing else."""
        return self.ends_at < math.inf


def server_load(app: Flask) -> ServerLoad:
    """Return the load of the server that an application runs under; under none of ours, no load."""
    look: Callable[[], ServerLoad] = app.extensions.get(EXTENSION, ServerLoad)
    return look()


class FairQueue(Generic[T]):
    """What waits, so many at most, taken from one client after the other and not in the order it came.

    So a client that asks for much waits for itself, and another one waits for its next turn. Whoever holds a lock over
    each call may use it from any number of threads. Source: John Nagle, On packet switches with infinite storage,
    RFC 970, 1985.
    """

    def __init__(self, waiting: int, of_client: int) -> None:
        """Hold so many at most, and give out so many of one client's at a time."""
        self._most = waiting
        self._of_client = of_client
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()  # whose turn is next comes first
        self._given: Counter[str] = Counter()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __bool__(self) -> bool:
        return self._next() is not None

    def add(self, client: str, one: T) -> T | None:
        """Let one more wait; return the one that cannot any more, if they are too many.

        That is the last one of the client that most are waiting of, so that nobody keeps another one out.
        """
        own = self._waiting.setdefault(client, deque())
        own.append(one)
        if len(self) <= self._most:
            return None
        # Of two that are equal, it is the one that came now.
        longest = max(self._waiting, key=lambda name: (len(self._waiting[name]), name == client))
        crowded_out = self._waiting[longest].pop()
        if not self._waiting[longest]:
            del self._waiting[longest]
        return crowded_out

    def popleft(self) -> T:
        """Return the next one, and count it as its client's until `done`. Raises IndexError: there is none."""
        client = self._next()
        if client is None:
            raise IndexError("nothing waits")
        self._given[client] += 1
        waiting = self._waiting[client]
        one = waiting.popleft()
        self._waiting.move_to_end(client)
        if not waiting:
            del self._waiting[client]
        return one

    def done(self, client: str) -> None:
        """Note that one of a client's was worked off."""
        self._given[client] -= 1
        if not self._given[client]:
            del self._given[client]

    def first(self) -> Iterator[T]:
        """Yield of each client what has waited longest."""
        return (waiting[0] for waiting in self._waiting.values())

    def _next(self) -> str | None:
        return next((client for client in self._waiting if self._given[client] < self._of_client), None)
