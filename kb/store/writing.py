"""Writes `records.sqlite`: records, what was computed of their texts, checks, and the lexical index, in one file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faqkb.kb.checks import Check
from faqkb.kb.index.cohort import Baselines
from faqkb.kb.index.marks import marks_of
from faqkb.kb.index.names import names_of, source_key
from faqkb.kb.index.passages import Passage, View
from faqkb.kb.index.sentences import Sentence
from faqkb.kb.language.codes import twin_key
from faqkb.kb.records import Record
from faqkb.kb.store.filter_table import write_filters
from faqkb.kb.store.rows import dump_check, dump_record
from faqkb.kb.store.schema import SCHEMA
from faqkb.kb.text import analyse


@dataclass(frozen=True, slots=True)
class Texts:
    """The embedded texts of a snapshot with what was computed of each."""

    passages: Sequence[Passage]
    tokens: Sequence[int]
    """Number of token vectors of each passage."""
    baselines: Baselines
    """Of the passages' vectors."""
    views: Sequence[View]
    view_baselines: Baselines
    """Of the views' token vectors."""
    sentences: Sequence[Sequence[Sentence]]
    """Of each record's answer."""
    cohort: Sequence[Passage]
    cohort_tokens: Sequence[int]
    """Number of token vectors of each cohort question."""


def build_store(records: Sequence[Record], texts: Texts, checks: Sequence[Check] = ()) -> bytes:
    """Return the content of `records.sqlite`; the same records give the same bytes."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(SCHEMA)
        _write_records(connection, records)
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


def _write_records(connection: sqlite3.Connection, records: Sequence[Record]) -> None:
    words = [analyse(_searched_text(record)) for record in records]
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
    connection.executemany(
        "INSERT INTO words (rowid, text) VALUES (?, ?)",
        ((position, " ".join(own)) for position, own in enumerate(words)),
    )
    connection.executemany("INSERT INTO names VALUES (?, ?)", names_of(words, sources))
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def _write_texts(connection: sqlite3.Connection, texts: Texts) -> None:
    connection.executemany(
        "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (row, entry.position, entry.kind.value, entry.text, entry.key, tokens, *baseline)
            for row, (entry, tokens, baseline) in enumerate(
                zip(texts.passages, texts.tokens, texts.baselines.tolist(), strict=True)
            )
        ),
    )
    connection.executemany(
        "INSERT INTO views VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (number, view.position, view.key, view.rows.start, *baseline)
            for number, (view, baseline) in enumerate(zip(texts.views, texts.view_baselines.tolist(), strict=True))
        ),
    )
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


def _searched_text(record: Record) -> str:
    return "\n".join((record.question, *record.alternates, record.answer_text))
