"""What is said to small talk, and when a person should go on."""

from __future__ import annotations

from dataclasses import replace

from faqkb.kb.answers import Answer, Talk
from faqkb.server.wording.texts import Wording

_HANDS_OVER = frozenset([Talk.PERSON, Talk.DISTRESS])
"""What a person should see to."""
NAMES_PERSON = _HANDS_OVER | {Talk.NOT_HELPED, Talk.DECLINED, Talk.INSULT}
"""Where the operator's person is named, if there is one."""


def worded_by(answer: Answer, words: Wording) -> Answer:
    """Return an answer with what is said to small talk, in these words."""
    missing = answer.no_answer
    if missing is None or missing.talk is None:
        return answer
    language = words.name_of(answer.language)
    message = words.talk[missing.talk.value].format(count=missing.count, language=language)
    if missing.talk in NAMES_PERSON and words.handover:
        message = f"{message} {words.handover}"
    return replace(answer, no_answer=replace(missing, message=message))


def hands_over(answer: Answer) -> bool:
    """Say whether a person should go on: one was asked for, the reader is in distress, or nothing stored is left."""
    missing = answer.no_answer
    if missing is None or missing.talk is None:
        return False
    return missing.talk in _HANDS_OVER or (missing.talk is Talk.NOT_HELPED and not missing.suggestions)
