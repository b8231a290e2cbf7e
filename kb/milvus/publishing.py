"""Stores a snapshot in Milvus and makes it live there, in one step; keeps the newest, and goes back to one.

The collections of a snapshot are filled, indexed, loaded and counted; then it gets an alias that says it is whole, and
last of all the one alias that servers follow is switched. Whatever dies before leaves that alias as it was; collections
without the first alias are swept by the next publish. One machine publishes to a knowledge base at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.errors import MilvusAway, SnapshotNotFound
from faqkb.kb.index.late_interaction import TokenIndex
from faqkb.kb.milvus.address import KINDS
from faqkb.kb.milvus.client import Milvus, Row
from faqkb.kb.milvus.rows import LocalSnapshot
from faqkb.kb.model.files import read_manifest
from faqkb.kb.retrieval.opening import open_indexes, read_ranking
from faqkb.kb.snapshot.published import RECORDS_FILE, TOKENS_FOLDER, open_snapshot
from faqkb.kb.store.store import Store

Progress = Callable[[int, int], None]
_PARTS_OF_ALL = "parts"  # the collection that aliases lead to


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A whole snapshot in Milvus."""

    name: str
    current: bool


def push_snapshot(folder: Path, name: str, milvus: Milvus, progress: Progress = lambda done, total: None) -> bool:
    """Store a snapshot of a knowledge base on this machine and make it the live one; return whether that was new.

    One that is there already is not stored again. Raises SnapshotDamaged, SnapshotNotFound, MilvusAway.
    """
    address = milvus.address
    whole = {snapshot.name for snapshot in list_stored(milvus)}
    was_live = milvus.target(address.live_alias) == address.collection(name, _PARTS_OF_ALL)
    _sweep(milvus, whole)
    if name not in whole:
        with _opened(folder, name) as local:
            _fill(milvus, name, local, progress)
        milvus.switch(address.whole_alias(name), address.collection(name, _PARTS_OF_ALL))
    _make_live(milvus, name)
    _prune(milvus, name)
    return not was_live


def list_stored(milvus: Milvus) -> tuple[StoredSnapshot, ...]:
    """Return the whole snapshots in Milvus, oldest first. Raises MilvusAway."""
    address = milvus.address
    live = milvus.target(address.live_alias)
    return tuple(
        StoredSnapshot(name, live == address.collection(name, _PARTS_OF_ALL))
        for name in _names(milvus)
        if milvus.target(address.whole_alias(name)) is not None
    )


def roll_back(milvus: Milvus, wanted: str) -> str:
    """Make an earlier snapshot the live one: its name, a beginning of it, or `previous`; return its name.

    Raises SnapshotNotFound, MilvusAway.
    """
    stored = list_stored(milvus)
    names = [snapshot.name for snapshot in stored]
    if wanted == "previous":
        live = next((at for at, snapshot in enumerate(stored) if snapshot.current), 0)
        found = names[max(live - 1, 0) : live]
    else:
        found = [name for name in names if wanted and name.startswith(wanted)]
    if len(found) != 1:
        raise SnapshotNotFound(
            f"{milvus.address} has {len(found)} snapshots that begin so (got {wanted[:60]!r}, expected one);"
            " `faq snapshots` lists them"
        )
    _make_live(milvus, found[0])
    return found[0]


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[LocalSnapshot]:
    """Open a snapshot on this machine, all of it verified."""
    with ExitStack() as opened:
        files = open_snapshot(folder, name)
        opened.callback(files.close)
        files.verify()
        dim = read_manifest(files.model_folder).dim
        indexes = open_indexes(files, dim, read_ranking(files))
        opened.callback(indexes.close)
        if not isinstance(indexes.tokens, TokenIndex) or not isinstance(indexes.store, Store):
            raise TypeError(f"{files.folder / TOKENS_FOLDER}, {files.folder / RECORDS_FILE}: not opened from files")
        yield LocalSnapshot(files, indexes, indexes.tokens, indexes.store, dim)


def _fill(milvus: Milvus, name: str, local: LocalSnapshot, progress: Progress) -> None:
    """Store all rows, and see that Milvus has as many as were stored."""
    fields = local.fields()
    total = local.files.manifest.passages
    stored = {}
    for kind in KINDS:
        collection = milvus.address.collection(name, kind)
        milvus.create(collection, fields[kind])
        rows = _counted(local.rows(kind), progress, total) if kind == "passages" else local.rows(kind)
        stored[collection] = milvus.store(collection, rows, _size_of)
        milvus.serve(collection, stored[collection])
    for collection, rows_stored in stored.items():
        counted = milvus.count(collection)
        if counted != rows_stored:
            raise MilvusAway(
                f"{collection}: {counted} rows of {rows_stored} are there, nothing was published; run `faq ingest`"
            )


def _counted(rows: Iterator[Row], progress: Progress, total: int) -> Iterator[Row]:
    for at, row in enumerate(rows):
        if at % 1_000 == 0:
            progress(at, total)
        yield row
    progress(total, total)


def _size_of(row: Row) -> int:
    """Return about how many bytes a row takes."""
    texts = sum(len(value) for value in row.values() if isinstance(value, str))
    return 4 * len(row["vector"]) + 3 * texts


def _make_live(milvus: Milvus, name: str) -> None:
    for kind in KINDS:
        milvus.load(milvus.address.collection(name, kind))
    milvus.switch(milvus.address.live_alias, milvus.address.collection(name, _PARTS_OF_ALL))


def _names(milvus: Milvus) -> list[str]:
    """Return the names of all snapshots, whole or not, oldest first."""
    found = {milvus.address.snapshot_of(collection) for collection in milvus.collections()}
    return sorted(name for name in found if name is not None)


def _sweep(milvus: Milvus, whole: set[str]) -> None:
    """Remove what a publish left that died."""
    for name in _names(milvus):
        if name not in whole:
            _drop(milvus, name)


def _prune(milvus: Milvus, live: str) -> None:
    """Remove all but the newest; of these the live one and the one before it stay in memory, for who follows."""
    names = _names(milvus)
    kept = set(names[-limits.KEEP_SNAPSHOTS :]) | {live}
    former = [name for name in names if name != live][-1:]
    for name in names:
        if name not in kept:
            _drop(milvus, name)
        elif name not in {live, *former}:
            for kind in KINDS:
                milvus.release(milvus.address.collection(name, kind))


def _drop(milvus: Milvus, name: str) -> None:
    """Remove a snapshot: first what says that it is whole, then what it leads to."""
    milvus.drop_alias(milvus.address.whole_alias(name))
    there = set(milvus.collections())
    for kind in KINDS:
        collection = milvus.address.collection(name, kind)
        if collection in there:
            milvus.drop(collection)
