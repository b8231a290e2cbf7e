"""`faq import`: a knowledge base that somebody handed over, published here once it is read through.

Or the FAQ of another system, which becomes Markdown: `importing`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, say_note
from faqkb.faq.handing.importing import import_collection
from faqkb.faq.options import examples, json_option, new_kb_option
from faqkb.ingest.imported.recognise import FORMS
from faqkb.kb.checks import Check
from faqkb.kb.disk import TEMPORARY_PREFIX, remove_folder, storage_errors, writer_lock
from faqkb.kb.errors import ArchiveRefused
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.snapshot.archive import unpack_snapshot
from faqkb.kb.snapshot.manifest import Manifest
from faqkb.kb.snapshot.publishing import LinkedFile, publish_snapshot
from faqkb.kb.snapshot.shared import shared_files

_WORK = f"{TEMPORARY_PREFIX}import-"
_PROBE = "ready?"  # any text: the question is whether encoder and indexes run


@dataclass(frozen=True, slots=True)
class _Brought:
    """A check script that came along."""

    id: str
    title: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Imported:
    snapshot: str
    records: int
    passages: int
    encoder: str
    checks: tuple[_Brought, ...]


@click.command(
    "import",
    epilog=examples(
        "faq import colleague.faqkb",
        "faq import colleague.faqkb --kb build/theirs",
        "faq import azure-export.tsv --to content/imported",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to", "to", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Folder for Markdown files."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    metavar="NAME",
    help=f"Whose file it is, with --to: {', '.join(FORMS)}. Without it, its columns and fields say so.",
)
@click.option("--yes", "sure", is_flag=True, help="With --to: replace files that are there.")
@new_kb_option
@json_option
def command(file: Path, to: Path | None, form: str | None, sure: bool, kb: Path | None, as_json: bool) -> None:
    """Publish a knowledge base that was exported with `faq export --format kb`, or make Markdown of a foreign FAQ.

    Nothing in an exported one is believed: every byte is checked against its manifest, every check script is read
    again, and what does not hold is refused. It becomes a snapshot like any other; `faq snapshots --rollback previous`
    goes back.

    With `--to DIR`, FILE is what another system exported, and becomes Markdown for `faq ingest`; every row that is left
    out or not as it was is told.
    """
    if to is not None:
        if kb is not None:
            raise click.UsageError("--to writes Markdown, --kb names a knowledge base (got both, expected one)")
        import_collection(file, to, form, sure=sure, as_json=as_json)
        return
    if form or sure:
        raise click.UsageError("--format and --yes are for --to DIR; say that too, or leave them out")
    imported = _import(file, kb_folder(kb))
    if as_json:
        say_json(asdict(imported))
        return
    say(f"imported {imported.snapshot}: {imported.records} records, {imported.passages} passages")
    if imported.checks:
        say_note(
            f"it brings {len(imported.checks)} check scripts, which run only when you say so; read one first with"
            " `faq check show ID`:"
        )
        for check in imported.checks:
            say_note(f"  {check.id}: {check.title}")


def _import(archive: Path, folder: Path) -> _Imported:
    """Raises ArchiveRefused, SnapshotUnsupported, StorageFailed, Busy."""
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with writer_lock(folder / "lock", subject=str(folder)), _workshop(folder) as work:
        manifest = unpack_snapshot(archive, work)
        checks = _read_through(archive, work)
        unpacked = work / "snapshots" / manifest.name
        linked = {path: LinkedFile(unpacked / path, entry) for path, entry in manifest.files.items()}
        name = publish_snapshot(
            folder,
            shared_files(folder, linked),
            encoder=manifest.encoder,
            records=manifest.records,
            passages=manifest.passages,
        )
    return _told(name, manifest, checks)


def _read_through(archive: Path, work: Path) -> tuple[Check, ...]:
    """Open what was unpacked as a server would, ask it, and read every record and check. Raises ArchiveRefused."""
    try:
        knowledge = KnowledgeBase.open(work, verify_model=True)
        try:
            knowledge.search(_PROBE, limit=1)
            for _ in knowledge.all_records():
                continue
            return knowledge.checks()
        finally:
            knowledge.close()
    except Exception as error:  # a file that no writer of ours made can fail anywhere, in our code or in a library
        what = str(error).partition(";")[0].replace(f"{work}{os.sep}", "")
        raise ArchiveRefused(f"{archive}: {what}; nothing was imported, do not trust where it comes from") from error


def _told(name: str, manifest: Manifest, checks: tuple[Check, ...]) -> _Imported:
    brought = tuple(_Brought(check.id, check.title, check.sha256) for check in checks)
    return _Imported(name, manifest.records, manifest.passages, manifest.encoder, brought)


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """Lend a new folder, removed at the end; those of killed imports go first, since the lock is ours."""
    with storage_errors(folder):
        for left in sorted(folder.glob(f"{_WORK}*")):
            remove_folder(left)
        work = folder / f"{_WORK}{os.getpid()}"
        work.mkdir()
    try:
        yield work
    finally:
        with storage_errors(folder):
            remove_folder(work)
