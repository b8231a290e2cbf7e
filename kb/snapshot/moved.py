"""Ids that were published once and are no more, and the records that go on under another id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faqkb.kb.records import Record
from faqkb.kb.snapshot.comparing import renamed_records
from faqkb.kb.snapshot.stored import Stored


def moved_ids(before: Stored | None, records: Sequence[Record]) -> dict[str, str]:
    """Return the successor of each id that is no more once `records` replace the live snapshot, where there is one.

    A successor is the record that names the id as one of its former ones, else a new record with the same question or
    the same answer, else what the live snapshot says. It may itself be gone; a later snapshot may have it back.
    """
    moved = {} if before is None else _moved_since(before, records)
    moved |= {former: record.id for record in records for former in record.was}
    here = {record.id for record in records}
    found: dict[str, str] = {}
    gone = [former for former in moved if former not in here]
    for former in gone:
        _follow(former, moved, here, found)
    return {former: found[former] for former in gone}


def _moved_since(before: Stored, records: Sequence[Record]) -> dict[str, str]:
    """Return what the live snapshot has moved, and what goes on in new records; only what is gone is read."""
    known = before.store.records.all_ids()
    added = {record.id: record for record in records if record.id not in known}
    gone = known.difference(record.id for record in records)
    removed = {each: record for each in sorted(gone) if (record := before.record(each)) is not None}
    found = {one.id: other.id for one, other in renamed_records(removed, added)}
    return before.store.records.moved() | found


def _follow(former: str, moved: Mapping[str, str], here: set[str], found: dict[str, str]) -> None:
    """Find where an id leads in the end, and all ids on the way there; of a circle any is as good as another.

    Each id is looked at once: a snapshot from elsewhere may bring a chain of all of its own.
    """
    way: set[str] = set()
    at = former
    while at not in here and at in moved and at not in way and at not in found:
        way.add(at)
        at = moved[at]
    found |= dict.fromkeys(way, found.get(at, at))
