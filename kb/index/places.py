"""Which passages and views are whose, where their tokens lie, and what unrelated questions score there.

A passage is a row of the vector index, a view one or several of them. Passages stand record by record and views in the
same order; the tokens of a view stand together, wherever they are. The file is six arrays, little-endian, one after the
other: of each passage its record (uint32), its tokens (uint32), whether a view begins with it (uint8) and its baselines
(float32, one a language); of each view its baselines and its first token row (uint64).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from faqkb.kb import limits
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.cohort import LANGUAGES, Baselines

_Numbers = npt.NDArray[np.int64]
_BASELINE_BYTES = 4 * len(LANGUAGES)
_PASSAGE_BYTES = 4 + 4 + 1 + _BASELINE_BYTES
_VIEW_BYTES = _BASELINE_BYTES + 8
_LARGEST_BASELINE = 2.0  # a mean of cosines has half of it


@dataclass(frozen=True)
class Places:
    """The places of all passages and views of a snapshot."""

    records: int
    positions: npt.NDArray[np.uint32]
    """Of each passage, the position of its record, 0-based; ascending."""
    tokens: npt.NDArray[np.uint32]
    """Of each passage, the number of its token vectors, one at least and as many as an encoder reads at most."""
    begins_view: npt.NDArray[np.bool_]
    """Of each passage, whether it is the first of a view."""
    baselines: Baselines
    """Of each passage's vector, shape (passages, languages)."""
    view_baselines: Baselines
    """Of each view's token vectors, shape (views, languages)."""
    view_tokens_at: npt.NDArray[np.uint64]
    """Of each view, its first token row."""

    @classmethod
    def from_bytes(cls, content: bytes, passages: int, records: int) -> Places:
        """Return stored places of so many passages. Raises SnapshotDamaged where they are none."""
        views, odd = divmod(len(content) - passages * _PASSAGE_BYTES, _VIEW_BYTES)
        if odd or views < 0:
            raise _damaged(f"{len(content)} bytes for {passages} passages")
        at = passages * 9
        shape = -1, len(LANGUAGES)
        numbers = np.frombuffer(content, dtype="<u4", count=2 * passages).reshape(2, passages)
        flags = np.frombuffer(content, dtype=np.uint8, count=passages, offset=2 * 4 * passages)
        own, of_views = passages * len(LANGUAGES), views * len(LANGUAGES)
        baselines = np.frombuffer(content[at:], dtype="<f4", count=own + of_views)
        first = np.frombuffer(content[at + 4 * (own + of_views) :], dtype="<u8", count=views)
        found = cls(
            records,
            numbers[0],
            numbers[1],
            flags.astype(np.bool_),
            baselines[:own].reshape(shape).astype(np.float32),
            baselines[own:].reshape(shape).astype(np.float32),
            first,
        )
        found._check(flags, views)
        return found

    def _check(self, flags: npt.NDArray[np.uint8], views: int) -> None:
        """Make sure that the counts are of one snapshot: they are places in other files. Raises SnapshotDamaged."""
        positions = self.positions.astype(np.int64)
        if len(positions) and (positions[-1] >= self.records or bool((np.diff(positions) < 0).any())):
            raise _damaged(f"the passages do not ascend within the {self.records} records")
        if len(self.tokens) and not 1 <= self.tokens.min() <= self.tokens.max() <= limits.INPUT_TOKENS:
            raise _damaged(f"a text of 0 tokens, or of more than {limits.INPUT_TOKENS}")
        changes = np.flatnonzero(np.diff(positions)) + 1
        if bool((flags > 1).any()) or int(flags.sum()) != views or not (flags[:1].all() and flags[changes].all()):
            raise _damaged("the views are not those of the passages")
        for baselines in (self.baselines, self.view_baselines):
            if not (np.abs(baselines) <= _LARGEST_BASELINE).all():  # what is no number is not smaller either
                raise _damaged("a baseline is no number that cosines give")

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        arrays = (
            self.positions.astype("<u4"),
            self.tokens.astype("<u4"),
            self.begins_view.astype(np.uint8),
            self.baselines.astype("<f4"),
            self.view_baselines.astype("<f4"),
            self.view_tokens_at.astype("<u8"),
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
    def tokens_before(self) -> _Numbers:
        """Of each passage, how many tokens all those before it have; and how many there are in all."""
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

    def among(self, positions: Sequence[int]) -> Among:
        """Return some of the records, by their positions, ascending."""
        return Among(self, positions)

    def mask_of(self, positions: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Return of each record whether it is among some positions."""
        mask = np.zeros(self.records, dtype=np.bool_)
        mask[np.asarray(positions, dtype=np.int64)] = True
        return mask

    def rows_of(self, position: int, records: int = 1) -> range:
        """Return the rows of the passages of a record, or of several from it on."""
        return range(int(self.first_rows[position]), int(self.first_rows[position + records]))

    def position_of(self, row: int) -> int:
        """Return the position of the record that a passage belongs to."""
        return int(self.positions[row])

    def views_of(self, position: int, records: int = 1) -> range:
        """Return the numbers of the views of a record, or of several from it on."""
        return range(int(self.first_views[position]), int(self.first_views[position + records]))

    def view_tokens(self, number: int) -> range:
        """Return the token rows of a view."""
        before = self.tokens_before
        first = int(self.view_tokens_at[number])
        return range(first, first + int(before[self.view_rows[number + 1]] - before[self.view_rows[number]]))

    def tokens_of_views(self, views: range) -> list[range]:
        """Return the token rows of each of some views."""
        starts = self.tokens_before[self.view_rows[views.start : views.stop + 1]]
        firsts = self.view_tokens_at[views.start : views.stop].astype(np.int64)
        return [
            range(first, end) for first, end in zip(firsts.tolist(), (firsts + np.diff(starts)).tolist(), strict=True)
        ]

    def question_tokens(self, position: int) -> range:
        """Return the token rows of a record's question, with which its first view begins."""
        first = int(self.view_tokens_at[self.first_views[position]])
        return range(first, first + int(self.tokens[self.first_rows[position]]))

    def check_tokens(self, rows: int) -> None:
        """Make sure that no view has tokens beyond the rows there are. Raises SnapshotDamaged."""
        lengths = np.diff(self.tokens_before[self.view_rows])
        if not bool((self.view_tokens_at <= rows).all()) or bool(
            (self.view_tokens_at.astype(np.int64) + lengths > rows).any()
        ):
            raise _damaged(f"a view has tokens beyond the {rows} there are")


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
