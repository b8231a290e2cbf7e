"""Since which day each record reads as it does: the file `days.bin`, one little-endian int32 a record.

A day is counted from 1970-01-01, in UTC. A snapshot whose records are all of the day it was published has no such file:
the first one of a knowledge base is the same whatever day it is made on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import SnapshotDamaged

_EPOCH = date(1970, 1, 1).toordinal()
_LAST = date.max.toordinal() - _EPOCH


@dataclass(frozen=True)
class Days:
    """Of each record, by position, the day of the first snapshot with the words that it has now."""

    numbers: npt.NDArray[np.int32]
    """Days since 1970-01-01, shape (records,)."""

    @classmethod
    def from_bytes(cls, content: bytes | None, records: int, created: str) -> Days:
        """Return the stored days, those of the day of publishing where none are. Raises SnapshotDamaged."""
        if content is None:
            return cls(np.full(records, number_of(created), dtype=np.int32))
        numbers = np.frombuffer(content[: len(content) // 4 * 4], dtype="<i4")
        if len(content) != 4 * records or np.any(numbers < 0) or np.any(numbers > _LAST):
            raise SnapshotDamaged(f"{len(content)} bytes are not the days of {records} records; run `faq ingest`")
        return cls(numbers)

    def of(self, position: int) -> date:
        """Return the day of the record at a position."""
        return day_of(int(self.numbers[position]))

    @property
    def last(self) -> date | None:
        """The newest day, None without records."""
        return self.of(self.newest[0]) if len(self.numbers) else None

    @cached_property
    def newest(self) -> Sequence[int]:
        """All positions, those changed last first; of one day in stored order."""
        found: list[int] = np.argsort(-self.numbers, kind="stable").tolist()
        return found


def number_of(created: str) -> int:
    """Return the day of a time of publishing, ISO 8601, as a number."""
    return datetime.fromisoformat(created).astimezone(UTC).toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day of a number."""
    return date.fromordinal(number + _EPOCH)


def today() -> int:
    """Return the day it is now, as a number."""
    return datetime.now(UTC).toordinal() - _EPOCH


def days_content(digests: Sequence[bytes], known: Mapping[bytes, int]) -> bytes | None:
    """Return the content of the file for records of these digests, None where none is needed.

    `known` has the days of an earlier snapshot's records by their digest.
    """
    now = today()
    numbers = np.array([known.get(digest, now) for digest in digests], dtype="<i4")
    return None if np.all(numbers == now) else numbers.tobytes()
