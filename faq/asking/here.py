"""Asks a knowledge base on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faqkb.faq.asking.asked import Asked, Question
from faqkb.faq.bootstrap import open_or_build
from faqkb.kb.answers import Answer
from faqkb.kb.checks import Check
from faqkb.kb.conversation.dialogue import reply_to
from faqkb.kb.conversation.state import NOTHING_SAID
from faqkb.kb.knowledge import KnowledgeBase


def ask_here(folder: Path, wanted: Question) -> Asked:
    """Ask a knowledge base, made when there is none yet. Raises InvalidQuery, SnapshotDamaged, ModelMissing."""
    knowledge = open_or_build(folder)
    try:
        answer = answer_of(knowledge, wanted)
        checks = _checks_of(answer, knowledge) if wanted.run_checks else []
    finally:
        knowledge.close()
    return Asked(answer, answer.to_json(explain=wanted.explain), checks)


def answer_of(knowledge: KnowledgeBase, wanted: Question) -> Answer:
    """Return what an open knowledge base answers, small talk in words as a server's. Raises InvalidQuery."""
    settings: dict[str, Any] = {
        "top_k": wanted.top_k,
        "min_confidence": wanted.min_confidence,
        "filter": wanted.filter,
    }
    return _worded(reply_to(knowledge, wanted.text, NOTHING_SAID, **settings).answer)


def _worded(answer: Answer) -> Answer:
    """Return a polite word in place of no answer where the question is small talk, as a server would."""
    if answer.no_answer is None or answer.no_answer.talk is None:
        return answer
    from faqkb.faq.branding import site_branding  # noqa: PLC0415 - the same words in both places
    from faqkb.faq.config import read_config  # noqa: PLC0415
    from faqkb.kb.language.detection import detect_language  # noqa: PLC0415
    from faqkb.server.wording.spoken import spoken_by  # noqa: PLC0415
    from faqkb.server.wording.talk import worded_by  # noqa: PLC0415

    language = answer.language or detect_language(answer.question)
    return worded_by(answer, spoken_by(site_branding(read_config()), language))


def _checks_of(answer: Answer, knowledge: KnowledgeBase) -> list[Check]:
    """Return the checks of the first answer."""
    links = answer.hits[0].checks if answer.hits else ()
    return [check for check in map(knowledge.check, (link.id for link in links)) if check]
