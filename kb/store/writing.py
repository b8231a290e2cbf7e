"""Writes `records.sqlite`: records, checks, the texts that are embedded, and the words of the lexical index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from faqkb.kb.checks import Check
from faqkb.kb.index.marks import marks_of
from faqkb.kb.index.names import names_of, source_key
from faqkb.kb.index.passages import Passage, View
from faqkb.kb.index.postings import Entry
from faqkb.kb.index.sentences import Sentence
from faqkb.kb.language.codes import twin_key
from faqkb.kb.records import Record
from faqkb.kb.store.filter_table import write_filters
from faqkb.kb.store.rows import dump_check, dump_record
from faqkb.kb.store.schema import SCHEMA


@dataclass(frozen=True, slots=True)
class Texts:
    """The embedded texts of a snapshot, and what is found in them."""

    passages: Sequence[Passage]
    views: Sequence[View]
    sentences: Sequence[Sequence[Sentence]]
    """Of each record's answer."""
    cohort: Sequence[Passage]
    cohort_tokens: Sequence[int]
    """Number of token vectors of each cohort question."""
    words: Sequence[Sequence[str]]
    """Of each record."""
    entries: Mapping[str, Entry]
    """Where the postings of each word lie."""


def build_store(records: Sequence[Record], texts: Texts, checks: Sequence[Check] = ()) -> bytes:
    """Return the content of `records.sqlite`; the same records give the same bytes."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(SCHEMA)
        _write_records(connection, records, texts.words)
        _write_words(connection, texts.entries)
        _write_texts(connection, texts)
        _write_cohort(connection, texts)
        connection.executemany(
            "INSERT INTO checks VALUES (?, ?, ?)",
            ((check.id, dump_check(check), check.script) for check in checks),
        )
        connection.commit()
        return connection.serialize()
    finally:
        connection.close()


def _write_records(connection: sqlite3.Connection, records: Sequence[Record], words: Sequence[Sequence[str]]) -> None:
    sources = [source_key(record.source.path) for record in records]
    connection.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                position,
                record.id,
                record.language,
                twin,
                _marks(record),
                record.source.path,
                source,
                dump_record(record),
            )
            for position, (record, twin, source) in enumerate(zip(records, twins(records), sources, strict=True))
        ),
    )
    write_filters(connection, records)
    connection.executemany("INSERT INTO names VALUES (?, ?)", names_of(words, sources))


def _write_words(connection: sqlite3.Connection, entries: Mapping[str, Entry]) -> None:
    connection.executemany(
        "INSERT INTO words VALUES (?, ?, ?, ?)",
        ((word, entry.first, entry.records, entry.most) for word, entry in entries.items()),
    )


def _write_texts(connection: sqlite3.Connection, texts: Texts) -> None:
    connection.executemany(
        "INSERT INTO passages VALUES (?, ?, ?, ?)",
        ((row, entry.kind.value, entry.text, entry.key) for row, entry in enumerate(texts.passages)),
    )
    connection.executemany("INSERT INTO views VALUES (?, ?)", ((at, view.key) for at, view in enumerate(texts.views)))
    connection.executemany(
        "INSERT INTO sentences (position, start, end, first_token, end_token, header_first, header_end)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                position,
                each.start,
                each.end,
                each.tokens.start,
                each.tokens.stop,
                each.header.start,
                each.header.stop,
            )
            for position, own in enumerate(texts.sentences)
            for each in own
        ),
    )


def _write_cohort(connection: sqlite3.Connection, texts: Texts) -> None:
    connection.executemany(
        "INSERT INTO cohort VALUES (?, ?, ?)",
        (
            (row, entry.key, tokens)
            for row, (entry, tokens) in enumerate(zip(texts.cohort, texts.cohort_tokens, strict=True))
        ),
    )


def twins(records: Sequence[Record]) -> Iterator[str]:
    """Yield each record's twin key; a second record in the same language is no translation and stands alone."""
    taken: set[tuple[str, str]] = set()
    for record in records:
        twin = twin_key(record.id)
        yield record.id if (twin, record.language) in taken else twin
        taken.add((twin, record.language))


def _marks(record: Record) -> str:
    return " ".join(sorted(marks_of("\n".join((record.question, *record.alternates)))))
