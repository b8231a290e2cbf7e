"""What a worker can be asked: functions of an opened knowledge base that take as long as a question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faqkb.kb.answers import Hit
from faqkb.kb.conversation.dialogue import Reply, reply_to
from faqkb.kb.conversation.state import State
from faqkb.kb.knowledge import KnowledgeBase


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
    tags: tuple[str, ...],
) -> Reply:
    return reply_to(knowledge, question, state, top_k=top_k, min_confidence=min_confidence, tags=tags)


def _search(knowledge: KnowledgeBase, question: str, limit: int, tags: tuple[str, ...]) -> tuple[Hit, ...]:
    return knowledge.search(question, limit=limit, tags=tags)


TASKS: dict[str, Task] = {
    "reply": Task(_reply, (str, State, int, float | None, tuple[str, ...]), Reply),
    "search": Task(_search, (str, int, tuple[str, ...]), tuple[Hit, ...]),
}
