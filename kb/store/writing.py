"""Writes `records.sqlite`: records, checks, the texts that are embedded, and the words of the lexical index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.checks import Check
from faqkb.kb.foreign.database import distrust
from faqkb.kb.index.names import names_of, source_key
from faqkb.kb.index.postings import Entry, Occurrences
from faqkb.kb.language.codes import twin_key
from faqkb.kb.records import Record
from faqkb.kb.store.filter_table import write_filters
from faqkb.kb.store.rows import dump_check, dump_record
from faqkb.kb.store.schema import INDEXES, TABLES

PassageRow = tuple[str, str, str]
"""Kind, text and key of an embedded text."""
SentenceRow = tuple[int, int, int, int, int, int]
"""Start, end, first and end token, first and end token of the headings above."""


_SENTENCE = "start, end, first_token, end_token, header_first, header_end"
_NONE_MOVED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class NewTexts:
    """The texts of one record that is new."""

    position: int
    passages: Sequence[PassageRow]
    view_keys: Sequence[str]
    sentences: Sequence[SentenceRow]
    """Of its answer."""


@dataclass(frozen=True, slots=True)
class KeptTexts:
    """The texts of records that stand one after the other as they did in an earlier file: its rows are copied."""

    position: int
    """Of the first."""
    before: range
    """Their positions there."""
    rows: range
    """Of their passages there."""
    views: range
    """There."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What was worked out of some records, in their order."""

    digests: Sequence[bytes]
    """What all of this depends on, of each record."""
    marks: Sequence[str]
    """Of each record."""
    parts: Sequence[NewTexts | KeptTexts]
    """All texts, record by record."""
    earlier: Path | None
    """The file that kept ones are in; its sha256, and what its rows hold, was checked."""
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
    connection = sqlite3.connect(":memory:", uri=True)
    try:
        if texts.earlier:
            distrust(connection)
            connection.execute("ATTACH ? AS earlier", (f"{texts.earlier.absolute().as_uri()}?mode=ro&immutable=1",))
        connection.executescript(TABLES)
        _write_records(connection, records, texts)
        _write_words(connection, texts.entries)
        _write_texts(connection, texts)
        connection.executemany(
            "INSERT INTO checks VALUES (?, ?, ?)",
            ((check.id, dump_check(check), check.script) for check in checks),
        )
        connection.executemany("INSERT INTO moved VALUES (?, ?)", sorted(moved.items()))
        connection.executescript(INDEXES)
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


_COPIED = {
    "passages": "INSERT INTO passages SELECT row + ?, kind, text, key FROM earlier.passages"
    " WHERE row >= ? AND row < ? ORDER BY row",
    "views": "INSERT INTO views SELECT number + ?, key FROM earlier.views"
    " WHERE number >= ? AND number < ? ORDER BY number",
    "sentences": f"INSERT INTO sentences (position, {_SENTENCE}) SELECT position + ?, {_SENTENCE}"
    " FROM earlier.sentences WHERE position >= ? AND position < ? ORDER BY position, number",
}
"""Rows of an earlier file, moved; of a range of passages, views or records."""


def _write_texts(connection: sqlite3.Connection, texts: Texts) -> None:
    """Write table by table, each in its order: so the bytes do not tell which rows were copied."""
    row = number = 0
    for part in texts.parts:
        if isinstance(part, KeptTexts):
            _copy(connection, "passages", row, part.rows)
            row += len(part.rows)
        else:
            rows = ((row + at, *entry) for at, entry in enumerate(part.passages))
            connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?)", rows)
            row += len(part.passages)
    for part in texts.parts:
        if isinstance(part, KeptTexts):
            _copy(connection, "views", number, part.views)
            number += len(part.views)
        else:
            connection.executemany("INSERT INTO views VALUES (?, ?)", enumerate(part.view_keys, number))
            number += len(part.view_keys)
    for part in texts.parts:
        if isinstance(part, KeptTexts):
            _copy(connection, "sentences", part.position, part.before)
        else:
            own = ((part.position, *sentence) for sentence in part.sentences)
            connection.executemany(f"INSERT INTO sentences (position, {_SENTENCE}) VALUES (?, ?, ?, ?, ?, ?, ?)", own)
    connection.executemany("INSERT INTO cohort VALUES (?, ?, ?)", ((row, *own) for row, own in enumerate(texts.cohort)))


def _copy(connection: sqlite3.Connection, table: str, first: int, there: range) -> None:
    """Copy the rows of a range in the earlier file, so that the first of them becomes `first`."""
    connection.execute(_COPIED[table], (first - there.start, there.start, there.stop))


def twins(records: Sequence[Record]) -> Iterator[str]:
    """Yield each record's twin key; a second record in the same language is no translation and stands alone."""
    taken: set[tuple[str, str]] = set()
    for record in records:
        twin = twin_key(record.id)
        yield record.id if (twin, record.language) in taken else twin
        taken.add((twin, record.language))
