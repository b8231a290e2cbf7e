"""The lexical index: in which records a word is, how often, and BM25 over that.

A file of three arrays, little-endian, one after the other: the number of words of each record (uint32), the records
that hold each word, ascending (uint32), and how often each of them does (uint8). What lies where is for the caller to
keep, an `Entry` for each word. BM25 is that of Robertson and Zaragoza 2009, with SQLite's k1 and b.

A word that many records hold says little and costs most. So words are taken by what each can add at most, the rarest
first, and when all that are left together cannot lift a new record among the best, only the best are looked up in them
(MaxScore: Turtle and Flood 1995): the same records in the same order, without reading most of it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.byte_source import ByteSource, FileBytes
from faqkb.kb.records import Record
from faqkb.kb.text import analyse

_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6  # of a word in half of the records and more
_MOST_COUNTED = 255  # how often a word counts in one record: far beyond where more changes anything
_COSTLY = 4_096  # records of a word from which it is worth finding out whether it can matter at all
_LENGTH_BYTES, _POSITION_BYTES, _COUNT_BYTES = 4, 4, 1

Positions = npt.NDArray[np.uint32]
"""Positions of records, ascending."""
Mask = npt.NDArray[np.bool_]
"""Of each record, whether it may be found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the postings of one word lie."""

    first: int
    records: int
    """How many records hold the word."""
    most: float
    """What its count adds at most in any of them, before it is weighed by how rare the word is."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Which records hold which words, and how often: what an index is made of."""

    vocabulary: Sequence[str]
    """The words, ascending."""
    words: npt.NDArray[np.uint32]
    """Of each posting, the number of its word in the vocabulary; ascending."""
    positions: Positions
    """Of each posting, its record; ascending for each word."""
    counts: npt.NDArray[np.uint8]
    """Of each posting, how often that record holds that word."""
    lengths: npt.NDArray[np.uint32]
    """Of each record, the number of its words."""

    @classmethod
    def of(cls, words: Mapping[int, Sequence[str]], records: int) -> Occurrences:
        """Return the occurrences of some of so many records, each given as its words by its position."""
        found = [
            (word, position, min(count, _MOST_COUNTED))
            for position, own in words.items()
            for word, count in Counter(own).items()
        ]
        vocabulary = sorted({word for word, _, _ in found})
        numbers = {word: number for number, word in enumerate(vocabulary)}
        lengths = np.zeros(records, dtype=np.uint32)
        lengths[list(words)] = [len(own) for own in words.values()]
        rows = np.array([(numbers[word], at, count) for word, at, count in found], dtype=np.uint32).reshape(-1, 3)
        return cls._sorted(vocabulary, rows[:, 0], rows[:, 1], rows[:, 2].astype(np.uint8), lengths)

    @classmethod
    def _sorted(
        cls,
        vocabulary: Sequence[str],
        words: npt.NDArray[np.uint32],
        positions: Positions,
        counts: npt.NDArray[np.uint8],
        lengths: npt.NDArray[np.uint32],
    ) -> Occurrences:
        order = np.argsort(words.astype(np.uint64) << np.uint64(32) | positions.astype(np.uint64), kind="stable")
        return cls(vocabulary, words[order], positions[order], counts[order], lengths)

    def moved(self, to: npt.NDArray[np.int64], records: int) -> Occurrences:
        """Return the same of so many records, where each goes to another position, below 0: nowhere."""
        stays = to[self.positions] >= 0
        held, words = np.unique(self.words[stays], return_inverse=True)
        lengths = np.zeros(records, dtype=np.uint32)
        lengths[to[to >= 0]] = self.lengths[to >= 0]
        positions = to[self.positions[stays]].astype(np.uint32)
        vocabulary = [self.vocabulary[number] for number in held.tolist()]
        return self._sorted(vocabulary, words.astype(np.uint32), positions, self.counts[stays], lengths)

    def joined(self, other: Occurrences) -> Occurrences:
        """Return these and those of other records among the same number of positions."""
        vocabulary = sorted({*self.vocabulary, *other.vocabulary})
        numbers = {word: number for number, word in enumerate(vocabulary)}
        renumbered = [
            np.array([numbers[word] for word in own.vocabulary], dtype=np.uint32)[own.words] for own in (self, other)
        ]
        return self._sorted(
            vocabulary,
            np.concatenate(renumbered),
            np.concatenate([self.positions, other.positions]),
            np.concatenate([self.counts, other.counts]),
            self.lengths + other.lengths,
        )


