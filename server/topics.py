"""Topics: the stored questions under one heading, each with an address of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from threading import Lock
from typing import cast

from flask import current_app

from kb.knowledge import KnowledgeBase
from kb.records import Record

EXTENSION = "faq-topics"
_NOT_IN_ADDRESSES = re.compile(r"[^\w.-]+")
_KEPT = 2  # snapshots: the live one, and the one before it while its last requests end


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


class Topics:
    """The topics of the snapshots in use; read once for each, because it takes every record."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_snapshot: dict[str, Mapping[str, Topic]] = {}

    def of(self, knowledge: KnowledgeBase) -> Mapping[str, Topic]:
        """Return the topics of a knowledge base by their addresses, in stored order."""
        known = self._by_snapshot.get(knowledge.name)
        if known is None:
            known = grouped(knowledge.all_records())  # not under the lock: readers of the live snapshot never wait
            with self._lock:
                self._by_snapshot[knowledge.name] = known
                for name in list(self._by_snapshot)[:-_KEPT]:
                    del self._by_snapshot[name]
        return known


def topics_of(knowledge: KnowledgeBase) -> Mapping[str, Topic]:
    """Return the topics of a knowledge base as the current application remembers them."""
    return cast(Topics, current_app.extensions[EXTENSION]).of(knowledge)


def grouped(records: Iterable[Record]) -> dict[str, Topic]:
    """Return records by topic; headings that differ in signs alone share one."""
    topics: dict[str, Topic] = {}
    for record in records:
        address = topic_address(record)
        titles = record.section or (PurePosixPath(record.source.path).stem,)
        topic = topics.setdefault(address, Topic(address, titles, record.language))
        topic.questions.append(Question(record.id, record.question, record.language))
    return topics


def topic_address(record: Record) -> str:
    """Return the address of a record's topic."""
    titles = (_NOT_IN_ADDRESSES.sub("-", title).strip("-.") for title in record.section)
    return "/".join([str(PurePosixPath(record.source.path).with_suffix("")), *filter(None, titles)])
