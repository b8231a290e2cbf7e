"""One turn of a conversation with a knowledge base: understood, answered, and ready to be remembered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Reason, Status
from faqkb.kb.conversation.sessions import TURNS
from faqkb.kb.conversation.understanding import Resolution, Sighting, Title, Turn, Way, resolve, turn_of
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.retrieval.query import parse_query
from faqkb.kb.retrieval.ranking import ScoredRecord

_NEAREST = 10  # records of a way of asking that are looked at


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question of a conversation got."""

    resolution: Resolution
    answer: Answer | None
    """None for small talk: what to say then is for the caller to word."""
    turn: Turn | None
    """What to remember; None for small talk and empty questions, which leave the topic as it was."""
    took_ms: float
    """From question to reply, every search included."""


class _Search:
    """What one question of a conversation searches for: the same text once, however often it is looked at."""

    def __init__(
        self, knowledge: KnowledgeBase, top_k: int, min_confidence: float | None, tags: tuple[str, ...]
    ) -> None:
        self._knowledge = knowledge
        self._settings: dict[str, Any] = {"top_k": top_k, "min_confidence": min_confidence, "tags": tags}
        self._found: dict[str, tuple[Answer, tuple[ScoredRecord, ...]]] = {}

    def ask(self, text: str) -> tuple[Answer, tuple[ScoredRecord, ...]]:
        """Return the answer to a text and every candidate. Raises InvalidQuery."""
        if text not in self._found:
            self._found[text] = self._knowledge.ask_ranked(text, **self._settings)
        return self._found[text]

    def look(self, text: str) -> Sighting:
        """Return what a text finds."""
        _, hits = self.ask(text)
        by_record: dict[str, float] = {}
        for hit in hits[:_NEAREST]:
            by_record.setdefault(twin_key(self._knowledge.record_at(hit.position).id), hit.confidence)
        return Sighting(hits[0].confidence if hits else 0.0, by_record)


def reply_to(
    knowledge: KnowledgeBase,
    question: str,
    turns: Sequence[Turn],
    *,
    top_k: int = 3,
    min_confidence: float | None = None,
    tags: Sequence[str] = (),
) -> Reply:
    """Answer the last question of a conversation; the parameters are those of `KnowledgeBase.ask`.

    The answer's `question` is what was typed, whatever was searched for. Raises InvalidQuery.
    """
    started = time.perf_counter()
    search = _Search(knowledge, top_k, min_confidence, tuple(tags))
    resolution = resolve(question, turns, search.look, title_in(knowledge))
    if resolution.way is Way.SMALL_TALK:
        return Reply(resolution, None, None, _milliseconds_since(started))
    answer, _ = search.ask(resolution.query)
    if resolution.record_id is not None:
        answer = _picked_first(knowledge, resolution, answer)
    took_ms = _milliseconds_since(started)
    answer = replace(answer, question=parse_query(question).text, took_ms=took_ms)
    empty = answer.no_answer is not None and answer.no_answer.reason is Reason.EMPTY_QUESTION
    turn = None if empty else turn_of(question, resolution, answer.shown_ids, choices=_offers(answer))
    return Reply(resolution, answer, turn, took_ms)


def read_again(questions: Sequence[str]) -> list[str]:
    """Return what is read of earlier questions, oldest first: the last `TURNS`, as much as a session keeps of each."""
    return [
        question if len(question) <= limits.TURN_CHARS else parse_query(question).text[: limits.TURN_CHARS]
        for question in questions[-TURNS:]
    ]


def turns_of(knowledge: KnowledgeBase, questions: Sequence[str], *, tags: Sequence[str] = ()) -> tuple[Turn, ...]:
    """Return what to remember of earlier questions, oldest first, for whoever keeps the conversation himself.

    The last `TURNS` of them are answered anew, by what a session would keep of them. Raises InvalidQuery.
    """
    turns: tuple[Turn, ...] = ()
    for question in read_again(questions):
        turn = reply_to(knowledge, question, turns, tags=tags).turn
        turns += (turn,) if turn else ()
    return turns


def title_in(knowledge: KnowledgeBase) -> Title:
    """Return how to read the question of a record of a knowledge base."""

    def title(record_id: str) -> str | None:
        record = knowledge.record(record_id)
        return record.question if record else None

    return title


def _picked_first(knowledge: KnowledgeBase, resolution: Resolution, answer: Answer) -> Answer:
    """Return the answer with the record that was picked as its first; as it is when the record cannot be found."""
    hits = knowledge.search(resolution.query, limit=limits.TOP_K_MAX)
    picked = [hit for hit in hits if hit.record.id == resolution.record_id]
    if not picked:
        return answer
    rest = tuple(hit for hit in answer.hits if hit.record.id != resolution.record_id)
    return replace(
        answer,
        status=Status.ANSWERED,
        confidence=picked[0].confidence,
        hits=(picked[0], *rest)[: max(len(answer.hits), 1)],
        no_answer=None,
    )


def _milliseconds_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _offers(answer: Answer) -> bool:
    """Say whether an answer leaves the choice to the reader."""
    return answer.status is not Status.ANSWERED
