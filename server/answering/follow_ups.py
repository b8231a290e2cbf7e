"""What a reader may ask or do next, as a bot shows it in buttons below an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from flask import url_for

from faqkb.kb.answers import Answer, Hit, Status
from faqkb.kb.checks import CheckLink
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import EVERY_RECORD, Filter, Record
from faqkb.server.answering.topics import address_of, topics_of
from faqkb.server.limits import CHOICE_ABOVE, FOLLOW_UPS_OF_TOPIC, RELATED_ABOVE


class Kind(StrEnum):
    """What a prompt leads to."""

    CHECK = "check"
    """A script that proves the answer on the reader's machine."""
    RELATED = "related"
    """A record that the same question found, less surely."""
    TOPIC = "topic"
    """A record under the same heading."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One prompt."""

    kind: Kind
    id: str
    """Of the record, or of the check."""
    text: str
    """The stored question, or the check's title in the answer's language."""
    url: str
    """The record's page, or the script."""

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a reply's `follow_ups`."""
        return {"kind": self.kind.value, "id": self.id, "text": self.text, "url": self.url}


def follow_ups_of(knowledge: KnowledgeBase, answer: Answer, filter: Filter = EVERY_RECORD) -> list[FollowUp]:
    """Return the prompts below an answer: its checks, what else was found, and what its topic goes on with.

    None below choices and below nothing: these are prompts themselves. Where an answer did not help, its checks.
    """
    if answer.status is not Status.ANSWERED:
        failed = knowledge.record(answer.no_answer.about) if answer.no_answer else None
        return _check_prompts(failed, knowledge.checks_of(failed)) if failed else []
    first = answer.hits[0]
    record = first.record
    checks = _check_prompts(record, first.checks)
    related = [_record_prompt(Kind.RELATED, hit.record.id, hit.record.question) for hit in related_hits(answer)]
    known = {record.id, *(prompt.id for prompt in related)}
    return [*checks, *related, *_topic_prompts(knowledge, record, known, filter)]


def _check_prompts(record: Record, checks: Sequence[CheckLink]) -> list[FollowUp]:
    return [
        FollowUp(Kind.CHECK, link.id, link.title_in(record.language), url_for("scripts.script", check_id=link.id))
        for link in checks
    ]


def related_hits(answer: Answer) -> tuple[Hit, ...]:
    """Return the runners-up worth showing below an answer; its twin in another language is not one."""
    return _runners_up(answer, RELATED_ABOVE)


def shown_choices(answer: Answer) -> tuple[Hit, ...]:
    """Return the hits worth choosing among, in the language of the best; at least that one, none without hits."""
    return answer.hits[:1] + _runners_up(answer, CHOICE_ABOVE)


def _runners_up(answer: Answer, least: float) -> tuple[Hit, ...]:
    """Return the hits after the best that are in its language and so sure at least."""
    return tuple(
        hit
        for hit in answer.hits[1:]
        if hit.confidence >= least and hit.record.language == answer.hits[0].record.language
    )


def _topic_prompts(knowledge: KnowledgeBase, record: Record, known: set[str], filter: Filter) -> list[FollowUp]:
    """Return the topic's questions after the record, and from its start when there are too few."""
    topic = topics_of(knowledge).get(address_of(record.source.path, record.section))
    questions = topic.questions if topic else []
    at = next((number for number, question in enumerate(questions) if question.id == record.id), 0)
    others = (question for question in (*questions[at:], *questions[:at]) if question.id not in known)
    # Without a filter nothing is looked up: each look lets go of the interpreter's lock, and waits to have it again.
    following = (question for question in others if not filter or knowledge.passes(question.id, filter))
    return [_record_prompt(Kind.TOPIC, each.id, each.text) for each in islice(following, FOLLOW_UPS_OF_TOPIC)]


def _record_prompt(kind: Kind, record_id: str, question: str) -> FollowUp:
    return FollowUp(kind, record_id, question, url_for("pages.answer", record_id=record_id, lang=None))
