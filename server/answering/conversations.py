"""Questions of a conversation: told by a session id, remembered here, or by what was said, sent along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app, g

from faqkb.kb.answers import Answer
from faqkb.kb.conversation.dialogue import Reply
from faqkb.kb.conversation.history import Said
from faqkb.kb.conversation.sessions import SessionStore
from faqkb.kb.conversation.state import NOTHING_SAID, State
from faqkb.kb.conversation.understanding import Way
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Filter
from faqkb.server.answering.catalogues import words_of
from faqkb.server.answering.remarks import note_remark
from faqkb.server.problems import FieldError, Refused
from faqkb.server.wording.talk import worded_by
from faqkb.server.workers.asking import reply_to, state_after

EXTENSION = "faq-sessions"
UNGUESSABLE_CHARS = 22  # 128 bits in base64


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a conversation."""

    question: str
    top_k: int
    min_confidence: float | None
    filter: Filter
    session_id: str | None
    """Of the conversation, where it is remembered here."""
    said: tuple[Said, ...] | None
    """What was said before, oldest first; None where the client does not keep it."""


def answer_alone(knowledge: KnowledgeBase, question: str, **settings: Any) -> Answer:
    """Answer a question that belongs to no conversation; the settings are those of `KnowledgeBase.ask`.

    A greeting is greeted. Raises InvalidQuery.
    """
    return worded(reply_to(knowledge, question, NOTHING_SAID, **settings).answer)


def answer_linked(knowledge: KnowledgeBase, said: Sequence[Said], question: str) -> Answer:
    """Answer the question of an address, after what was said before it: a link may be anybody's, so no remark counts.

    Raises InvalidQuery.
    """
    state = state_after(knowledge, said) if said else NOTHING_SAID
    return worded(reply_to(knowledge, question, state).answer)


def answer_in_session(knowledge: KnowledgeBase, asked: Asked) -> Answer:
    """Answer a question by what was said before it, and remember it in its session."""
    state = _before(knowledge, asked)
    reply = reply_to(
        knowledge,
        asked.question,
        state,
        top_k=asked.top_k,
        min_confidence=asked.min_confidence,
        filter=asked.filter,
    )
    if asked.session_id is not None:
        _sessions().keep(_session_of_caller(asked.session_id), reply.state)
    return _noted(reply, state)


def answer_after(knowledge: KnowledgeBase, said: Sequence[Said], question: str, **settings: Any) -> Answer:
    """Answer a question after what was said, oldest first, for a client that sends it along. Raises InvalidQuery."""
    return answer_from(knowledge, state_after(knowledge, said), question, **settings)


def answer_from(knowledge: KnowledgeBase, state: State, question: str, **settings: Any) -> Answer:
    """Answer a question of a conversation in that state. Raises InvalidQuery."""
    return _noted(reply_to(knowledge, question, state, **settings), state)


def worded(answer: Answer) -> Answer:
    """Return an answer to small talk with what is said to it, in the language of the conversation."""
    return worded_by(answer, words_of(answer))


def _noted(reply: Reply, before: State) -> Answer:
    """Return the reply in words; that an answer did not help counts as a vote."""
    if reply.resolution.way is Way.REPAIR and before.answered:
        note_remark(before.answered[-1], before.query, reply.answer.snapshot)
    return worded(reply.answer)


def _before(knowledge: KnowledgeBase, asked: Asked) -> State:
    """Return the state before a question: of what was sent along when there is any, else of the session."""
    if asked.said is not None:
        return state_after(knowledge, asked.said, filter=asked.filter)
    return NOTHING_SAID if asked.session_id is None else _sessions().state(_session_of_caller(asked.session_id))


def _session_of_caller(session_id: str) -> str:
    """Return the name a session is kept under: clients choose ids, so each key has ids of its own.

    Without keys an id that can be guessed belongs to the address that it comes from; one of 128 bits may move.
    """
    caller = g.caller
    if caller.key or len(session_id) >= UNGUESSABLE_CHARS:
        return f"{caller.key.id if caller.key else ''}/{session_id}"
    if caller.is_one_of_many:
        reason = (
            f"Send at least {UNGUESSABLE_CHARS} random characters, such as a UUID: others ask from this address too."
        )
        raise Refused(422, f"The session_id can be guessed. {reason}", [FieldError("session_id", reason)])
    return f"{caller.client}/{session_id}"


def _sessions() -> SessionStore:
    return cast(SessionStore, current_app.extensions[EXTENSION])
