"""Records, passages and the lexical index of one snapshot, in one read-only SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.cohort import LANGUAGES, Baselines
from kb.errors import SnapshotDamaged
from kb.language import detect_language, twin_key
from kb.passages import Passage
from kb.records import Record, Source
from kb.text import analyse

_SCHEMA = """
CREATE TABLE records (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL, twin TEXT NOT NULL, json TEXT NOT NULL
);
CREATE TABLE tags (tag TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (tag, position)) WITHOUT ROWID;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, position INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, key TEXT NOT NULL,
    baseline_zh REAL NOT NULL, baseline_en REAL NOT NULL, baseline_any REAL NOT NULL
);
CREATE TABLE cohort (row INTEGER PRIMARY KEY, language TEXT NOT NULL, key TEXT NOT NULL);
CREATE INDEX passages_position ON passages (position);
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = "unicode61 remove_diacritics 0 tokenchars '_.-/:+#'");
CREATE VIRTUAL TABLE word_counts USING fts5vocab (words, row);
"""
# FTS5's own tokenizer only has to split at spaces: every character that `kb.text.analyse` leaves in a word is a token
# character here, so index and query agree on what a word is.
_CACHED = 2_000  # word sets, passages, identities kept in memory: at most 10 kB each
_CACHED_RECORDS = 500  # whole records: at most 200 kB each, usually 3
_BOUND_VALUES = 500  # parameters of one statement; SQLite's own limit is 32,766


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells twins apart: records of one label in the same file of two language folders."""

    language: str
    twin: str
    """Equal for twins."""


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A record that holds words of a query."""

    position: int
    score: float
    """BM25 (k1 1.2, b 0.75, FTS5's), higher is better."""


def build_store(
    records: Sequence[Record], passages: Sequence[Passage], baselines: Baselines, cohort: Sequence[Passage] = ()
) -> bytes:
    """Return the content of `records.sqlite`; the same records give the same bytes."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?)",
            (
                (position, record.id, record.language, twin, _dump(record))
                for position, (record, twin) in enumerate(zip(records, _twins(records), strict=True))
            ),
        )
        connection.executemany(
            "INSERT INTO tags VALUES (?, ?)",
            ((tag, position) for position, record in enumerate(records) for tag in dict.fromkeys(record.tags)),
        )
        connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (row, entry.position, entry.kind.value, entry.text, entry.key, *baseline)
                for row, (entry, baseline) in enumerate(zip(passages, baselines.tolist(), strict=True))
            ),
        )
        connection.executemany(
            "INSERT INTO cohort VALUES (?, ?, ?)",
            ((row, detect_language(entry.text), entry.key) for row, entry in enumerate(cohort)),
        )
        connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            ((position, " ".join(analyse(_searched_text(record)))) for position, record in enumerate(records)),
        )
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        connection.commit()
        return connection.serialize()
    finally:
        connection.close()


def _twins(records: Sequence[Record]) -> Iterator[str]:
    """Yield each record's twin key; a second record in the same language is no translation and stands alone."""
    taken: set[tuple[str, str]] = set()
    for record in records:
        twin = twin_key(record.id)
        yield record.id if (twin, record.language) in taken else twin
        taken.add((twin, record.language))


def _searched_text(record: Record) -> str:
    return "\n".join((record.question, *record.alternates, record.answer_text))


def _dump(record: Record) -> str:
    return json.dumps(record.to_json(), ensure_ascii=False, separators=(",", ":"))


def _load(text: str) -> Record:
    fields = json.loads(text)
    fields["source"] = Source(**fields["source"])
    for name in ("alternates", "section", "tags", "checks"):
        fields[name] = tuple(fields[name])
    return Record(**fields)


class Store:
    """An opened `records.sqlite`; any number of threads may read it."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        # What the same few records give again and again; a snapshot never changes, so nothing goes stale.
        self.record_at = lru_cache(_CACHED_RECORDS)(self._read_record)
        """Return the record at a position."""
        self.identity_of = lru_cache(_CACHED)(self._read_identity)
        """Return language and twin key of the record at a position."""
        self.words_of = lru_cache(_CACHED)(self._read_words)
        """Return the words of the record at a position."""
        self.records_with = lru_cache(_CACHED)(self._count_records)
        """Return in how many records a word occurs."""
        self.passage_text = lru_cache(_CACHED)(self._read_passage_text)
        """Return the text of the passage of an index row."""
        try:
            self.record_count = self._count("records")
            self._positions = self._passage_positions()
            self._first_rows = np.searchsorted(self._positions, np.arange(self.record_count + 1)).tolist()
            self.baselines = self._passage_baselines()
        except sqlite3.Error as error:
            self.close()
            raise SnapshotDamaged(f"{path}: cannot be read ({error}); run `faq ingest` to build it again") from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
            self._local.connection = connection
            with self._lock:
                self._opened.append(connection)
        return connection

    def _count(self, table: str) -> int:
        row = self._connection().execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0])

    def _passage_positions(self) -> npt.NDArray[np.int64]:
        """Return the record position of every passage row; ascending, since passages are stored record by record."""
        rows = self._connection().execute("SELECT position FROM passages ORDER BY row")
        return np.fromiter((position for (position,) in rows), dtype=np.int64)

    def _passage_baselines(self) -> Baselines:
        """Return what unrelated questions score against each passage, shape (passages, languages)."""
        rows = self._connection().execute("SELECT baseline_zh, baseline_en, baseline_any FROM passages ORDER BY row")
        return np.array(rows.fetchall(), dtype=np.float32).reshape(-1, len(LANGUAGES))

    def cohort_languages(self) -> tuple[str, ...]:
        """Return the language of each cohort question, by row."""
        return tuple(row for (row,) in self._connection().execute("SELECT language FROM cohort ORDER BY row"))

    @property
    def passage_count(self) -> int:
        """Number of passages."""
        return len(self._positions)

    def record(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""
        row = self._connection().execute("SELECT json FROM records WHERE id = ?", (record_id,)).fetchone()
        return None if row is None else _load(row[0])

    def _read_record(self, position: int) -> Record:
        (text,) = self._connection().execute("SELECT json FROM records WHERE position = ?", (position,)).fetchone()
        return _load(text)

    def records_after(self, record_id: str | None, limit: int) -> tuple[Record, ...]:
        """Return up to `limit` records in stored order, those after `record_id` when it is given."""
        rows = self._connection().execute(
            "SELECT json FROM records WHERE position > coalesce((SELECT position FROM records WHERE id = ?), -1)"
            " ORDER BY position LIMIT ?",
            (record_id, limit),
        )
        return tuple(_load(text) for (text,) in rows)

    def positions_tagged(self, tags: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of the records that carry any of the tags, ascending."""
        rows = self._select("SELECT DISTINCT position FROM tags WHERE tag IN", tags)
        return tuple(sorted(int(position) for (position,) in rows))

    def _read_identity(self, position: int) -> Identity:
        row = self._connection().execute("SELECT language, twin FROM records WHERE position = ?", (position,))
        return Identity(*row.fetchone())

    def _read_passage_text(self, row: int) -> str:
        (text,) = self._connection().execute("SELECT text FROM passages WHERE row = ?", (row,)).fetchone()
        return str(text)

    def rows_of(self, position: int) -> range:
        """Return the index rows of a record's passages."""
        return range(self._first_rows[position], self._first_rows[position + 1])

    def position_of(self, row: int) -> int:
        """Return the position of the record that a passage belongs to."""
        return int(self._positions[row])

    def passage_keys(self) -> tuple[str, ...]:
        """Return the key of each passage, by row: which vectors an earlier snapshot already has."""
        return tuple(key for (key,) in self._connection().execute("SELECT key FROM passages ORDER BY row"))

    def cohort_keys(self) -> tuple[str, ...]:
        """Return the key of each cohort question, by row."""
        return tuple(key for (key,) in self._connection().execute("SELECT key FROM cohort ORDER BY row"))

    def match_words(self, words: Sequence[str], limit: int) -> tuple[WordMatch, ...]:
        """Return the records that hold any of the words, best BM25 first."""
        if not words:
            return ()
        expression = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        rows = self._connection().execute(
            "SELECT rowid, -bm25(words) FROM words WHERE words MATCH ? ORDER BY bm25(words), rowid LIMIT ?",
            (expression, limit),
        )
        return tuple(WordMatch(int(position), float(score)) for position, score in rows)

    def _read_words(self, position: int) -> frozenset[str]:
        (text,) = self._connection().execute("SELECT text FROM words WHERE rowid = ?", (position,)).fetchone()
        return frozenset(text.split(" "))

    def _count_records(self, word: str) -> int:
        row = self._connection().execute("SELECT doc FROM word_counts WHERE term = ?", (word,)).fetchone()
        return int(row[0]) if row else 0

    def _select(self, statement: str, values: Sequence[int] | Sequence[str]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(values), _BOUND_VALUES):
            batch = values[start : start + _BOUND_VALUES]
            places = ",".join("?" * len(batch))
            rows.extend(self._connection().execute(f"{statement} ({places})", batch))
        return rows

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
