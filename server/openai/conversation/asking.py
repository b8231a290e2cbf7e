"""The one place where a conversation of this protocol is put to a knowledge base."""

from __future__ import annotations

from collections.abc import Sequence

from faqkb.kb.answers import Answer
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.conversations import answer_after
from faqkb.server.openai.helpers.transcripts import Said


def answer_to(knowledge: KnowledgeBase, said: Sequence[Said], question: str) -> Answer:
    """Answer a question after all that was said before it, oldest first. Raises Refused (429), InvalidQuery."""
    earlier = [each.text for each in said if each.role == "user"]
    charge_work(earlier, question)
    return answer_after(knowledge, earlier, question)
