"""The one place where a conversation of this protocol is put to a knowledge base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from faqkb.kb.answers import Answer
from faqkb.kb.conversation import history
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.conversations import answer_after
from faqkb.server.openai.helpers.transcripts import Said


def answer_to(knowledge: KnowledgeBase, said: Sequence[Said], question: str) -> Answer:
    """Answer a question after all that was said before it, oldest first. Raises Refused (429), InvalidQuery."""
    earlier = [history.Said(role, each.text) for each in said if (role := _spoken_by(each))]
    charge_work(earlier, question)
    return answer_after(knowledge, earlier, question)


def _spoken_by(said: Said) -> Literal["user", "assistant"] | None:
    """Return whose message it is; None of an instruction, or of what a tool returned."""
    return "user" if said.role == "user" else "assistant" if said.role == "assistant" else None
