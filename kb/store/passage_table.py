"""The embedded texts of a snapshot, by the rows of the vector index; where they lie is `kb/index/places.py`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from faqkb.kb.index.passages import Kind
from faqkb.kb.store.connections import Connections

_CACHED = 2_000  # texts and kinds kept in memory


class PassageTable:
    """Reads passages, views and cohort."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.text = lru_cache(_CACHED)(self._read_text)
        """Return the text of the passage of an index row."""
        self.kind = lru_cache(_CACHED)(self._read_kind)
        """Return what part of its record the passage of an index row is."""
        self.count = connections.count_numbered("passages", "row")
        """Number of passages."""

    def cohort_tokens(self) -> tuple[int, ...]:
        """Return the number of token vectors of each cohort question, by row."""
        rows = self._connections.rows("SELECT tokens FROM cohort ORDER BY row")
        counts = tuple(count for (count,) in rows)
        if not all(isinstance(count, int) and count > 0 for count in counts):
            raise self._connections.damaged("a cohort question has no tokens")
        return counts

    def kinds_and_keys(self) -> tuple[list[str], list[str]]:
        """Return kind and key of every passage, by row."""
        rows = self._connections.rows("SELECT kind, key FROM passages ORDER BY row")
        if not all(type(kind) is type(key) is str for kind, key in rows):
            raise self._connections.damaged("a passage has no key")
        return [kind for kind, _ in rows], [key for _, key in rows]

    def count_views(self) -> int:
        """Return the number of views, each of which has a key."""
        if self._connections.row("SELECT 1 FROM views WHERE typeof(key) != 'text'"):
            raise self._connections.damaged("a view has no key")
        return self._connections.count_numbered("views", "number")

    def cohort_keys(self) -> tuple[str, ...]:
        """Return the key of each cohort question, by row."""
        return tuple(key for (key,) in self._connections.rows("SELECT key FROM cohort ORDER BY row"))

    def _read_text(self, row: int) -> str:
        (text,) = self._connections.stored("SELECT text FROM passages WHERE row = ?", row)
        return str(text)

    def _read_kind(self, row: int) -> Kind:
        (kind,) = self._connections.stored("SELECT kind FROM passages WHERE row = ?", row)
        return Kind(kind)


def cohort_spans(tokens: Sequence[int]) -> tuple[range, ...]:
    """Return the rows of each cohort question among the token vectors of the cohort."""
    return tuple(range(start, end) for start, end in pairwise(accumulate(tokens, initial=0)))
