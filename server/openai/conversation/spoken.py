"""What is said to a conversation, before it takes the form of one address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from faqkb.kb.answers import Answer, Reason
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.catalogues import words_of
from faqkb.server.answering.documents import page_address
from faqkb.server.answering.follow_ups import follow_ups_of
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.tokens import answer_token
from faqkb.server.limits import CHAT_PIECE_CHARS
from faqkb.server.noted import note_answer
from faqkb.server.openai.conversation.asking import answer_to
from faqkb.server.openai.conversation.messages import Message
from faqkb.server.openai.conversation.serving import served
from faqkb.server.openai.conversation.text import ChatText, chat_text
from faqkb.server.openai.helpers.templates import helper_request
from faqkb.server.openai.helpers.wrapped import unwrapped
from faqkb.server.wording.talk import hands_over

MODEL = "faq"
"""The one model there is: the knowledge base that is served."""
# A line, or as much of a long one as ends between words.
_PIECE = re.compile(rf".{{1,{CHAT_PIECE_CHARS}}}(?:\s+|\Z)|.{{1,{CHAT_PIECE_CHARS}}}|\n+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A reply to a conversation."""

    text: ChatText
    snapshot: str
    """Name of the one that answered."""
    faq: dict[str, Any] | None
    """What the protocol has no field for; None where a chat window asked on its own behalf."""
    prompt_tokens: int
    """Of all messages, by the tokenizer of the knowledge base's encoder."""
    completion_tokens: int

    @property
    def pieces(self) -> list[str]:
        """The text as a stream sends it."""
        return pieces(self.text.content)

    @property
    def extension(self) -> dict[str, Any]:
        """The field `faq`, where there is one."""
        return {} if self.faq is None else {"faq": self.faq}


def reply_to(messages: Sequence[Message]) -> Spoken:
    """Reply to the user's last message, or serve what a chat window asks on its own behalf.

    Raises Refused (429), InvalidQuery.
    """
    charge_work((), "", sum(len(message.text) for message in messages))
    with leased_knowledge() as knowledge:
        asked = helper_request([message.said for message in messages])
        if asked is not None:
            text, faq = ChatText(served(knowledge, asked)), None
        else:
            text, faq = _answered(knowledge, messages)
        count = knowledge.encoder.count_tokens
        prompt_tokens = sum(count(message.text) for message in messages)
        return Spoken(text, knowledge.name, faq, prompt_tokens, count(text.content))


def pieces(text: str) -> list[str]:
    """Cut a text into pieces of about a line; together they are the text."""
    return _PIECE.findall(text)


def _answered(knowledge: KnowledgeBase, messages: Sequence[Message]) -> tuple[ChatText, dict[str, Any]]:
    last = max(number for number, message in enumerate(messages) if message.role == "user")
    plain = [_without_template(message) for message in messages[: last + 1]]
    question = plain[last]
    answer = answer_to(knowledge, [message.said for message in plain[:last]], question.text)
    words = words_of(answer)
    text = chat_text(answer, words, page_address)
    if question.has_more and answer.no_answer is not None and answer.no_answer.reason is Reason.EMPTY_QUESTION:
        text = ChatText(words.chat.not_in_words)
    note_answer(answer, "chat")
    return text, _extension(knowledge, answer)


def _without_template(message: Message) -> Message:
    return replace(message, text=unwrapped(message.text)) if message.role == "user" else message


def _extension(knowledge: KnowledgeBase, answer: Answer) -> dict[str, Any]:
    """Return what the protocol has no field for; `answer_token` is what feedback is given with."""
    return {
        "status": answer.status.value,
        "confidence": answer.confidence,
        "record_ids": list(answer.shown_ids),
        "answer_token": answer_token(answer),
        "follow_ups": [prompt.to_json() for prompt in follow_ups_of(knowledge, answer)],
        "talk": answer.no_answer and answer.no_answer.talk,
        "handover": hands_over(answer),
    }
