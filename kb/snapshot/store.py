"""Records, passages and the lexical index of one snapshot, in one read-only SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from faqkb.kb.checks import Check, CheckLink, Signature
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.cohort import LANGUAGES, Baselines
from faqkb.kb.index.marks import marks_of
from faqkb.kb.index.passages import Kind, Passage, View
from faqkb.kb.language import twin_key
from faqkb.kb.records import Record, Source
from faqkb.kb.retrieval.highlight import Sentence
from faqkb.kb.text import analyse

_SCHEMA = """
CREATE TABLE records (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL, twin TEXT NOT NULL, marks TEXT NOT NULL, json TEXT NOT NULL
);
CREATE TABLE tags (tag TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (tag, position)) WITHOUT ROWID;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, position INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, key TEXT NOT NULL,
    tokens INTEGER NOT NULL, baseline_zh REAL NOT NULL, baseline_en REAL NOT NULL, baseline_any REAL NOT NULL
);
CREATE TABLE views (
    number INTEGER PRIMARY KEY, position INTEGER NOT NULL, key TEXT NOT NULL, first_row INTEGER NOT NULL,
    baseline_zh REAL NOT NULL, baseline_en REAL NOT NULL, baseline_any REAL NOT NULL
);
CREATE TABLE sentences (
    number INTEGER PRIMARY KEY, position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    first_token INTEGER NOT NULL, end_token INTEGER NOT NULL
);
CREATE INDEX sentences_position ON sentences (position);
CREATE TABLE checks (id TEXT PRIMARY KEY, json TEXT NOT NULL, script BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE cohort (row INTEGER PRIMARY KEY, key TEXT NOT NULL, tokens INTEGER NOT NULL);
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
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)",
            (
                (position, record.id, record.language, twin, _marks(record), _dump(record))
                for position, (record, twin) in enumerate(zip(records, twins(records), strict=True))
            ),
        )
        connection.executemany(
            "INSERT INTO tags VALUES (?, ?)",
            ((tag, position) for position, record in enumerate(records) for tag in dict.fromkeys(record.tags)),
        )
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
            "INSERT INTO sentences (position, start, end, first_token, end_token) VALUES (?, ?, ?, ?, ?)",
            (
                (position, each.start, each.end, each.tokens.start, each.tokens.stop)
                for position, own in enumerate(texts.sentences)
                for each in own
            ),
        )
        connection.executemany(
            "INSERT INTO cohort VALUES (?, ?, ?)",
            (
                (row, entry.key, tokens)
                for row, (entry, tokens) in enumerate(zip(texts.cohort, texts.cohort_tokens, strict=True))
            ),
        )
        connection.executemany(
            "INSERT INTO checks VALUES (?, ?, ?)",
            ((check.id, _dump_check(check), check.script) for check in checks),
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


def _dump(record: Record) -> str:
    return json.dumps(record.to_json(), ensure_ascii=False, separators=(",", ":"))


def _load(text: str) -> Record:
    fields = json.loads(text)
    fields["source"] = Source(**fields["source"])
    for name in ("alternates", "section", "tags", "checks"):
        fields[name] = tuple(fields[name])
    return Record(**fields)


def _dump_check(check: Check) -> str:
    fields = asdict(check)
    del fields["script"]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _load_check(text: str, script: bytes) -> Check:
    fields = json.loads(text)
    fields["signatures"] = [Signature(**_with_tuples(known)) for known in fields["signatures"]]
    return Check(**_with_tuples(fields), script=bytes(script))


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


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
        self.marks_of = lru_cache(_CACHED)(self._read_marks)
        """Return the marks of the record at a position: which of several opposites its question names."""
        self.words_of = lru_cache(_CACHED)(self._read_words)
        """Return the words of the record at a position."""
        self.records_with = lru_cache(_CACHED)(self._count_records)
        """Return in how many records a word occurs."""
        self.sentences_of = lru_cache(_CACHED_RECORDS)(self._read_sentences)
        """Return the sentences of the answer of the record at a position."""
        self.passage_text = lru_cache(_CACHED)(self._read_passage_text)
        """Return the text of the passage of an index row."""
        self.check_link = lru_cache(_CACHED_RECORDS)(self._read_check_link)
        """Return what answers say of the check of that id, or None."""
        self.positions_by_source = lru_cache(1)(self._read_sources)
        """Return the positions of the records of each file, by `Source.path`."""
        self.passage_kind = lru_cache(_CACHED)(self._read_passage_kind)
        """Return what part of its record the passage of an index row is."""
        try:
            self.record_count = self._count("records")
            self.signatures = self._read_signatures()
            """The error texts that checks know, the most telling of each check first."""
            self._positions = self._passage_positions()
            self._first_rows = np.searchsorted(self._positions, np.arange(self.record_count + 1)).tolist()
            self._first_tokens = self._token_starts()
            self._view_rows, view_positions = self._view_places()
            self._first_views = np.searchsorted(view_positions, np.arange(self.record_count + 1)).tolist()
            self.baselines = self._baselines("SELECT baseline_zh, baseline_en, baseline_any FROM passages ORDER BY row")
            """What unrelated questions score against each passage, shape (passages, languages)."""
            self.view_baselines = self._baselines(
                "SELECT baseline_zh, baseline_en, baseline_any FROM views ORDER BY number"
            )
            """What unrelated questions score against each view, shape (views, languages)."""
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

    def _token_starts(self) -> list[int]:
        """Return the first token row of each passage, and the end of the last."""
        rows = self._connection().execute("SELECT tokens FROM passages ORDER BY row")
        return [0, *accumulate(count for (count,) in rows)]

    def _view_places(self) -> tuple[list[int], npt.NDArray[np.int64]]:
        """Return the first passage row of each view, and the end of the last; and each view's record."""
        rows = self._connection().execute("SELECT first_row, position FROM views ORDER BY number").fetchall()
        return [*(row for row, _ in rows), self.passage_count], np.array([at for _, at in rows], dtype=np.int64)

    def _baselines(self, statement: str) -> Baselines:
        return np.array(self._connection().execute(statement).fetchall(), dtype=np.float32).reshape(-1, len(LANGUAGES))

    def tokens_of(self, row: int) -> range:
        """Return the token rows of a passage."""
        return range(self._first_tokens[row], self._first_tokens[row + 1])

    def views_of(self, position: int) -> range:
        """Return the numbers of a record's views."""
        return range(self._first_views[position], self._first_views[position + 1])

    def view_tokens(self, number: int) -> range:
        """Return the token rows of a view."""
        first, end = self._view_rows[number], self._view_rows[number + 1]
        return range(self._first_tokens[first], self._first_tokens[end])

    @property
    def token_count(self) -> int:
        """Number of token vectors of all passages; those of the cohort come after them."""
        return self._first_tokens[-1]

    def cohort_spans(self) -> tuple[range, ...]:
        """Return the token rows of each cohort question, by row."""
        rows = self._connection().execute("SELECT tokens FROM cohort ORDER BY row")
        starts = accumulate((count for (count,) in rows), initial=self.token_count)
        return tuple(range(start, end) for start, end in pairwise(starts))

    def view_keys(self) -> tuple[str, ...]:
        """Return the key of each view, by number: which baselines an earlier snapshot already has."""
        return tuple(key for (key,) in self._connection().execute("SELECT key FROM views ORDER BY number"))

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

    def position(self, record_id: str) -> int | None:
        """Return the position of the record of that id, or None."""
        row = self._connection().execute("SELECT position FROM records WHERE id = ?", (record_id,)).fetchone()
        return None if row is None else int(row[0])

    def checks(self) -> tuple[Check, ...]:
        """Return the stored checks, by id."""
        rows = self._connection().execute("SELECT json, script FROM checks ORDER BY id")
        return tuple(_load_check(text, script) for text, script in rows)

    def check(self, check_id: str) -> Check | None:
        """Return the check of that id, or None."""
        row = self._connection().execute("SELECT json, script FROM checks WHERE id = ?", (check_id,)).fetchone()
        return None if row is None else _load_check(*row)

    def _read_check_link(self, check_id: str) -> CheckLink | None:
        row = self._connection().execute("SELECT json FROM checks WHERE id = ?", (check_id,)).fetchone()
        return None if row is None else _load_check(row[0], b"").link

    def _read_signatures(self) -> tuple[Signature, ...]:
        rows = self._connection().execute("SELECT json FROM checks ORDER BY id")
        return tuple(known for (text,) in rows for known in _load_check(text, b"").signatures)

    def record_ids(self, start: int, limit: int) -> tuple[str, ...]:
        """Return up to `limit` record ids from a position on, in stored order."""
        rows = self._connection().execute(
            "SELECT id FROM records WHERE position >= ? ORDER BY position LIMIT ?", (start, limit)
        )
        return tuple(record_id for (record_id,) in rows)

    def positions_tagged(self, tags: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of the records that carry any of the tags, ascending."""
        rows = self._select("SELECT DISTINCT position FROM tags WHERE tag IN", tags)
        return tuple(sorted(int(position) for (position,) in rows))

    def _read_sources(self) -> dict[str, tuple[int, ...]]:
        rows = self._connection().execute("SELECT json_extract(json, '$.source.path'), position FROM records")
        by_source: dict[str, list[int]] = {}
        for path, position in rows:
            by_source.setdefault(path, []).append(position)
        return {path: tuple(positions) for path, positions in by_source.items()}

    def _read_identity(self, position: int) -> Identity:
        row = self._connection().execute("SELECT language, twin FROM records WHERE position = ?", (position,))
        return Identity(*row.fetchone())

    def _read_sentences(self, position: int) -> tuple[Sentence, ...]:
        rows = self._connection().execute(
            "SELECT start, end, first_token, end_token FROM sentences WHERE position = ? ORDER BY number", (position,)
        )
        return tuple(Sentence(start, end, range(first, stop)) for start, end, first, stop in rows)

    def _read_passage_text(self, row: int) -> str:
        (text,) = self._connection().execute("SELECT text FROM passages WHERE row = ?", (row,)).fetchone()
        return str(text)

    def _read_passage_kind(self, row: int) -> Kind:
        (kind,) = self._connection().execute("SELECT kind FROM passages WHERE row = ?", (row,)).fetchone()
        return Kind(kind)

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

    def _read_marks(self, position: int) -> frozenset[str]:
        row = self._connection().execute("SELECT marks FROM records WHERE position = ?", (position,)).fetchone()
        return frozenset(row[0].split())

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
