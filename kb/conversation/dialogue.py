"""One turn of a conversation with a knowledge base: understood, answered, and what is remembered of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from faqkb.kb import limits
from faqkb.kb.answers import Answer, NoAnswer, Reason, Status, Suggestion, Talk
from faqkb.kb.conversation.leaning import Leaning
from faqkb.kb.conversation.likeness import heard_in
from faqkb.kb.conversation.state import State
from faqkb.kb.conversation.understanding import Resolution, Sighting, Title, Way, read_message, resolve
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.records import EVERY_RECORD, Filter, Record
from faqkb.kb.retrieval.query import parse_query
from faqkb.kb.retrieval.ranking import ScoredRecord

_NEAREST = 10  # records of a way of asking that are looked at
_NEXT_LEAST = 0.05  # confidence of a record that is offered when the answer did not help
_REMEMBERED_ANSWERS = 8  # of a topic: nobody says eight times that it did not help


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question of a conversation got."""

    resolution: Resolution
    answer: Answer
    """To small talk without a message: what to say then is for the caller to word."""
    state: State
    """What to remember."""


class _Search:
    """What one question of a conversation searches for: the same text once, however often it is looked at."""

    def __init__(self, knowledge: KnowledgeBase, language: str, filter: Filter, **settings: Any) -> None:
        self.knowledge = knowledge
        self.filter = filter
        self._language = language
        self._settings = settings
        self._found: dict[tuple[str, str], tuple[Answer, tuple[ScoredRecord, ...]]] = {}

    def ask(self, text: str, language: str = "") -> tuple[Answer, tuple[ScoredRecord, ...]]:
        """Return the answer to a text, in a language or the reader's, and every candidate. Raises InvalidQuery."""
        key = text, language or self._language
        if key not in self._found:
            self._found[key] = self.knowledge.ask_ranked(
                text, language=key[1] or None, filter=self.filter, **self._settings
            )
        return self._found[key]

    def look(self, text: str) -> Sighting:
        """Return what a text finds."""
        _, hits = self.ask(text)

        def found() -> dict[str, float]:
            by_record: dict[str, float] = {}
            for hit in hits[:_NEAREST]:
                by_record.setdefault(twin_key(self.knowledge.record_at(hit.position).id), hit.confidence)
            return by_record

        return Sighting(hits[0].confidence if hits else 0.0, found)

    def heard(self, text: str) -> Talk | None:
        """Return the kind of small talk that a text is like."""
        vector = self.knowledge.query_vector(text, filter=self.filter, language=self._language or None)
        return None if vector is None else heard_in(text, vector, self.knowledge.encoder.id)

    def picked(self, text: str, record_id: str, language: str = "") -> Answer:
        """Return the answer to a text with one record as its first; as it is when that record is not found."""
        answer, _ = self.ask(text, language)
        hits = self.knowledge.search(text, limit=limits.TOP_K_MAX, filter=self.filter)
        picked = [hit for hit in hits if hit.record.id == record_id]
        if not picked:
            return answer
        rest = tuple(hit for hit in answer.hits if hit.record.id != record_id)
        return replace(
            answer,
            status=Status.ANSWERED,
            confidence=picked[0].confidence,
            hits=(picked[0], *rest)[: max(len(answer.hits), 1)],
            no_answer=None,
            others=(),
        )


def reply_to(
    knowledge: KnowledgeBase,
    question: str,
    state: State,
    *,
    top_k: int = 3,
    min_confidence: float | None = None,
    filter: Filter = EVERY_RECORD,
) -> Reply:
    """Answer the last question of a conversation; the parameters are those of `KnowledgeBase.ask`.

    The answer's `question` is what was typed, whatever was searched for. Raises InvalidQuery.
    """
    started = time.perf_counter()
    language = state.language if state.is_language_asked_for else read_message(question).language or state.language
    search = _Search(knowledge, language, filter, top_k=top_k, min_confidence=min_confidence)
    resolution = resolve(question, state, search.look, title_in(knowledge), search.heard)
    found = _ANSWERS[resolution.way](search, resolution, state)
    answer = replace(
        found,
        question=found.question if resolution.query == question else parse_query(question).text,
        language=resolution.language or language,
        took_ms=(time.perf_counter() - started) * 1000,
    )
    return Reply(resolution, answer, _state_after(resolution, answer, state))


def title_in(knowledge: KnowledgeBase) -> Title:
    """Return how to read the question of a record of a knowledge base."""

    def title(record_id: str) -> str | None:
        record = knowledge.resolve(record_id)
        return record.question if record else None

    return title


def _found(search: _Search, resolution: Resolution, state: State) -> Answer:
    return search.ask(resolution.query)[0]


