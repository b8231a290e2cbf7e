"""Asks a knowledge base on this machine."""

from __future__ import annotations

from pathlib import Path

from faqkb.faq.asking.asked import Asked, Question
from faqkb.faq.bootstrap import open_or_build
from faqkb.kb.answers import Answer, Status
from faqkb.kb.checks import Check
from faqkb.kb.knowledge import KnowledgeBase


def ask_here(folder: Path, wanted: Question) -> Asked:
    """Ask a knowledge base, made when there is none yet. Raises InvalidQuery, SnapshotDamaged, ModelMissing."""
    knowledge = open_or_build(folder)
    try:
        answer = knowledge.ask(wanted.text, top_k=wanted.top_k, min_confidence=wanted.min_confidence, tags=wanted.tags)
        answer = _greeted(answer)
        checks = _checks_of(answer, knowledge) if wanted.run_checks else []
    finally:
        knowledge.close()
    return Asked(answer, answer.to_json(explain=wanted.explain), checks)


def _greeted(answer: Answer) -> Answer:
    """Return a polite word in place of no answer where the question is a greeting, as a server would."""
    if answer.status is Status.ANSWERED:
        return answer
    from faqkb.kb.conversation.small_talk import greeted, is_unanswered_talk  # noqa: PLC0415 - not for every question

    if not is_unanswered_talk(answer):
        return answer
    from faqkb.faq.branding import site_branding  # noqa: PLC0415 - the same words in both places
    from faqkb.faq.config import read_config  # noqa: PLC0415
    from faqkb.kb.language.detection import detect_language  # noqa: PLC0415
    from faqkb.server.answering.catalogues import WORDINGS  # noqa: PLC0415

    language = detect_language(answer.question)
    welcome = site_branding(read_config()).said("welcome", language)
    return greeted(answer, welcome or WORDINGS.get(language, WORDINGS["en"]).small_talk)


def _checks_of(answer: Answer, knowledge: KnowledgeBase) -> list[Check]:
    """Return the checks of the first answer."""
    links = answer.hits[0].checks if answer.hits else ()
    return [check for check in map(knowledge.check, (link.id for link in links)) if check]
