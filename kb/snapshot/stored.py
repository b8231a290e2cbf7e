"""The records of a snapshot without all that finds them: no model and no index is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.checks import Check
from faqkb.kb.pictures import Picture
from faqkb.kb.records import EVERY_RECORD, Filter, Record
from faqkb.kb.snapshot.published import RECORDS_FILE, SnapshotFiles, open_current, open_snapshot
from faqkb.kb.store.store import Store

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """What a snapshot holds, while it is open."""

    files: SnapshotFiles
    store: Store

    @property
    def name(self) -> str:
        """Name of the snapshot."""
        return self.files.name

    def records(self, filter: Filter = EVERY_RECORD) -> Iterator[Record]:
        """Yield the records that a filter lets through in stored order, a page in memory at a time."""
        if filter:
            yield from map(self.store.records.at, self.store.filters.positions(filter))
            return
        page = self.store.records.after(None, _PAGE)
        while page:
            yield from page
            page = self.store.records.after(page[-1].id, _PAGE)

    def record(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""
        return self.store.records.get(record_id)

    def checks(self) -> tuple[Check, ...]:
        """Return the check scripts, by id."""
        return self.store.checks.all()

    def pictures(self) -> tuple[Picture, ...]:
        """Return the pictures that answers show, by name; they lie where they are until this is closed."""
        return self.files.pictures()


@contextmanager
def open_stored(folder: Path, snapshot: str | None = None) -> Iterator[Stored]:
    """Lend the records of a snapshot by name, of the live one when none is given.

    Raises KnowledgeBaseMissing, SnapshotNotFound, SnapshotDamaged, SnapshotUnsupported.
    """
    files = open_snapshot(folder, snapshot) if snapshot else open_current(folder)
    try:
        files.verify(RECORDS_FILE)
        store = Store(files.folder / RECORDS_FILE)
        try:
            yield Stored(files, store)
        finally:
            store.close()
    finally:
        files.close()
