"""The lexical index of a snapshot: the words are rows, the postings a file of their own (`kb/index/postings.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from faqkb.kb.index.postings import Entry, Mask, PostingsFile
from faqkb.kb.store.connections import Connections

_CACHED = 10_000  # words kept in memory, 200 bytes each


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A record that holds words of a query."""

    position: int
    score: float
    """BM25 (k1 1.2, b 0.75), higher is better."""


class PostedWords:
    """Finds records by words, wherever it is told where the postings of a word lie."""

    def __init__(self, postings: PostingsFile, entry_of: Callable[[str], Entry | None]) -> None:
        self._postings = postings
        self._entry = entry_of

    def records_with(self, word: str) -> int:
        """Return in how many records a word occurs."""
        entry = self._entry(word)
        return entry.records if entry else 0

    def holds(self, position: int, word: str) -> bool:
        """Return whether the record at a position holds a word."""
        entry = self._entry(word)
        return entry is not None and self._postings.holds(entry, position)

    def match(self, words: Sequence[str], limit: int, allowed: Mask | None = None) -> tuple[WordMatch, ...]:
        """Return the records that hold any of the words, best BM25 first; only those of `allowed` when it is given."""
        entries = [entry for entry in map(self._entry, dict.fromkeys(words)) if entry]
        return tuple(WordMatch(position, score) for position, score in self._postings.best(entries, limit, allowed))

    def close(self) -> None:
        """Close the file of postings."""
        self._postings.close()


class WordTable(PostedWords):
    """The words of `records.sqlite`."""

    def __init__(self, connections: Connections, postings: PostingsFile) -> None:
        super().__init__(postings, lru_cache(_CACHED)(self._read))
        self._connections = connections

    def named_by(self, word: str) -> str | None:
        """Return which file a word names, by `source_key`, empty for the whole knowledge base; None: it is no name."""
        row = self._connections.row("SELECT source FROM names WHERE word = ?", word)
        return None if row is None else str(row[0])

    def _read(self, word: str) -> Entry | None:
        row = self._connections.row("SELECT first, records, most FROM words WHERE word = ?", word)
        if row is None:
            return None
        first, records, most = row
        if not (isinstance(first, int) and isinstance(records, int) and isinstance(most, float)):
            raise self._connections.damaged(f"the entry of a word is {row!r:.60}")
        return Entry(first, records, most)
