"""Several questions at once.

One after the other, each as `ask` alone: the int8 encoder scales its numbers by what it is given at once, so questions
embedded together would get answers that differ from their own in the last digits. A batch holds one thread, one at a
time, for ten seconds at most, so that single questions never wait for one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import g

from faqkb.kb.errors import InvalidQuery, KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.conversations import answer_alone
from faqkb.server.answering.documents import answer_document
from faqkb.server.answering.turns import batch_turn
from faqkb.server.api.bodies import BatchQuestion, filter_by, wanted_by
from faqkb.server.problems import problem

_log = logging.getLogger("faq.server")


def answered_batch(knowledge: KnowledgeBase, questions: Sequence[BatchQuestion]) -> dict[str, Any]:
    """Return the document of the answers, a problem where there is none. Raises Refused (503): one is at work."""
    started = time.perf_counter()
    with batch_turn(len(questions)) as is_over:
        answers = [_answered(knowledge, each, is_over) for each in questions]
    took_ms = round((time.perf_counter() - started) * 1000, 3)
    return {"answers": answers, "snapshot": knowledge.name, "took_ms": took_ms}


def _answered(knowledge: KnowledgeBase, asked: BatchQuestion, is_over: Callable[[], bool]) -> dict[str, Any]:
    if is_over():
        return problem(503, "The time of this batch was up before this question; send it again.")
    try:
        answer = answer_alone(
            knowledge, asked.question, top_k=asked.top_k, min_confidence=asked.min_confidence, filter=filter_by(asked)
        )
    except InvalidQuery as error:
        return problem(422, str(error))
    except KbError as error:
        _log.error("request %s: %s", g.request_id, error)
        return problem(503, "The knowledge base cannot answer at the moment; try again shortly.")
    return answer_document(knowledge, answer, wanted_by(asked))
