"""Which records a filter lets through: as positions, found by indexes alone."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from faqkb.kb.language.codes import language_of_tag
from faqkb.kb.records import Filter, Record
from faqkb.kb.store.connections import Connections

_CACHED = 16  # filters whose positions are kept in memory: 4 MB each where they let a million records through
_AFTER_SLASH = chr(ord("/") + 1)
ANY_VERSION = ""
"""In the place of its versions, of a record that names none."""


class FilterTable:
    """Reads tags, languages, paths, sections and versions; a snapshot never changes, so what is kept stays true."""

    def __init__(self, connections: Connections, count: int) -> None:
        """Take the number of records, which positions are below."""
        self._connections = connections
        self._count = count
        self.positions = lru_cache(_CACHED)(self._read)
        """Return the positions of the records that a filter lets through, ascending; one that says something."""

    def passes(self, position: int, wanted: Filter) -> bool:
        """Say whether a filter lets the record at a position through."""
        return not wanted or holds(self.positions(wanted), position)

    def _read(self, wanted: Filter) -> Sequence[int]:
        selections = list(_selections(wanted))
        statement = " INTERSECT ".join(statement for statement, _ in selections)
        values = [value for _, own in selections for value in own]
        rows = self._connections.rows(f"{statement} ORDER BY position", values)
        try:
            found = array("i", (position for (position,) in rows))
        except (TypeError, OverflowError) as error:
            raise self._connections.damaged(error) from error
        if found and not 0 <= found[0] <= found[-1] < self._count:
            raise self._connections.damaged(f"a filter leads to the record at {found[-1]} of {self._count}")
        return found


def write_filters(connection: sqlite3.Connection, records: Sequence[Record]) -> None:
    """Write the rows that filters are read from, but for those of the table of records."""
    for table, values_of in (("tags", _tags), ("sections", sections_of), ("versions", versions_of)):
        connection.executemany(
            f"INSERT INTO {table} VALUES (?, ?)",
            (
                (value, position)
                for position, record in enumerate(records)
                for value in dict.fromkeys(values_of(record))
            ),
        )


def holds(positions: Sequence[int], position: int) -> bool:
    """Say whether a position is among others that are ascending."""
    at = bisect_left(positions, position)
    return at < len(positions) and positions[at] == position


def _tags(record: Record) -> Sequence[str]:
    return record.tags


def sections_of(record: Record) -> Sequence[str]:
    """Return the headings above a record, as filters name them."""
    return [folded(heading) for heading in record.section]


def versions_of(record: Record) -> Sequence[str]:
    """Return the versions that a record is of, as filters name them."""
    return [folded(version) for version in record.versions] or [ANY_VERSION]


def folded(text: str) -> str:
    """Return a heading or a version as it is compared: in capitals or not, with any blanks."""
    return " ".join(text.casefold().split())


def _selections(wanted: Filter) -> Iterator[tuple[str, list[str]]]:
    """Yield a statement for each part that says something, and the values of its places."""
    if wanted.tags:
        yield _among("tags", "tag", wanted.tags)
    if wanted.languages:
        yield _among("records", "language", [language_of_tag(each) or each.casefold() for each in wanted.languages])
    if wanted.paths:
        yield _below(wanted.paths)
    if wanted.sections:
        yield _among("sections", "section", map(folded, wanted.sections))
    if wanted.versions:
        yield _among("versions", "version", [ANY_VERSION, *map(folded, wanted.versions)])


def _among(table: str, column: str, values: Iterable[str]) -> tuple[str, list[str]]:
    distinct = list(dict.fromkeys(values))
    places = ", ".join("?" * len(distinct))
    return f"SELECT DISTINCT position FROM {table} WHERE {column} IN ({places})", distinct


def _below(paths: Sequence[str]) -> tuple[str, list[str]]:
    """Select the files of those paths, and those below folders of those paths: a range of names, and no pattern."""
    conditions, values = [], []
    for path in paths:
        folder = path.rstrip("/")
        if folder == path:
            conditions.append("path = ?")
            values.append(path)
        conditions.append("path >= ? AND path < ?")
        values += [f"{folder}/", f"{folder}{_AFTER_SLASH}"]
    return f"SELECT position FROM records WHERE {' OR '.join(conditions)}", values
