"""What a snapshot's pages lead to: its questions by topic, each topic with an address, and their translations.

And what the words around them have to know of it: whether it is about programs, and a question to show as an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
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
_WHOLE_LIST = 60  # questions; a longer list is read by its headings, so each shows its first ones
_FIRST = 5  # at least
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
    path: str
    """The file."""
    titles: tuple[str, ...]
    """The headings, outermost first; the file's name where there is none."""
    language: str
    questions: list[Question] = field(default_factory=list)
    """None where all of them stand below further headings."""

    @property
    def title(self) -> str:
        """Return its own heading, the innermost."""
        return self.titles[-1]


@dataclass(frozen=True, slots=True)
class Section:
    """Some questions of one topic."""

    title: str
    """The headings below the group's; empty where the questions stand right below it."""
    address: str
    questions: Sequence[Question]
    total: int
    """How many the topic has."""


@dataclass(frozen=True, slots=True)
class Group:
    """The topics below one heading."""

    title: str
    address: str
    language: str
    sections: list[Section] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step on the way to a record: a topic that it lies in."""

    title: str
    address: str


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


def crumbs_of(path: str, section: Sequence[str]) -> list[Crumb]:
    """Return the topics that lie around a section of a file, outermost first, its own as the last."""
    if not section:
        return [Crumb(PurePosixPath(path).stem, address_of(path, ()))]
    steps = {address_of(path, section[:end]): title for end, title in enumerate(section, start=1)}
    return [Crumb(title, address) for address, title in steps.items()]


def topics_below(knowledge: KnowledgeBase, topic: Topic) -> list[Topic]:
    """Return the topics under further headings below a topic's that hold questions."""
    below = topic.address + "/"
    return [each for each in topics_of(knowledge).values() if each.questions and each.address.startswith(below)]


def outlined(topics: Sequence[Topic], most: int) -> tuple[list[Group], int]:
    """Return topics below their outermost headings that differ, and how many of `most` questions are left."""
    count = sum(len(topic.questions) for topic in topics)
    first = count if count <= _WHOLE_LIST else max(_FIRST, _WHOLE_LIST // len(topics))
    level = _shared_level(topics)
    groups: dict[str, Group] = {}
    for topic in topics:
        if most <= 0:
            break
        title, *below = topic.titles[level:]
        address = address_of(topic.path, topic.titles[: level + 1]) if below else topic.address
        group = groups.setdefault(address, Group(title, address, topic.language))
        shown = topic.questions[: min(most, first)]
        group.sections.append(Section(" › ".join(below), topic.address, shown, len(topic.questions)))
        most -= len(shown)
    return list(groups.values()), max(most, 0)


def _shared_level(topics: Sequence[Topic]) -> int:
    """Return how many outermost headings all topics have in common, beside at least one of their own."""
    levels = zip(*(topic.titles[:-1] for topic in topics), strict=False)
    return sum(1 for _ in takewhile(lambda titles: len(set(titles)) == 1, levels))


def listed_of(knowledge: KnowledgeBase) -> Listed:
    """Return what is listed of a knowledge base."""
    return cast(Topics, current_app.extensions[EXTENSION]).of(knowledge)


def grouped(records: Iterable[Record]) -> Listed:
    """Return records by topic and by what they translate; headings that differ in signs alone share a topic."""
    listed = Listed()
    places: dict[tuple[str, tuple[str, ...]], Topic] = {}  # headings become addresses once, not for every record
    for record in records:
        place = (record.source.path, record.section)
        topic = places.get(place)
        if topic is None:
            topic = places[place] = _placed(listed.topics, *place, record.language)
        question = Question(record.id, record.question, record.language)
        topic.questions.append(question)
        listed.by_id[record.id] = question
        listed.by_twin.setdefault(twin_key(record.id), []).append(question)
        if "<code" in record.answer_html or _IDENTIFIER.search(record.question):
            listed.technical.add(record.id)
    return listed


def _placed(topics: dict[str, Topic], path: str, section: tuple[str, ...], language: str) -> Topic:
    """Return the topic of a section of a file; it and those around it are added where they are new."""
    for end in range(1 if section else 0, len(section) + 1):
        address, titles = address_of(path, section[:end]), section[:end] or (PurePosixPath(path).stem,)
        topic = topics.setdefault(address, Topic(address, path, titles, language))
    return topic


def address_of(path: str, section: Sequence[str]) -> str:
    """Return the address of the topic under some headings of a file."""
    titles = (_NOT_IN_ADDRESSES.sub("-", title).strip("-.") for title in section)
    return "/".join([str(PurePosixPath(path).with_suffix("")), *filter(None, titles)])


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "FW" else 1 for char in text)
