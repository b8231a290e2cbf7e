"""The embedded texts of a snapshot: which rows of the indexes are whose, and what unrelated questions score there."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from faqkb.kb.index.cohort import LANGUAGES, Baselines
from faqkb.kb.index.passages import MANY_WORDINGS, Kind
from faqkb.kb.store.connections import Connections

_CACHED = 2_000  # texts and kinds kept in memory


class PassageTable:
    """Where passages, views and cohort stand; the numbers of every question are held in memory."""

    def __init__(self, connections: Connections, record_count: int) -> None:
        self._connections = connections
        self.text = lru_cache(_CACHED)(self._read_text)
        """Return the text of the passage of an index row."""
        self.kind = lru_cache(_CACHED)(self._read_kind)
        """Return what part of its record the passage of an index row is."""
        every_record = np.arange(record_count + 1)
        self._positions = self._read_positions()
        connections.check_numbered("passages", "row", len(self._positions))
        _check_ascending(self._positions, record_count, "passages.position")
        self._first_rows = np.searchsorted(self._positions, every_record).tolist()
        self._first_tokens = self._token_starts()
        self._view_rows, view_positions = self._view_places()
        connections.check_numbered("views", "number", len(view_positions))
        _check_ascending(view_positions, record_count, "views.position")
        self._first_views = np.searchsorted(view_positions, every_record).tolist()
        self.baselines = self._baselines("passages ORDER BY row")
        """What unrelated questions score against each passage, shape (passages, languages)."""
        self.view_baselines = self._baselines("views ORDER BY number")
        """What unrelated questions score against each view, shape (views, languages)."""

    @property
    def count(self) -> int:
        """Number of passages."""
        return len(self._positions)

    @property
    def token_count(self) -> int:
        """Number of token vectors of all passages; those of the cohort come after them."""
        return self._first_tokens[-1]

    def all_token_count(self) -> int:
        """Return the number of token vectors of passages and cohort."""
        cohort = self.cohort_spans()
        return cohort[-1].stop if cohort else self.token_count

    def rows_of(self, position: int) -> range:
        """Return the index rows of a record's passages."""
        return range(self._first_rows[position], self._first_rows[position + 1])

    def position_of(self, row: int) -> int:
        """Return the position of the record that a passage belongs to."""
        return int(self._positions[row])

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

    def cohort_spans(self) -> tuple[range, ...]:
        """Return the token rows of each cohort question, by row."""
        rows = self._connections.rows("SELECT tokens FROM cohort ORDER BY row")
        starts = accumulate((_counted(count) for (count,) in rows), initial=self.token_count)
        return tuple(range(start, end) for start, end in pairwise(starts))

    def many_worded(self) -> tuple[int, ...]:
        """Return the positions of the records with enough wordings to learn from, ascending."""
        rows = self._connections.rows(
            "SELECT position FROM passages WHERE kind <> ? GROUP BY position HAVING count(*) >= ? ORDER BY position",
            (Kind.ANSWER.value, MANY_WORDINGS),
        )
        return tuple(position for (position,) in rows)

    def keys(self) -> tuple[str, ...]:
        """Return the key of each passage, by row: which vectors an earlier snapshot already has."""
        return tuple(key for (key,) in self._connections.rows("SELECT key FROM passages ORDER BY row"))

    def view_keys(self) -> tuple[str, ...]:
        """Return the key of each view, by number: which baselines an earlier snapshot already has."""
        return tuple(key for (key,) in self._connections.rows("SELECT key FROM views ORDER BY number"))

    def cohort_keys(self) -> tuple[str, ...]:
        """Return the key of each cohort question, by row."""
        return tuple(key for (key,) in self._connections.rows("SELECT key FROM cohort ORDER BY row"))

    def _read_positions(self) -> npt.NDArray[np.int64]:
        """Return the record position of every passage row; ascending, since passages are stored record by record."""
        rows = self._connections.rows("SELECT position FROM passages ORDER BY row")
        return np.fromiter((position for (position,) in rows), dtype=np.int64)

    def _token_starts(self) -> list[int]:
        """Return the first token row of each passage, and the end of the last."""
        rows = self._connections.rows("SELECT tokens FROM passages ORDER BY row")
        return [0, *accumulate(_counted(count) for (count,) in rows)]

    def _view_places(self) -> tuple[list[int], npt.NDArray[np.int64]]:
        """Return the first passage row of each view, and the end of the last; and each view's record."""
        rows = self._connections.rows("SELECT first_row, position FROM views ORDER BY number")
        first_rows = [*(row for row, _ in rows), self.count]
        if any(row >= following for row, following in pairwise(first_rows)) or first_rows[0] != 0:
            raise ValueError("views.first_row does not ascend from 0 to the passages there are")
        return first_rows, np.array([at for _, at in rows], dtype=np.int64)

    def _baselines(self, source: str) -> Baselines:
        rows = self._connections.rows(f"SELECT baseline_zh, baseline_en, baseline_any FROM {source}")
        return np.array(rows, dtype=np.float32).reshape(-1, len(LANGUAGES))

    def _read_text(self, row: int) -> str:
        (text,) = self._connections.row("SELECT text FROM passages WHERE row = ?", row)
        return str(text)

    def _read_kind(self, row: int) -> Kind:
        (kind,) = self._connections.row("SELECT kind FROM passages WHERE row = ?", row)
        return Kind(kind)


def _check_ascending(positions: npt.NDArray[np.int64], record_count: int, what: str) -> None:
    if len(positions) and (positions[0] < 0 or positions[-1] >= record_count or bool((np.diff(positions) < 0).any())):
        raise ValueError(f"{what} does not ascend within the {record_count} records")


def _counted(tokens: int) -> int:
    """Return a number of token vectors: every text has one at least."""
    if tokens < 1:
        raise ValueError(f"a text of {tokens} tokens")
    return tokens
