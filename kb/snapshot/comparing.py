"""What changed between two sets of records: added, changed, renamed, removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from faqkb.kb.records import Record
from faqkb.kb.snapshot.stored import Stored
from faqkb.kb.store.rows import dump_record, load_record


@dataclass(frozen=True, slots=True)
class Difference:
    """How the newer records differ from the older ones; each in the order of its own set."""

    added: tuple[Record, ...]
    changed: tuple[Record, ...]
    """As they are now; a record that only moved within its file is not among them."""
    renamed: tuple[tuple[Record, Record], ...]
    """Before and now: another id, and the same question or the same answer."""
    removed: tuple[Record, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(getattr(self, name)) for name in ("added", "changed", "renamed", "removed")}

    def to_json(self) -> dict[str, list[str] | list[list[str]]]:
        """Return the ids of each."""
        return {
            "added": [record.id for record in self.added],
            "changed": [record.id for record in self.changed],
            "renamed": [[before.id, now.id] for before, now in self.renamed],
            "removed": [record.id for record in self.removed],
        }


def compare_records(older: Iterable[Record], newer: Iterable[Record]) -> Difference:
    """Return how two sets of records differ, told apart by their ids."""
    before = {record.id: record for record in older}
    now = {record.id: record for record in newer}
    removed = {record_id: record for record_id, record in before.items() if record_id not in now}
    added = {record_id: record for record_id, record in now.items() if record_id not in before}
    renamed = renamed_records(removed, added)
    for one, other in renamed:
        del removed[one.id], added[other.id]
    changed = [now[each] for each in now if each in before and _content(now[each]) != _content(before[each])]
    return Difference(tuple(added.values()), tuple(changed), tuple(renamed), tuple(removed.values()))


def compare_with_stored(stored: Stored, newer: Sequence[Record]) -> Difference:
    """Return how records differ from those of a snapshot: only rows that are not what one of them would be are read."""
    now = {record.id: record for record in newer}
    same: set[str] = set()
    other: list[Record] = []
    for record_id, row in stored.store.records.texts():
        if record_id in now and dump_record(now[record_id]) == row:
            same.add(record_id)
        else:
            other.append(load_record(row))
    return compare_records(other, (record for record in newer if record.id not in same))


def renamed_records(removed: Mapping[str, Record], added: Mapping[str, Record]) -> list[tuple[Record, Record]]:
    """Return which of the removed records are which of the added ones: by question and answer, else by either."""
    left = dict(removed)
    pairs: list[tuple[Record, Record]] = []
    for same in (_both, _question, _answer):
        places: dict[tuple[str, ...], list[Record]] = {}
        for record in left.values():
            places.setdefault(same(record), []).append(record)
        taken = {now.id for _, now in pairs}
        for record in (record for record in added.values() if record.id not in taken):
            if found := places.get(same(record)):
                before = found.pop(0)
                pairs.append((before, record))
                del left[before.id]
    return pairs


def _both(record: Record) -> tuple[str, ...]:
    return (record.question, record.answer)


def _question(record: Record) -> tuple[str, ...]:
    return (record.question,)


def _answer(record: Record) -> tuple[str, ...]:
    return (record.answer,)


def _content(record: Record) -> Record:
    """Return a record without where in its file it stands."""
    return replace(record, source=replace(record.source, line=0))
