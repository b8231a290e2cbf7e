"""What answering reads of a snapshot's records, wherever they lie: in `records.sqlite`, or in Milvus (`kb/milvus/`).

Every method may be called from any number of threads, and raises SnapshotDamaged or MilvusAway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from faqkb.kb.checks import Check, CheckLink, Signature
from faqkb.kb.index.passages import Kind
from faqkb.kb.index.postings import Mask
from faqkb.kb.index.sentences import Sentence
from faqkb.kb.records import Filter, Record
from faqkb.kb.store.record_table import Identity
from faqkb.kb.store.word_table import WordMatch


class RecordReader(Protocol):
    """The records, by position and by id: `RecordTable` says what each method returns."""

    count: int

    def at(self, position: int, /) -> Record:
        """Return the record at a position."""

    def get(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""

    def position(self, record_id: str) -> int | None:
        """Return the position of the record of that id, or None."""

    def moved(self) -> dict[str, str]:
        """Return the successor of every id that was published once and is no more."""

    def successor(self, record_id: str) -> Record | None:
        """Return the record that goes on what was published under an id that is no more, or None."""

    def sentences_of(self, position: int, /) -> tuple[Sentence, ...]:
        """Return the sentences of the answer of the record at a position."""

    def identities_of(self, positions: Sequence[int]) -> dict[int, Identity]:
        """Return what is known of the records at some positions, by position, ascending."""

    def positions_about(self, source: str, /) -> tuple[int, ...]:
        """Return the positions of the records of a file and its translations, by `source_key`, ascending."""

    def positions_from(self, paths: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of the records of any of the files, by `Source.path`, ascending."""

    def after(self, record_id: str | None, limit: int) -> tuple[Record, ...]:
        """Return up to `limit` records in stored order, those after `record_id` when it is given."""

    def ids(self, start: int, limit: int) -> tuple[str, ...]:
        """Return up to `limit` record ids from a position on, in stored order."""


class FilterReader(Protocol):
    """Which records a filter lets through."""

    def positions(self, wanted: Filter, /) -> Sequence[int]:
        """Return the positions of the records that a filter lets through, ascending; one that says something."""

    def passes(self, position: int, wanted: Filter) -> bool:
        """Say whether a filter lets the record at a position through."""


class PassageReader(Protocol):
    """The embedded texts, by the rows of the vector index."""

    count: int

    def text(self, row: int, /) -> str:
        """Return the text of the passage of an index row."""

    def kind(self, row: int, /) -> Kind:
        """Return what part of its record the passage of an index row is."""


class CheckReader(Protocol):
    """The check scripts."""

    signatures: tuple[Signature, ...]

    def all(self) -> tuple[Check, ...]:
        """Return the stored checks, by id."""

    def get(self, check_id: str) -> Check | None:
        """Return the check of that id, or None."""

    def link(self, check_id: str, /) -> CheckLink | None:
        """Return what answers say of the check of that id, or None."""


class WordReader(Protocol):
    """The lexical index: `WordTable` says what each method returns."""

    def records_with(self, word: str) -> int:
        """Return in how many records a word occurs."""

    def holds(self, position: int, word: str) -> bool:
        """Return whether the record at a position holds a word."""

    def named_by(self, word: str) -> str | None:
        """Return which file a word names, empty for the whole knowledge base; None: it is no name."""

    def match(self, words: Sequence[str], limit: int, allowed: Mask | None = None) -> tuple[WordMatch, ...]:
        """Return the records that hold any of the words, best BM25 first; only those of `allowed` when it is given."""

    def close(self) -> None:
        """Let go of files and memory."""


class StoreReader(Protocol):
    """All of it."""

    @property
    def records(self) -> RecordReader:
        """The records."""

    @property
    def filters(self) -> FilterReader:
        """Which records a filter lets through."""

    @property
    def passages(self) -> PassageReader:
        """The embedded texts."""

    @property
    def checks(self) -> CheckReader:
        """The check scripts."""

    def close(self) -> None:
        """Let go of files and connections."""
