"""What is remembered of a conversation: one value, whoever keeps what was said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """A conversation up to now; small talk leaves its topic as it is."""

    topic: str = ""
    """The last question that stood alone, at most `limits.TURN_CHARS` characters; empty before any."""
    query: str = ""
    """What was searched for last: the question, alone or combined with those before it."""
    shown: tuple[str, ...] = ()
    """Ids of the records shown last, best first: the answer, the choices, or the suggestions."""
    offered: tuple[str, ...] = ()
    """Ids of the records to choose from, in the order of the list that was shown; they can be chosen from again."""
    answered: tuple[str, ...] = ()
    """Ids of the records given as the answer since the topic began, the last one last."""
    has_failed: bool = False
    """The last of these did not help, as the reader said."""
    language: str = ""
    """What the reader writes, as a code, e.g. `zh`; empty where nothing told it."""
    is_language_asked_for: bool = False
    """The reader asked for it: it holds whatever is written later."""


NOTHING_SAID = State()
