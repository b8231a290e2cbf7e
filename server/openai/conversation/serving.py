"""What chat windows ask on their own behalf, served from what is stored: nothing is generated for them either."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import east_asian_width

from faqkb.kb.answers import Answer, Status
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.access.decision import charge_more
from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.follow_ups import Kind, follow_ups_of
from faqkb.server.limits import HELPER_TITLE_WIDTH, HELPER_TRIES
from faqkb.server.openai.conversation.asking import answer_to
from faqkb.server.openai.helpers.templates import Form, HelperRequest, Task

_XML_SIGNS = str.maketrans("<>&", "   ")  # of a question within elements that the client cuts out by their names
_SEARCHES = ("websearch", "knowledge")


def served(knowledge: KnowledgeBase, asked: HelperRequest) -> str:
    """Return the reply to a helper's request, in the form that its instruction names. Raises Refused (429)."""
    template = asked.template
    if template.task is Task.NOTHING:
        return template.nothing
    if template.task in (Task.QUERIES, Task.PICTURE):
        question = asked.questions[-1].strip() if asked.questions else ""
        return _searches(question, asked.instruction) if template.form is Form.TAGS else _own_words(asked, question)
    answer = _what_it_is_about(knowledge, asked)
    if template.task is Task.TITLE:
        title = _title(answer, asked)
        return _json(template.key, title) if template.form is Form.JSON else title
    found = _tags(answer) if template.task is Task.TAGS else _next_questions(knowledge, answer)
    return _json(template.key, found)


def _what_it_is_about(knowledge: KnowledgeBase, asked: HelperRequest) -> Answer | None:
    """Return the answer to the last question that has one; without any, what the last question got."""
    users = [number for number, each in enumerate(asked.conversation) if each.role == "user" and each.text.strip()]
    last: Answer | None = None
    for number in users[::-1][:HELPER_TRIES]:
        charge_more(last is not None)
        answer = answer_to(knowledge, asked.conversation[:number], asked.conversation[number].text)
        if answer.status is Status.ANSWERED:
            return answer
        last = last or answer
    return last


def _title(answer: Answer | None, asked: HelperRequest) -> str:
    """Return the stored question that answers, else what the user asked first, else the site's name."""
    if answer is not None and answer.status is Status.ANSWERED:
        return shortened(answer.hits[0].record.question)
    return shortened(asked.questions[0] if asked.questions else "") or wording().site


def _tags(answer: Answer | None) -> list[str]:
    """Return the tags of the record that answers, and the headings above it, innermost first."""
    if answer is None or answer.status is not Status.ANSWERED:
        return []
    record = answer.hits[0].record
    return list(dict.fromkeys([*record.tags, *reversed(record.section)]))


def _next_questions(knowledge: KnowledgeBase, answer: Answer | None) -> list[str]:
    """Return stored questions to ask next: what follows an answer, the choices, or what came near."""
    if answer is None:
        return []
    if answer.status is Status.AMBIGUOUS:
        return [hit.record.question for hit in answer.likely_choices]
    if answer.no_answer is not None:
        return [near.question for near in answer.no_answer.suggestions]
    return [each.text for each in follow_ups_of(knowledge, answer) if each.kind is not Kind.CHECK]


def _own_words(asked: HelperRequest, question: str) -> str:
    if asked.template.task is Task.PICTURE:
        return _json(asked.template.key, question)
    return _json(asked.template.key, [question] if question else [])


def _searches(question: str, instruction: str) -> str:
    """Return the question in the elements of the searches that the instruction names, or in none of them."""
    own = f"<question>{' '.join(question.translate(_XML_SIGNS).split()) or 'not_needed'}</question>"
    return "\n".join(f"<{name}>{own}</{name}>" for name in _SEARCHES if f"<{name}>" in instruction) or own


def shortened(text: str) -> str:
    """Return a text on one line that fits a side bar, cut between words where there are any."""
    line = " ".join(text.split())
    width = 0
    for at, char in enumerate(line):
        width += 2 if east_asian_width(char) in "FW" else 1
        if width > HELPER_TITLE_WIDTH:
            cut = line[:at]
            return f"{cut.rpartition(' ')[0] or cut}…"
    return line


def _json(key: str, value: Any) -> str:
    return json.dumps({key: value}, ensure_ascii=False)
