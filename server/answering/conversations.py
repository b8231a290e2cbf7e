"""Questions of a conversation: told by a session id, remembered here, or by the turns sent along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from faqkb.kb.answers import Answer, NoAnswer, Reason, Status
from faqkb.kb.conversation.dialogue import Reply, reply_to, turns_of
from faqkb.kb.conversation.sessions import TURNS, SessionStore
from faqkb.kb.conversation.understanding import Turn
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.catalogues import wording_for
from faqkb.server.http.parsing import AskBody

EXTENSION = "faq-sessions"


@dataclass(frozen=True, slots=True)
class Understood:
    """The answer to the last question of a conversation."""

    answer: Answer
    query: str
    """What was searched for: the question itself, or it with those before it."""


def answer_in_session(knowledge: KnowledgeBase, body: AskBody) -> Understood:
    """Answer the question of a body that carries a session id or messages, and remember it in its session."""
    tags = tuple(body.tags)
    turns = _earlier(knowledge, body, tags)
    reply = reply_to(knowledge, body.question, turns, top_k=body.top_k, min_confidence=body.min_confidence, tags=tags)
    if body.session_id is not None and reply.turn is not None:
        _sessions().add(_session_of_caller(body.session_id), reply.turn)
    return _understood(knowledge, reply)


def answer_after(knowledge: KnowledgeBase, earlier: Sequence[str], question: str) -> Understood:
    """Answer a question after the earlier ones, oldest first, for a client that sends them along. Raises InvalidQuery.

    The last `TURNS` of them are read: a follow-up leans on what was said just before.
    """
    return _understood(knowledge, reply_to(knowledge, question, turns_of(knowledge, earlier[-TURNS:])))


def _earlier(knowledge: KnowledgeBase, body: AskBody, tags: Sequence[str]) -> tuple[Turn, ...]:
    """Return the turns before a question: those of the messages when there are any, else of the session."""
    if body.messages:
        questions = [message.content for message in body.messages if message.role == "user"]
        return turns_of(knowledge, questions[-TURNS:], tags=tags)
    return _sessions().turns(_session_of_caller(body.session_id)) if body.session_id is not None else ()


def _session_of_caller(session_id: str) -> str:
    """Return the name a session is kept under: clients choose ids, so each key has ids of its own."""
    key = g.caller.key
    return f"{key.id if key else ''}/{session_id}"


def _sessions() -> SessionStore:
    return cast(SessionStore, current_app.extensions[EXTENSION])


def _understood(knowledge: KnowledgeBase, reply: Reply) -> Understood:
    return Understood(reply.answer or _small_talk(knowledge, reply), reply.resolution.query)


def _small_talk(knowledge: KnowledgeBase, reply: Reply) -> Answer:
    """Return a polite word in place of an answer, in the language of what was said."""
    text = reply.resolution.query.strip()
    words = wording_for(text)
    nothing = NoAnswer(Reason.SMALL_TALK, words.small_talk, ())
    return Answer(text, Status.NO_ANSWER, 0.0, (), nothing, snapshot=knowledge.name, took_ms=reply.took_ms)
