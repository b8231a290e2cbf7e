"""What is embedded of a record: its question, its alternates, and its answer in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb.records import Record

PIECE_TOKENS = (
    180  # a piece of an answer; an embedding of more blurs (measured by `faq eval`, see docs/architecture.md)
)


class Kind(StrEnum):
    """What part of a record a passage is; it also chooses the encoder's prompt."""

    QUESTION = "question"
    ALTERNATE = "alternate"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a record that is embedded."""

    position: int
    """Position of its record in the snapshot, 0-based."""
    kind: Kind
    text: str

    @property
    def key(self) -> str:
        """What its vector depends on beside the encoder: equal keys have equal vectors."""
        return hashlib.sha256(f"{self.kind.value}\n{self.text}".encode()).hexdigest()


def passages_of(record: Record, position: int, split: Callable[[str, int], Sequence[str]]) -> Iterator[Passage]:
    """Yield the passages of a record: question, alternates, then the answer's pieces, each under its question.

    `split(text, max_tokens)` cuts a text into pieces the encoder can take whole.
    """
    yield Passage(position, Kind.QUESTION, record.question)
    for alternate in record.alternates:
        yield Passage(position, Kind.ALTERNATE, alternate)
    for piece in split(record.answer_text, PIECE_TOKENS):
        yield Passage(position, Kind.ANSWER, f"{record.question}\n{piece}")
