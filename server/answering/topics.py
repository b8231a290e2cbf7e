"""What a snapshot's pages lead to: its questions by topic, each topic with an address, and their translations.

And what the words around them have to know of it: whether it is about programs, and a question to show as an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import cast
from unicodedata import east_asian_width

from flask import current_app

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.records import Record
from faqkb.server.answering.per_snapshot import PerSnapshot

EXTENSION = "faq-topics"
# Of the records, with code in the answer or an identifier in the question: 12 everyday FAQs had 0.00, 21 about programs
# 0.08 to 0.96.
_TECHNICAL_SHARE = 0.05
_IDENTIFIER = re.compile(r"[a-z]Error\b|Exception\b|\w\(\)|[A-Za-z]_[A-Za-z]|(?<!\S)--[a-z]")
_EXAMPLE_WIDTH = 48  # of a question within a search box; a sign of Chinese is as wide as two letters
_NOT_IN_ADDRESSES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Question:
    """A stored question without its answer."""

    id: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Topic:
    """The questions under one heading."""

    address: str
    """The file without its extension and the headings, e.g. `faq_2021_s1/第1期/部署`; lasts as long as these do."""
    titles: tuple[str, ...]
    """The headings, outermost first; the file's name where there is none."""
    language: str
    questions: list[Question] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Return the headings as one text."""
        return " › ".join(self.titles)


@dataclass(frozen=True, slots=True)
class Listed:
    """The questions of one snapshot, in stored order."""

    topics: dict[str, Topic] = field(default_factory=dict)
    """By their addresses."""
    by_id: dict[str, Question] = field(default_factory=dict)
    by_twin: dict[str, list[Question]] = field(default_factory=dict)
    """By `kb.language.twin_key`: a question and its translations."""
    technical: set[str] = field(default_factory=set)
    """Ids of the records that hold code or ask about an identifier."""

    @property
    def is_technical(self) -> bool:
        """Whether readers come with error messages and versions: some of the records hold code."""
        return len(self.technical) > 0 and len(self.technical) >= _TECHNICAL_SHARE * len(self.by_id)

    def example(self, language: str) -> str | None:
        """Return a stored question in a language that is short enough to stand in a search box."""
        asked = (each.text for each in self.by_id.values() if each.language == language)
        return next((text for text in asked if _width(text) <= _EXAMPLE_WIDTH), None)


NOTHING_LISTED = Listed()


class Topics(PerSnapshot[Listed]):
    """What is listed of the snapshots in use; read once for each, because it takes every record."""

    def __init__(self) -> None:
        super().__init__(lambda knowledge: grouped(knowledge.all_records()))


def topics_of(knowledge: KnowledgeBase) -> Mapping[str, Topic]:
    """Return the topics of a knowledge base as the current application remembers them."""
    return listed_of(knowledge).topics


def question_of(knowledge: KnowledgeBase, record_id: str) -> Question | None:
    """Return a stored question by its id, read from memory."""
    return listed_of(knowledge).by_id.get(record_id)


def translations_of(knowledge: KnowledgeBase, record: Record) -> list[Question]:
    """Return the same question in other languages, in stored order."""
    twins = listed_of(knowledge).by_twin[twin_key(record.id)]
    return [twin for twin in twins if twin.language != record.language]


def listed_of(knowledge: KnowledgeBase) -> Listed:
    """Return what is listed of a knowledge base."""
    return cast(Topics, current_app.extensions[EXTENSION]).of(knowledge)


def grouped(records: Iterable[Record]) -> Listed:
    """Return records by topic and by what they translate; headings that differ in signs alone share a topic."""
    listed = Listed()
    for record in records:
        address = topic_address(record)
        titles = record.section or (PurePosixPath(record.source.path).stem,)
        topic = listed.topics.setdefault(address, Topic(address, titles, record.language))
        question = Question(record.id, record.question, record.language)
        topic.questions.append(question)
        listed.by_id[record.id] = question
        listed.by_twin.setdefault(twin_key(record.id), []).append(question)
        if "<code" in record.answer_html or _IDENTIFIER.search(record.question):
            listed.technical.add(record.id)
    return listed


def topic_address(record: Record) -> str:
    """Return the address of a record's topic."""
    titles = (_NOT_IN_ADDRESSES.sub("-", title).strip("-.") for title in record.section)
    return "/".join([str(PurePosixPath(record.source.path).with_suffix("")), *filter(None, titles)])


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "FW" else 1 for char in text)
