"""The answer document as the API sends it: the one of `faq ask --json`, and what only a server can tell."""

from __future__ import annotations

from typing import Any

from faqkb.kb.answers import Answer
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.follow_ups import follow_ups_of
from faqkb.server.answering.talk import hands_over
from faqkb.server.answering.tokens import answer_token
from faqkb.server.noted import note_answer

_VIA = "api"


def answer_document(knowledge: KnowledgeBase, answer: Answer, *, explain: bool) -> dict[str, Any]:
    """Return the document, and count the answer."""
    note_answer(answer, _VIA)
    return answer.to_json(explain=explain) | {
        "handover": hands_over(answer),
        "follow_ups": [prompt.to_json() for prompt in follow_ups_of(knowledge, answer)],
        "answer_token": answer_token(answer),
    }
