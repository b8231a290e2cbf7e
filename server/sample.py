"""The stored records that the examples of every protocol show: those of the served knowledge base itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from faqkb.kb.checks import CheckLink
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record, Source

_LOOKED_AT = 200  # records, from which the one to show is taken
_ANSWER_CHARS = 600  # of an answer that still fits an example
TOKEN = "WzE3OTM4NjU2MDAsIm4wbmNlIl0.c2lnbmF0dXJl"
UNANSWERED = "how far away is the moon?"
# Of a knowledge base that holds nothing yet.
_NOTHING_STORED = Record(
    id="faq/opening-hours",
    question="When are you open?",
    answer="Monday to Friday from 9 to 17.",
    answer_text="Monday to Friday from 9 to 17.",
    answer_html="<p>Monday to Friday from 9 to 17.</p>",
    source=Source("faq.md", 3),
    language="en",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the examples are made of."""

    record: Record
    other: Record
    """Another one; the same where there is no other."""
    checks: tuple[CheckLink, ...]
    """Of the record."""
    snapshot: str
    count: int
    """Records stored."""
    root: str = ""
    """What the paths begin with, where the application lies below one: `/kb/docs`."""

    @property
    def asked(self) -> str:
        """The question in other words, where such are stored."""
        return next(iter(self.record.alternates), self.record.question)

    @property
    def typed(self) -> str:
        """The beginning of the question."""
        return self.record.question[:8].rstrip()

    @property
    def sentence(self) -> str:
        """The beginning of the answer, as plain text."""
        return self.record.answer_text.partition("\n")[0]

    @property
    def url(self) -> str:
        """Path of the record's page."""
        return f"{self.root}/q/{self.record.id}"

    @property
    def check_entries(self) -> list[dict[str, Any]]:
        """What an answer lists of the checks."""
        entries = [check.to_json() for check in self.checks]
        return [entry | {"url": f"{self.root}{entry['url']}"} for entry in entries]

    @property
    def follow_ups(self) -> list[dict[str, Any]]:
        """What a reader may do or ask next."""
        checks = [
            {"kind": "check", "id": entry["id"], "text": entry["title"], "url": entry["url"]}
            for entry in self.check_entries
        ]
        other = self.other
        return [*checks, {"kind": "topic", "id": other.id, "text": other.question, "url": f"{self.root}/q/{other.id}"}]


NO_SAMPLE = Sample(_NOTHING_STORED, _NOTHING_STORED, (), "20261105T080000Z-3f9c0d5e7a1b", 1)
"""Of no knowledge base."""


def sample_of(knowledge: KnowledgeBase, root: str = "") -> Sample:
    """Return what the examples show: a short answer, with a check and in English where there is one.

    Its paths begin with `root`.
    """
    records = list(islice(knowledge.all_records(), _LOOKED_AT)) or [_NOTHING_STORED]
    record = max(records, key=_telling)  # the first of the best ones
    other = next((each for each in records if each.language == record.language and each != record), record)
    return Sample(record, other, knowledge.checks_of(record), knowledge.name, knowledge.record_count, root)


def _telling(record: Record) -> tuple[bool, bool, bool, bool]:
    """Return how well a record shows what a reply holds; the reference itself is in English."""
    return (
        len(record.answer) <= _ANSWER_CHARS,
        bool(record.checks),
        record.language == "en",
        bool(record.alternates),
    )
