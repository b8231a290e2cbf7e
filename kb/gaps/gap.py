"""A gap: questions that ask the same in vain, what came nearest, and what could be done about it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from faqkb.kb.feedback.questions import folded
from faqkb.kb.gaps.missed import Missed

ALTS = 5  # wordings of one gap that become other words of a record; a record has a handful
ALT_CHARS = 200  # of one; what is longer is a paste and no question
_REDACTED = re.compile(r"\[(?:email|secret|account|phone|user)\]")


class Remedy(StrEnum):
    """What could be done about a gap."""

    ALT = "alt"
    """Its wordings become other words of a record, which probably answers it."""
    NEW = "new"
    """A new question is to be answered."""


@dataclass(frozen=True, slots=True)
class Near:
    """A record that came near to a gap."""

    id: str
    question: str
    confidence: float
    """Mean over the gap's wordings by their weight, 0..1."""
    chosen: int
    """How often readers opened it, or found it helpful, after asking."""
    against: int
    """How often readers voted against it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask the same."""

    wordings: tuple[Missed, ...]
    """The most central first, then by weight."""
    nearest: tuple[Near, ...]
    """Records, the likeliest first."""
    remedy: Remedy
    record_id: str | None
    """Of the record that the wordings are suggested for; None of a new question."""

    @property
    def question(self) -> str:
        """The most central wording."""
        return self.wordings[0].question

    @property
    def id(self) -> str:
        """Names the gap as long as its most central wording is the same."""
        return digest_of(self.question)

    @property
    def weight(self) -> float:
        """How often and how lately it was missed."""
        return sum(wording.weight for wording in self.wordings)

    @property
    def alternates(self) -> tuple[str, ...]:
        """The wordings that may stand beside a record's question: the central one, then the weightiest.

        Long pastes are none, and neither is what was redacted.
        """
        told = (wording.question for wording in self.wordings)
        return tuple(text for text in told if len(text) <= ALT_CHARS and not _REDACTED.search(text))[:ALTS]

    @property
    def digests(self) -> frozenset[str]:
        """What it was or will be called, with other central wordings."""
        return frozenset(digest_of(wording.question) for wording in self.wordings)


def digest_of(question: str) -> str:
    """Return the name of a question, eight hexadecimal digits; the same in whatever case it is asked."""
    return hashlib.sha256(folded(question).encode("utf-8", "surrogatepass")).hexdigest()[:8]
