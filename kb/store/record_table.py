"""The records of a snapshot, by position and by id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from faqkb.kb.index.sentences import Sentence
from faqkb.kb.records import Record
from faqkb.kb.store.connections import Connections
from faqkb.kb.store.rows import load_record

_SENTENCE = "start, end, first_token, end_token, header_first, header_end"
_CACHED_SOURCES = 100  # positions of files that questions name
_CACHED_RECORDS = 500  # whole records: at most 200 kB each, usually 3
_PAGE = 500  # whole records that are read at once


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of a record without reading it."""

    language: str
    twin: str
    """Equal for twins: records of one label in the same file of two language folders."""
    marks: frozenset[str]
    """Which of several opposites its question names."""


class RecordTable:
    """Reads records; a snapshot never changes, so nothing that is kept in memory goes stale."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.count = connections.count_numbered("records", "position")
        """Number of records."""
        self.at = lru_cache(_CACHED_RECORDS)(self._read)
        """Return the record at a position."""
        self.sentences_of = lru_cache(_CACHED_RECORDS)(self._read_sentences)
        """Return the sentences of the answer of the record at a position."""
        self.positions_about = lru_cache(_CACHED_SOURCES)(self._read_source)
        """Return the positions of the records of a file and its translations, by `source_key`, ascending."""

    def get(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""
        row = self._connections.row("SELECT json FROM records WHERE id = ?", record_id)
        return None if row is None else load_record(row[0])

    def all_ids(self) -> frozenset[str]:
        """Return the ids of all records."""
        return frozenset(record_id for (record_id,) in self._connections.rows("SELECT id FROM records"))

    def moved(self) -> dict[str, str]:
        """Return the successor of every id that was published once and is no more."""
        return dict(self._connections.rows("SELECT id, successor FROM moved"))

    def successor(self, record_id: str) -> Record | None:
        """Return the record that goes on what was published under an id that is no more, or None."""
        row = self._connections.row("SELECT successor FROM moved WHERE id = ?", record_id)
        return None if row is None else self.get(row[0])

    def position(self, record_id: str) -> int | None:
        """Return the position of the record of that id, or None."""
        row = self._connections.row("SELECT position FROM records WHERE id = ?", record_id)
        return None if row is None else int(row[0])

    def identities_of(self, positions: Sequence[int]) -> dict[int, Identity]:
        """Return what is known of the records at some positions, by position, ascending."""
        rows = self._connections.rows_among(
            "SELECT position, language, twin, marks FROM records WHERE position IN", positions
        )
        found = {
            position: Identity(language, twin, frozenset(marks.split())) for position, language, twin, marks in rows
        }
        if len(found) != len(set(positions)):
            raise self._connections.damaged(f"{len(found)} records at {len(set(positions))} positions")
        return found

    def derived(self) -> tuple[list[bytes], list[str]]:
        """Return digest and marks of every record, by position: what a later build has of it already."""
        rows = self._connections.rows("SELECT digest, marks FROM records ORDER BY position")
        return [digest for digest, _ in rows], [marks for _, marks in rows]

    def check_sentences(self) -> None:
        """Make sure that every sentence is of numbers: a later build takes them over. Raises SnapshotDamaged."""
        odd = " OR ".join(f"typeof({column}) != 'integer'" for column in f"position, {_SENTENCE}".split(", "))
        if self._connections.row(f"SELECT 1 FROM sentences WHERE {odd}"):
            raise self._connections.damaged("a sentence is none")

    def after(self, record_id: str | None, limit: int) -> tuple[Record, ...]:
        """Return up to `limit` records in stored order, those after `record_id` when it is given."""
        rows = self._connections.rows(
            "SELECT json FROM records WHERE position > coalesce((SELECT position FROM records WHERE id = ?), -1)"
            " ORDER BY position LIMIT ?",
            (record_id, limit),
        )
        return tuple(load_record(text) for (text,) in rows)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield id and row of every record in stored order, as `dump_record` made it, a page in memory at a time."""
        for start in range(0, self.count, _PAGE):
            yield from self._connections.rows(
                "SELECT id, json FROM records WHERE position >= ? AND position < ? ORDER BY position",
                (start, start + _PAGE),
            )

    def ids(self, start: int, limit: int) -> tuple[str, ...]:
        """Return up to `limit` record ids from a position on, in stored order."""
        rows = self._connections.rows(
            "SELECT id FROM records WHERE position >= ? ORDER BY position LIMIT ?", (start, limit)
        )
        return tuple(record_id for (record_id,) in rows)

    def positions_from(self, paths: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of the records of any of the files, by `Source.path`, ascending."""
        rows = self._connections.rows_among("SELECT position FROM records WHERE path IN", paths)
        return tuple(sorted(int(position) for (position,) in rows))

    def _read(self, position: int) -> Record:
        (text,) = self._connections.stored("SELECT json FROM records WHERE position = ?", position)
        return load_record(text)

    def _read_sentences(self, position: int) -> tuple[Sentence, ...]:
        rows = self._connections.rows(
            f"SELECT {_SENTENCE} FROM sentences WHERE position = ? ORDER BY number",
            (position,),
        )
        found = [
            Sentence(start, end, range(first, stop), range(header_first, header_end))
            for start, end, first, stop, header_first, header_end in rows
            if all(isinstance(each, int) for each in (start, end, first, stop, header_first, header_end))
        ]
        if len(found) != len(rows) or not all(own.tokens for own in found):
            raise self._connections.damaged(f"a sentence of the record at {position} is none")
        return tuple(found)

    def _read_source(self, source: str) -> tuple[int, ...]:
        rows = self._connections.rows("SELECT position FROM records WHERE source = ? ORDER BY position", (source,))
        return tuple(int(position) for (position,) in rows)