@dataclass(frozen=True, slots=True)
class Postings:
    """The lexical index of some records, to be stored."""

    entries: dict[str, Entry]
    """By word, in their order."""
    content: bytes


def words_of(record: Record) -> tuple[str, ...]:
    """Return the words a record is found by, in order, with repeats."""
    return analyse("\n".join((record.question, *record.alternates, record.answer_text)))


def build_postings(found: Occurrences) -> Postings:
    """Return the index; the same words give the same bytes."""
    holders = np.bincount(found.words, minlength=len(found.vocabulary))
    first = np.cumsum(holders) - holders
    gains = _gains(found.counts, _norms(found.lengths)[found.positions])
    most = np.maximum.reduceat(gains, first) if len(found.vocabulary) else gains
    entries = map(Entry, first.tolist(), holders.tolist(), most.tolist())
    arrays = found.lengths.astype("<u4"), found.positions.astype("<u4"), found.counts
    return Postings(dict(zip(found.vocabulary, entries, strict=True)), b"".join(array.tobytes() for array in arrays))


def _norms(lengths: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
    """Return what a count is weighed against in each record: the more words it has, the less each says."""
    average = float(lengths.mean()) if len(lengths) else 1.0
    norms: npt.NDArray[np.float32] = (_K1 * (1 - _B + _B * lengths / max(average, 1e-9))).astype(np.float32)
    return norms


def _gains(counts: npt.NDArray[np.uint8], norms: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return what each count adds, before it is weighed by how rare the word is."""
    often = counts.astype(np.float32)
    return often * np.float32(_K1 + 1) / (often + norms)


class PostingsFile:
    """A stored lexical index. Read where it is needed, not mapped: a file that is cut short must not end the process.

    Any number of threads may use it; every method but `close` raises SnapshotDamaged.
    """

    def __init__(self, stored: Path | ByteSource, records: int) -> None:
        """Open the index of so many records, a file or what lies elsewhere; the caller has checked its sha256."""
        self._source = FileBytes(stored) if isinstance(stored, Path) else stored
        self._records = records
        size = self._source.size - records * _LENGTH_BYTES
        self.count, odd = divmod(size, _POSITION_BYTES + _COUNT_BYTES)
        """Number of postings."""
        if odd or self.count < 0:
            self.close()
            raise self._damaged(f"{size + records * _LENGTH_BYTES} bytes are no postings of {records} records")
        self._norms = _norms(self._read(0, records, np.dtype("<u4")))

    def close(self) -> None:
        """Close the file; the index is not used afterwards."""
        self._source.close()

    def occurrences(self, entries: Mapping[str, Entry]) -> Occurrences:
        """Return all that is stored; `entries` are those of every word."""
        vocabulary = sorted(entries, key=lambda word: entries[word].first)
        holders = [entries[word].records for word in vocabulary]
        if sum(holders) != self.count or vocabulary != sorted(vocabulary):
            raise self._damaged("its words are not those of its postings")
        words = np.repeat(np.arange(len(vocabulary), dtype=np.uint32), holders)
        everything = Entry(0, self.count, 0.0)
        lengths = self._read(0, self._records, np.dtype("<u4"))
        if not self.count:
            return Occurrences((), words, np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint8), lengths)
        return Occurrences(vocabulary, words, self._positions(everything), self._counts(everything), lengths)

    def best(self, entries: Iterable[Entry], limit: int, allowed: Mask | None = None) -> list[tuple[int, float]]:
        """Return (position, BM25) of the records that hold any of the words, best first, ties by position."""
        wanted = tuple(entries)
        for entry in wanted:
            self._check(entry)
        bounded = sorted(((self._rarity(entry) * entry.most, entry) for entry in wanted), key=lambda one: -one[0])
        scores = np.zeros(self._records, dtype=np.float32)
        found: list[Positions] = []
        left = sum(bound for bound, _ in bounded)
        done = 0
        for bound, entry in bounded:
            if entry.records >= _COSTLY and left < _least_of_best(scores, found, limit):
                break
            positions, gains = self._weighed(entry, allowed)
            found.append(positions[scores[positions] == 0])
            scores[positions] += gains
            left -= bound
            done += 1
        near = np.concatenate(found) if found else np.empty(0, dtype=np.uint32)
        if done < len(bounded):
            near = np.sort(near[scores[near] + np.float32(left) >= _least_of_best(scores, found, limit)])
            for _, entry in bounded[done:]:
                self._look_up(entry, near, scores)
        ranked = near[np.lexsort((near, -scores[near]))][:limit]
        return list(zip(ranked.tolist(), scores[ranked].tolist(), strict=True))

    def holds(self, entry: Entry, position: int) -> bool:
        """Return whether the record at a position holds the word: a dozen reads of one number."""
        row = bisect_left(range(entry.records), position, key=lambda at: int(self._positions(entry, at, 1)[0]))
        return row < entry.records and int(self._positions(entry, row, 1)[0]) == position

    def _weighed(self, entry: Entry, allowed: Mask | None) -> tuple[Positions, npt.NDArray[np.float32]]:
        """Return the records of a word that may be found, and what it adds to each."""
        positions = self._positions(entry)
        counts = self._counts(entry)
        if allowed is not None:
            kept = allowed[positions]
            positions, counts = positions[kept], counts[kept]
        return positions, np.float32(self._rarity(entry)) * _gains(counts, self._norms[positions])

    def _look_up(self, entry: Entry, near: Positions, scores: npt.NDArray[np.float32]) -> None:
        """Add what a word adds to the records near, ascending."""
        positions = self._positions(entry)
        at = np.minimum(np.searchsorted(positions, near), len(positions) - 1)
        held = positions[at] == near
        counts = self._counts(entry)[at[held]]
        scores[near[held]] += np.float32(self._rarity(entry)) * _gains(counts, self._norms[near[held]])

    def _rarity(self, entry: Entry) -> float:
        """Return the inverse document frequency, as SQLite's FTS5 has it."""
        if entry.records > self._records:
            raise self._damaged(f"a word in {entry.records} of {self._records} records")
        return max(math.log((self._records - entry.records + 0.5) / (entry.records + 0.5)), _LEAST_IDF)

    def _positions(self, entry: Entry, start: int = 0, count: int | None = None) -> Positions:
        wanted = entry.records if count is None else count
        self._check(entry)
        at = self._records * _LENGTH_BYTES + (entry.first + start) * _POSITION_BYTES
        found: Positions = self._read(at, wanted, np.dtype("<u4"))
        if found.size and int(found.max()) >= self._records:
            raise self._damaged(f"a posting of a record beyond the {self._records} there are")
        return found

    def _counts(self, entry: Entry) -> npt.NDArray[np.uint8]:
        at = self._records * _LENGTH_BYTES + self.count * _POSITION_BYTES + entry.first * _COUNT_BYTES
        found: npt.NDArray[np.uint8] = self._read(at, entry.records, np.dtype(np.uint8))
        return found

    def _check(self, entry: Entry) -> None:
        """Refuse postings that the file does not have, before memory is asked for them."""
        if not 0 <= entry.first <= entry.first + entry.records <= self.count or not entry.records:
            raise self._damaged(f"no postings {entry.first} to {entry.first + entry.records} among {self.count}")

    def _read(self, at: int, count: int, kind: np.dtype[Any]) -> Any:
        found = np.empty(count, dtype=kind)
        if self._source.read_into(at, found.data) != found.nbytes:
            raise self._damaged("it was cut short while it was open")
        return found

    def _damaged(self, what: str) -> SnapshotDamaged:
        return SnapshotDamaged(f"{self._source.name}: {what}; run `faq ingest` to build it again")


def _least_of_best(scores: npt.NDArray[np.float32], found: Sequence[Positions], limit: int) -> float:
    """Return the score that a record has to come to, to be among the best so far; 0 where there are fewer."""
    near = np.concatenate(found) if found else np.empty(0, dtype=np.uint32)
    if len(near) <= limit:
        return 0.0
    return float(np.partition(scores[near], -limit)[-limit])