def _chosen(search: _Search, resolution: Resolution, state: State) -> Answer:
    """Return the answers of the records that were picked: the first, and the others as its `others`."""
    title = title_in(search.knowledge)
    first, *others = [search.picked(title(record) or "", record) for record in resolution.record_ids]
    return replace(first, others=tuple(others))


def _talk(search: _Search, resolution: Resolution, state: State) -> Answer:
    return _said(search, resolution, resolution.talk, count=len(state.offered))


def _repaired(search: _Search, resolution: Resolution, state: State) -> Answer:
    """Return what else may answer: never a record that was the answer, or that was offered just now."""
    known = {twin_key(record) for record in (*state.answered, *state.offered)}
    suggestions: list[Suggestion] = []
    hits = search.ask(resolution.query)[1] if state.query else ()
    for hit in search.knowledge.without_translations(hits):
        record = search.knowledge.record_at(hit.position)
        if hit.confidence >= _NEXT_LEAST and twin_key(record.id) not in known:
            suggestions.append(Suggestion(record.id, record.question, hit.confidence))
    about = state.answered[-1] if state.answered else ""
    return _said(search, resolution, Talk.NOT_HELPED, suggestions=tuple(suggestions[: limits.CHOICES]), about=about)


def _translated(search: _Search, resolution: Resolution, state: State) -> Answer:
    """Return the last answer in the language asked for, or that there is none; what was found where none was given."""
    if not state.query:
        return _said(search, resolution, Talk.LANGUAGE)
    answer, hits = search.ask(state.query, resolution.language)
    if not state.answered:
        return answer
    given = state.answered[-1]
    candidates = (search.knowledge.record_at(hit.position) for hit in hits)
    twin = next((record for record in candidates if _is_twin(record, given, resolution.language)), None)
    if twin is not None:
        return search.picked(state.query, twin.id, resolution.language)
    record = search.knowledge.record(given) if search.knowledge.passes(given, search.filter) else None
    offered = (Suggestion(record.id, record.question, answer.confidence),) if record else ()
    return _said(search, resolution, Talk.NO_TRANSLATION, suggestions=offered, about=given)


def _is_twin(record: Record, record_id: str, language: str) -> bool:
    return record.language == language and twin_key(record.id) == twin_key(record_id)


def _said(search: _Search, resolution: Resolution, talk: Talk | None, **more: Any) -> Answer:
    text = resolution.query.strip()
    nothing = NoAnswer(Reason.SMALL_TALK, "", talk=talk, **more)
    return Answer(text, text, Status.NO_ANSWER, 0.0, (), nothing, snapshot=search.knowledge.name, took_ms=0.0)


_ANSWERS: dict[Way, Callable[[_Search, Resolution, State], Answer]] = {
    Way.ALONE: _found,
    Way.COMBINED: _found,
    Way.CHOICE: _chosen,
    Way.TALK: _talk,
    Way.REPAIR: _repaired,
    Way.LANGUAGE: _translated,
}


def _state_after(resolution: Resolution, answer: Answer, before: State) -> State:
    """Return what to remember of a question once it was answered."""
    state = replace(
        before,
        language=answer.language,
        is_language_asked_for=before.is_language_asked_for or resolution.way is Way.LANGUAGE,
    )
    missing = answer.no_answer
    if missing is not None and missing.reason is Reason.EMPTY_QUESTION:
        return state
    if missing is not None and missing.talk is not None:
        offered = {Talk.NOT_HELPED: answer.shown_ids, Talk.DECLINED: ()}.get(missing.talk, state.offered)
        has_failed = state.has_failed or (missing.talk is Talk.NOT_HELPED and bool(state.answered))
        return replace(state, offered=offered, has_failed=has_failed)
    state = replace(_with_question(resolution, state), has_failed=False)
    given = tuple(each.hits[0].record.id for each in (answer, *answer.others) if each.status is Status.ANSWERED)
    is_list = answer.status is not Status.ANSWERED
    return replace(
        state,
        shown=answer.shown_ids[: limits.CHOICES],
        offered=answer.shown_ids[: limits.CHOICES] if is_list else state.offered,
        answered=(*state.answered, *given)[-_REMEMBERED_ANSWERS:],
    )


def _with_question(resolution: Resolution, state: State) -> State:
    """Return the state with what was asked as its topic, or as what was asked about it."""
    own = resolution.query[: limits.TURN_CHARS]
    if resolution.way is Way.ALONE:
        return replace(state, topic=own, query=own, offered=(), answered=())
    if resolution.way is Way.CHOICE:
        return replace(state, topic=own, query=own)
    if resolution.way is Way.LANGUAGE or resolution.leaning is Leaning.EMPTY:
        return state  # `why?` asks about the same as before, and says nothing that a later question could lean on
    return replace(state, query=resolution.query[-limits.TURN_CHARS :])
