"""Which passages and views are whose, where their tokens lie, and what unrelated questions score there.

A passage is a row of the vector index, a view one or several of them. Passages stand record by record, views and tokens
in the same order, so a few counts say where everything is. The file is five arrays, little-endian, one after the other:
of each passage its record (uint32), its tokens (uint32), whether a view begins with it (uint8) and its baselines
(float32, one a language); of each view its baselines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.cohort import LANGUAGES, Baselines
from faqkb.kb.index.passages import Passage, View

_Numbers = npt.NDArray[np.int64]
_BASELINE_BYTES = 4 * len(LANGUAGES)
_PASSAGE_BYTES = 4 + 4 + 1 + _BASELINE_BYTES


@dataclass(frozen=True)
class Places:
    """The places of all passages and views of a snapshot."""

    records: int
    positions: npt.NDArray[np.uint32]
    """Of each passage, the position of its record, 0-based; ascending."""
    tokens: npt.NDArray[np.uint32]
    """Of each passage, the number of its token vectors, one at least."""
    begins_view: npt.NDArray[np.bool_]
    """Of each passage, whether it is the first of a view."""
    baselines: Baselines
    """Of each passage's vector, shape (passages, languages)."""
    view_baselines: Baselines
    """Of each view's token vectors, shape (views, languages)."""

    @classmethod
    def build(
        cls,
        records: int,
        passages: Sequence[Passage],
        views: Sequence[View],
        tokens: Sequence[int],
        baselines: tuple[Baselines, Baselines],
    ) -> Places:
        """Return the places of the passages of so many records; `baselines` are those of passages and of views."""
        begins = np.zeros(len(passages), dtype=np.bool_)
        begins[[view.rows.start for view in views]] = True
        positions = np.array([passage.position for passage in passages], dtype=np.uint32)
        return cls(records, positions, np.array(tokens, dtype=np.uint32), begins, *baselines)

    @classmethod
    def from_bytes(cls, content: bytes, passages: int, records: int) -> Places:
        """Return stored places of so many passages. Raises SnapshotDamaged where they are none."""
        views, odd = divmod(len(content) - passages * _PASSAGE_BYTES, _BASELINE_BYTES)
        if odd or views < 0:
            raise _damaged(f"{len(content)} bytes for {passages} passages")
        at = passages * 9
        shape = -1, len(LANGUAGES)
        numbers = np.frombuffer(content, dtype="<u4", count=2 * passages).reshape(2, passages)
        flags = np.frombuffer(content, dtype=np.uint8, count=passages, offset=2 * 4 * passages)
        baselines = np.frombuffer(content, dtype="<f4", offset=at) if len(content) > at else np.empty(0, dtype="<f4")
        own = passages * len(LANGUAGES)
        found = cls(
            records,
            numbers[0],
            numbers[1],
            flags.astype(np.bool_),
            baselines[:own].reshape(shape).astype(np.float32),
            baselines[own:].reshape(shape).astype(np.float32),
        )
        found._check(flags, views)
        return found

    def _check(self, flags: npt.NDArray[np.uint8], views: int) -> None:
        """Make sure that the counts are of one snapshot: they are places in other files. Raises SnapshotDamaged."""
        positions = self.positions.astype(np.int64)
        if len(positions) and (positions[-1] >= self.records or bool((np.diff(positions) < 0).any())):
            raise _damaged(f"the passages do not ascend within the {self.records} records")
        if len(self.tokens) and not self.tokens.all():
            raise _damaged("a text of 0 tokens")
        changes = np.flatnonzero(np.diff(positions)) + 1
        if bool((flags > 1).any()) or int(flags.sum()) != views or not (flags[:1].all() and flags[changes].all()):
            raise _damaged("the views are not those of the passages")
        if not (np.isfinite(self.baselines).all() and np.isfinite(self.view_baselines).all()):
            raise _damaged("a baseline is no number")

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        arrays = (
            self.positions.astype("<u4"),
            self.tokens.astype("<u4"),
            self.begins_view.astype(np.uint8),
            self.baselines.astype("<f4"),
            self.view_baselines.astype("<f4"),
        )
        return b"".join(array.tobytes() for array in arrays)

    @property
    def count(self) -> int:
        """Number of passages."""
        return len(self.positions)

    @cached_property
    def first_rows(self) -> _Numbers:
        """Of each record, its first passage; and the end of the last one's."""
        found: _Numbers = np.searchsorted(self.positions, np.arange(self.records + 1))
        return found

    @cached_property
    def first_tokens(self) -> _Numbers:
        """Of each passage, its first token row; and the end of the last one's."""
        found: _Numbers = np.concatenate([[0], np.cumsum(self.tokens, dtype=np.int64)])
        return found

    @cached_property
    def view_rows(self) -> _Numbers:
        """Of each view, its first passage; and the end of the last one's."""
        found: _Numbers = np.append(np.flatnonzero(self.begins_view), self.count)
        return found

    @cached_property
    def first_views(self) -> _Numbers:
        """Of each record, its first view; and the end of the last one's."""
        found: _Numbers = np.searchsorted(self.view_rows[:-1], self.first_rows)
        return found

    @property
    def token_count(self) -> int:
        """Number of token vectors of all passages."""
        return int(self.first_tokens[-1])

    def among(self, positions: Sequence[int]) -> Among:
        """Return some of the records, by their positions, ascending."""
        return Among(self, positions)

    def mask_of(self, positions: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Return of each record whether it is among some positions."""
        mask = np.zeros(self.records, dtype=np.bool_)
        mask[np.asarray(positions, dtype=np.int64)] = True
        return mask

    def rows_of(self, position: int) -> range:
        """Return the rows of a record's passages."""
        return range(int(self.first_rows[position]), int(self.first_rows[position + 1]))

    def position_of(self, row: int) -> int:
        """Return the position of the record that a passage belongs to."""
        return int(self.positions[row])

    def tokens_of(self, row: int) -> range:
        """Return the token rows of a passage."""
        return range(int(self.first_tokens[row]), int(self.first_tokens[row + 1]))

    def views_of(self, position: int) -> range:
        """Return the numbers of a record's views."""
        return range(int(self.first_views[position]), int(self.first_views[position + 1]))

    def view_tokens(self, number: int) -> range:
        """Return the token rows of a view."""
        first, end = self.view_rows[number], self.view_rows[number + 1]
        return range(int(self.first_tokens[first]), int(self.first_tokens[end]))


@dataclass(frozen=True)
class Among:
    """Some of the records, and what is theirs."""

    places: Places
    positions: Sequence[int]

    @cached_property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Of each record, whether it is one of them."""
        return self.places.mask_of(self.positions)

    @cached_property
    def rows(self) -> _Numbers:
        """The rows of their passages, ascending."""
        return np.flatnonzero(self.mask[self.places.positions])


def _damaged(what: str) -> SnapshotDamaged:
    return SnapshotDamaged(f"the places of passages are not what was stored ({what}); run `faq ingest` to build again")
