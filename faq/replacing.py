"""What a publish does to the records that are there: told, and asked about where much of it would go."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faqkb.faq.bootstrap import publish
from faqkb.faq.console import one_line, say_note
from faqkb.kb.errors import (
    ContentError,
    KnowledgeBaseMissing,
    SnapshotDamaged,
    SnapshotNotFound,
    SnapshotUnsupported,
)
from faqkb.kb.snapshot.comparing import Difference, compare_with_stored
from faqkb.kb.snapshot.published import snapshot_names
from faqkb.kb.snapshot.stored import Stored, open_stored

if TYPE_CHECKING:
    from faqkb.ingest import Ingested
    from faqkb.kb.building.build import Published

_REMOVED_MOST = 0.2  # of the records that are there, without being asked
_NAMED = 5  # of those that would go


@dataclass(frozen=True, slots=True)
class Replacing:
    """What whoever publishes says of the records that are there."""

    add: bool = False
    """Keep those of all other files."""
    sure: bool = False
    """Publish even where many of them go, or a file of them cannot be read."""
    dry_run: bool = False
    """Say what changes, and publish nothing."""
    preview: Callable[[Ingested, Path], None] = lambda ingested, folder: None
    """Called instead of publishing, where something is stored already."""
    asks: bool = True
    """Ask on a terminal where many of them go; refuse without asking otherwise."""


def replace_stored(
    ingested: Ingested, folder: Path, how: Replacing, publishing: Callable[[Ingested, Path], Published] = publish
) -> tuple[Difference | None, Published | None]:
    """Publish what was read instead of what is stored, or with it; return what changes, None where nothing is stored.

    Raises ContentError, Abort, and what `publishing` raises.
    """
    with live_records(folder) as stored:
        if stored is None:
            refuse_unknown_loss(folder, ingested, how)
            return None, None if how.dry_run else publishing(ingested, folder)
        if how.add:
            ingested = added_to(stored, ingested)
        found = compare_with_stored(stored, ingested.records)
        if how.dry_run:
            how.preview(ingested, folder)
            return found, None
        if not how.sure:
            refuse_lost_files(stored, ingested)
            ask_about_removal(found, stored.store.records.count, asks=how.asks)
        return found, publishing(ingested, folder)


@contextmanager
def live_records(folder: Path) -> Iterator[Stored | None]:
    """Lend the records that a publish would replace; None where there are none, or none that can be read."""
    with ExitStack() as opened:
        stored: Stored | None
        try:
            stored = opened.enter_context(open_stored(folder))
        except KnowledgeBaseMissing:
            stored = None
        except (SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported) as error:
            say_note(f"what changes is not told: {error}")
            stored = None
        yield stored


def added_to(stored: Stored, ingested: Ingested) -> Ingested:
    """Return what was read together with what is stored of other files."""
    ids = {record.id for record in ingested.records}
    read = {file.path for file in ingested.files if not file.error}
    kept = [record for record in stored.records() if record.id not in ids and record.source.path not in read]
    checks = {check.id: check for check in (*stored.checks(), *ingested.checks)}
    pictures = {picture.name: picture for picture in (*stored.pictures(), *ingested.pictures)}
    return replace(
        ingested,
        records=(*kept, *ingested.records),
        checks=tuple(checks[each] for each in sorted(checks)),
        pictures=tuple(pictures[each] for each in sorted(pictures)),
    )


def refuse_unknown_loss(folder: Path, ingested: Ingested, how: Replacing) -> None:
    """Refuse what may lose records that are stored where nobody can read now. Raises ContentError."""
    if not snapshot_names(folder):
        return
    if how.add:
        raise ContentError(
            "nothing was published: what is stored cannot be read, so --add cannot keep it; go back to a whole snapshot"
            " (faq doctor --repair), or leave out --add and name all content"
        )
    unread = [file.error for file in ingested.files if file.error]
    if unread and not how.sure:
        raise ContentError(
            f"nothing was published: a file cannot be read ({unread[0]}), nor what it gave before; correct it, or do"
            " without its records: faq ingest PATH --yes"
        )


def refuse_lost_files(stored: Stored, ingested: Ingested) -> None:
    """Refuse to publish without a file that gave records before and cannot be read now, or holds no text.

    Raises ContentError.
    """
    unread = {file.path: file.lacks for file in ingested.files if file.lacks}
    path = min((path for path in unread if stored.store.records.positions_from([path])), default=None)
    if path is not None:
        raise ContentError(
            f"nothing was published: {path} gave records before and cannot be read now ({unread[path]}); correct it, or"
            f" do without its records: faq ingest PATH --yes"
        )


def ask_about_removal(found: Difference, before: int, *, asks: bool) -> None:
    """Ask whether more than a fifth of the records may go. Raises ContentError where nobody can say so, and Abort."""
    removed = [record.id for record in found.removed]
    if len(removed) <= _REMOVED_MOST * before:
        return
    more = f" and {len(removed) - _NAMED} more" if len(removed) > _NAMED else ""
    told = f"this removes {len(removed)} of {before} records ({', '.join(removed[:_NAMED])}{more})"
    if asks and sys.stdin.isatty():
        click.confirm(f"{one_line(told)}. Publish?", abort=True, err=True)
        return
    raise ContentError(f"nothing was published: {told}; if that is meant, faq ingest PATH --yes, or --add to keep them")
