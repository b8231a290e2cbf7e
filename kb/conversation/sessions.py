"""The states of conversations, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from faqkb.kb.conversation.state import NOTHING_SAID, State

SESSIONS = 10_000  # kept; measured 1.5 kB each with three questions of 50 characters, 4.8 kB with the longest ones
SESSION_SECONDS = 1_800.0  # without a question; later the reader has forgotten what was asked as well


@dataclass(slots=True)
class _Session:
    state: State
    used: float
    """On the store's clock, seconds."""


class SessionStore:
    """States by session id. Any number of threads may use it.

    The session used longest ago goes first when there are too many; one that is too old is gone whether or not there
    are. Nothing is written to disk.
    """

    def __init__(
        self,
        *,
        sessions: int = SESSIONS,
        seconds: float = SESSION_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = sessions
        self._seconds = seconds
        self._clock = clock
        self._sessions: OrderedDict[str, _Session] = OrderedDict()  # used longest ago first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of sessions kept."""
        with self._lock:
            self._forget_old()
            return len(self._sessions)

    def state(self, session_id: str) -> State:
        """Return the state of a session; that of one where nothing was said when it is unknown or too old."""
        with self._lock:
            self._forget_old()
            session = self._sessions.get(session_id)
            return session.state if session else NOTHING_SAID

    def keep(self, session_id: str, state: State) -> None:
        """Remember the state of a session."""
        with self._lock:
            self._forget_old()
            self._sessions[session_id] = _Session(state, self._clock())
            self._sessions.move_to_end(session_id)
            while len(self._sessions) > self._limit:
                self._sessions.popitem(last=False)

    def forget(self, session_id: str) -> None:
        """Drop a session, as its reader may wish."""
        with self._lock:
            self._sessions.pop(session_id, None)

    def _forget_old(self) -> None:
        """Drop what is too old; the sessions stand in the order of their last use, so only these are looked at."""
        oldest_kept = self._clock() - self._seconds
        while self._sessions and next(iter(self._sessions.values())).used < oldest_kept:
            self._sessions.popitem(last=False)
