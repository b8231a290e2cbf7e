"""What a worker can be asked: functions of an opened knowledge base that take as long as a question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faqkb.kb.answers import Hit
from faqkb.kb.conversation.dialogue import Reply, reply_to
from faqkb.kb.conversation.state import State
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Filter


@dataclass(frozen=True, slots=True)
class Task:
    """One such function."""

    run: Callable[..., Any]
    """Called with the knowledge base, and what is taken."""
    takes: tuple[Any, ...]
    """Types of its arguments."""
    gives: Any
    """Type of what it returns."""


def _reply(
    knowledge: KnowledgeBase,
    question: str,
    state: State,
    top_k: int,
    min_confidence: float | None,
    filter: Filter,
) -> Reply:
    return reply_to(knowledge, question, state, top_k=top_k, min_confidence=min_confidence, filter=filter)


def _search(knowledge: KnowledgeBase, question: str, limit: int, filter: Filter) -> tuple[Hit, ...]:
    return knowledge.search(question, limit=limit, filter=filter)


TASKS: dict[str, Task] = {
    "reply": Task(_reply, (str, State, int, float | None, Filter), Reply),
    "search": Task(_search, (str, int, Filter), tuple[Hit, ...]),
}
