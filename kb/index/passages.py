"""What is embedded of a record: its question, its alternates, and its answer in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from faqkb.kb.records import Record

MANY_WORDINGS = 5  # from which a record is told by a classifier too (`wordings.py`)
PIECE_TOKENS = 180  # of a piece of an answer; an embedding of more blurs


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
    """Yield the passages of a record: question, the answer's pieces, each under its question, then the alternates.

    `split(text, max_tokens)` cuts a text into pieces the encoder can take whole.
    """
    yield Passage(position, Kind.QUESTION, record.question)
    for piece in split(record.answer_text, PIECE_TOKENS):
        yield Passage(position, Kind.ANSWER, f"{record.question}\n{piece}")
    for alternate in record.alternates:
        yield Passage(position, Kind.ALTERNATE, alternate)


@dataclass(frozen=True, slots=True)
class View:
    """One wording of a record that late interaction reads as a whole: question with answer, or an alternate."""

    position: int
    """Position of its record, 0-based."""
    rows: range
    """Rows of its passages."""
    key: str
    """What its token vectors depend on beside the encoder."""


def views_of(passages: Sequence[Passage]) -> Iterator[View]:
    """Yield the views of records in stored order; an alternate stands alone, all else of a record together."""
    numbered = enumerate(passages)
    for (position, _), members in groupby(
        numbered, key=lambda entry: (entry[1].position, entry[0] if entry[1].kind is Kind.ALTERNATE else -1)
    ):
        rows = [row for row, _ in members]
        keys = "\n".join(passages[row].key for row in rows)
        yield View(position, range(rows[0], rows[-1] + 1), hashlib.sha256(keys.encode()).hexdigest())
