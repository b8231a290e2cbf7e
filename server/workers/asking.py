"""How protocols ask a knowledge base: through its workers where it has any, and else here, with the same result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from faqkb.kb.answers import Hit
from faqkb.kb.conversation import history
from faqkb.kb.conversation.dialogue import Reply
from faqkb.kb.conversation.history import Said
from faqkb.kb.conversation.state import State
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import EVERY_RECORD, Filter
from faqkb.kb.retrieval.finding import REMEMBERED_CHARS
from faqkb.server.limits import REMEMBERED_QUESTIONS
from faqkb.server.workers.tasks import TASKS
from faqkb.server.workers.team import NobodyThere, Team


class _Employer:
    """A team, and what it was asked last: a snapshot never changes, so its answers stand."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._again = lru_cache(REMEMBERED_QUESTIONS)(self._do)

    def do(self, name: str, question: str, arguments: tuple[Any, ...]) -> Any:
        """Return what a task gives. Raises NobodyThere, and what the task raises."""
        do = self._again if len(question) <= REMEMBERED_CHARS else self._do
        return do(name, question, arguments)

    def _do(self, name: str, question: str, arguments: tuple[Any, ...]) -> Any:
        return self._team.do(name, (question, *arguments))


_employers: WeakKeyDictionary[KnowledgeBase, _Employer] = WeakKeyDictionary()


def employ(knowledge: KnowledgeBase, team: Team) -> None:
    """Have the questions to a knowledge base answered by a team from now on."""
    _employers[knowledge] = _Employer(team)


def reply_to(
    knowledge: KnowledgeBase,
    question: str,
    state: State,
    *,
    top_k: int = 3,
    min_confidence: float | None = None,
    filter: Filter = EVERY_RECORD,
) -> Reply:
    """Answer the last question of a conversation, as `kb.conversation.dialogue.reply_to` does. Raises InvalidQuery."""
    started = time.perf_counter()
    reply: Reply = _done(knowledge, "reply", question, (state, top_k, min_confidence, filter))
    took = (time.perf_counter() - started) * 1000
    return replace(reply, answer=replace(reply.answer, took_ms=took))


def state_after(knowledge: KnowledgeBase, said: Sequence[Said], *, filter: Filter = EVERY_RECORD) -> State:
    """Return the state after what was said, as `kb.conversation.history.state_after` does. Raises InvalidQuery."""
    return history.state_after(knowledge, said, filter=filter, reply=reply_to)


def find_hits(
    knowledge: KnowledgeBase, question: str, *, limit: int = 10, filter: Filter = EVERY_RECORD
) -> tuple[Hit, ...]:
    """Return the best hits, as `KnowledgeBase.search` does. Raises InvalidQuery."""
    hits: tuple[Hit, ...] = _done(knowledge, "search", question, (limit, filter))
    return hits


def _done(knowledge: KnowledgeBase, name: str, question: str, arguments: tuple[Any, ...]) -> Any:
    employer = _employers.get(knowledge)
    if employer is not None:
        with suppress(NobodyThere):  # they are being started
            return employer.do(name, question, arguments)
    return TASKS[name].run(knowledge, question, *arguments)
