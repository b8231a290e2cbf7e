"""Writes `records.sqlite`: records, checks, the texts that are embedded, and the words of the lexical index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from faqkb.kb.checks import Check
from faqkb.kb.index.names import names_of, source_key
from faqkb.kb.index.postings import Entry, Occurrences
from faqkb.kb.language.codes import twin_key
from faqkb.kb.records import Record
from faqkb.kb.store.filter_table import write_filters
from faqkb.kb.store.rows import dump_check, dump_record
from faqkb.kb.store.schema import SCHEMA

PassageRow = tuple[str, str, str]
"""Kind, text and key of an embedded text."""
SentenceRow = tuple[int, int, int, int, int, int]
"""Start, end, first and end token, first and end token of the headings above."""


_NONE_MOVED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Texts:
    """What was worked out of some records, in their order."""

    digests: Sequence[bytes]
    """What all of this depends on, of each record."""
    marks: Sequence[str]
    """Of each record."""
    passages: Sequence[PassageRow]
    view_keys: Sequence[str]
    sentences: Sequence[Sequence[SentenceRow]]
    """Of each record's answer."""
    cohort: Sequence[tuple[str, int]]
    """Key and number of token vectors of each cohort question."""
    words: Occurrences
    entries: Mapping[str, Entry]
    """Where the postings of each word lie."""


def build_store(
    records: Sequence[Record], texts: Texts, checks: Sequence[Check] = (), moved: Mapping[str, str] = _NONE_MOVED
) -> bytes:
    """Return the content of `records.sqlite`; the same arguments give the same bytes.

    `moved` has the successor of each id that was published once and is no more.
    """
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(SCHEMA)
        _write_records(connection, records, texts)
        _write_words(connection, texts.entries)
        _write_texts(connection, texts)
        connection.executemany(
            "INSERT INTO checks VALUES (?, ?, ?)",
            ((check.id, dump_check(check), check.script) for check in checks),
        )
        connection.executemany("INSERT INTO moved VALUES (?, ?)", sorted(moved.items()))
        connection.commit()
        return connection.serialize()
    finally:
        connection.close()


def _write_records(connection: sqlite3.Connection, records: Sequence[Record], texts: Texts) -> None:
    sources = [source_key(record.source.path) for record in records]
    derived = zip(twins(records), texts.marks, sources, texts.digests, strict=True)
    connection.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (at, record.id, record.language, twin, marks, record.source.path, source, digest, dump_record(record))
            for at, (record, (twin, marks, source, digest)) in enumerate(zip(records, derived, strict=True))
        ),
    )
    write_filters(connection, records)
    connection.executemany("INSERT INTO names VALUES (?, ?)", names_of(texts.words, sources))


def _write_words(connection: sqlite3.Connection, entries: Mapping[str, Entry]) -> None:
    connection.executemany(
        "INSERT INTO words VALUES (?, ?, ?, ?)",
        ((word, entry.first, entry.records, entry.most) for word, entry in entries.items()),
    )


def _write_texts(connection: sqlite3.Connection, texts: Texts) -> None:
    connection.executemany(
        "INSERT INTO passages VALUES (?, ?, ?, ?)", ((row, *entry) for row, entry in enumerate(texts.passages))
    )
    connection.executemany("INSERT INTO views VALUES (?, ?)", enumerate(texts.view_keys))
    connection.executemany(
        "INSERT INTO sentences (position, start, end, first_token, end_token, header_first, header_end)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((position, *sentence) for position, own in enumerate(texts.sentences) for sentence in own),
    )
    connection.executemany("INSERT INTO cohort VALUES (?, ?, ?)", ((row, *own) for row, own in enumerate(texts.cohort)))


def twins(records: Sequence[Record]) -> Iterator[str]:
    """Yield each record's twin key; a second record in the same language is no translation and stands alone."""
    taken: set[tuple[str, str]] = set()
    for record in records:
        twin = twin_key(record.id)
        yield record.id if (twin, record.language) in taken else twin
        taken.add((twin, record.language))
