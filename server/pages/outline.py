"""The topics as the start page shows them: under what they have in common, each by its own last headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from faqkb.server.answering.topics import Question, Topic, address_of

_WHOLE_LIST = 60  # questions; a longer list is read by its headings, so each shows its first ones
_FIRST = 5  # at least


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
