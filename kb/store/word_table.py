"""The lexical index of a snapshot: BM25 over the words of records, by SQLite's FTS5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from faqkb.kb.store.connections import Connections
from faqkb.kb.store.filter_table import holds

_CACHED = 2_000  # word sets and counts kept in memory: at most 10 kB each
_ALL = -1  # rows: no limit, in SQLite


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A record that holds words of a query."""

    position: int
    score: float
    """BM25 (k1 1.2, b 0.75, FTS5's), higher is better."""


class WordTable:
    """Finds records by words."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.of = lru_cache(_CACHED)(self._read)
        """Return the words of the record at a position."""
        self.records_with = lru_cache(_CACHED)(self._count)
        """Return in how many records a word occurs."""

    def named_by(self, word: str) -> str | None:
        """Return which file a word names, by `source_key`, empty for the whole knowledge base; None: it is no name."""
        row = self._connections.row("SELECT source FROM names WHERE word = ?", word)
        return None if row is None else str(row[0])

    def match(self, words: Sequence[str], limit: int, allowed: Sequence[int] | None = None) -> tuple[WordMatch, ...]:
        """Return the records that hold any of the words, best BM25 first; of those at some positions, ascending."""
        if not words:
            return ()
        expression = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        rows = self._connections.rows(
            "SELECT rowid, -bm25(words) FROM words WHERE words MATCH ? ORDER BY bm25(words), rowid LIMIT ?",
            (expression, limit if allowed is None else _ALL),
        )
        matches = (WordMatch(int(position), float(score)) for position, score in rows)
        return tuple(islice((each for each in matches if allowed is None or holds(allowed, each.position)), limit))

    def _read(self, position: int) -> frozenset[str]:
        (text,) = self._connections.row("SELECT text FROM words WHERE rowid = ?", position)
        return frozenset(text.split(" "))

    def _count(self, word: str) -> int:
        row = self._connections.row("SELECT doc FROM word_counts WHERE term = ?", word)
        return int(row[0]) if row else 0
