"""Questions of a conversation: told by a session id, remembered here, or by the turns sent along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from faqkb.kb.answers import Answer, NoAnswer, Reason, Status
from faqkb.kb.conversation.dialogue import Reply, reply_to, turns_of
from faqkb.kb.conversation.sessions import SessionStore
from faqkb.kb.conversation.small_talk import greeted, is_unanswered_talk
from faqkb.kb.conversation.understanding import Turn
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.catalogues import wording_for
from faqkb.server.problems import FieldError, Refused

EXTENSION = "faq-sessions"
UNGUESSABLE_CHARS = 22  # 128 bits in base64


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a conversation."""

    question: str
    top_k: int
    min_confidence: float | None
    tags: tuple[str, ...]
    session_id: str | None
    """Of the conversation, where it is remembered here."""
    earlier: tuple[str, ...] | None
    """The user's questions before, oldest first; None where the client does not keep them."""


def answer_alone(
    knowledge: KnowledgeBase,
    question: str,
    *,
    top_k: int = 3,
    min_confidence: float | None = None,
    tags: tuple[str, ...] = (),
) -> Answer:
    """Answer a question that belongs to no conversation; a greeting is greeted. Raises InvalidQuery."""
    answer = knowledge.ask(question, top_k=top_k, min_confidence=min_confidence, tags=tags)
    return greeted(answer, wording_for(answer.question).small_talk) if is_unanswered_talk(answer) else answer


def answer_in_session(knowledge: KnowledgeBase, asked: Asked) -> Answer:
    """Answer a question by the turns before it, and remember it in its session."""
    turns = _earlier(knowledge, asked)
    reply = reply_to(
        knowledge,
        asked.question,
        turns,
        top_k=asked.top_k,
        min_confidence=asked.min_confidence,
        tags=asked.tags,
    )
    if asked.session_id is not None and reply.turn is not None:
        _sessions().add(_session_of_caller(asked.session_id), reply.turn)
    return _answer_of(knowledge, reply)


def answer_after(knowledge: KnowledgeBase, earlier: Sequence[str], question: str) -> Answer:
    """Answer a question after the earlier ones, oldest first, for a client that sends them along. Raises InvalidQuery.

    The last of them are read: a follow-up leans on what was said just before.
    """
    return _answer_of(knowledge, reply_to(knowledge, question, turns_of(knowledge, earlier)))


def _earlier(knowledge: KnowledgeBase, asked: Asked) -> tuple[Turn, ...]:
    """Return the turns before a question: those sent along when there are any, else of the session."""
    if asked.earlier is not None:
        return turns_of(knowledge, asked.earlier, tags=asked.tags)
    return _sessions().turns(_session_of_caller(asked.session_id)) if asked.session_id is not None else ()


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


def _answer_of(knowledge: KnowledgeBase, reply: Reply) -> Answer:
    return reply.answer or _small_talk(knowledge, reply)


def _small_talk(knowledge: KnowledgeBase, reply: Reply) -> Answer:
    """Return a polite word in place of an answer, in the language of what was said."""
    text = reply.resolution.query.strip()
    words = wording_for(text)
    nothing = NoAnswer(Reason.SMALL_TALK, words.small_talk, ())
    return Answer(text, text, Status.NO_ANSWER, 0.0, (), nothing, snapshot=knowledge.name, took_ms=reply.took_ms)
