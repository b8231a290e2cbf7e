"""`faq ingest`: Markdown to a new snapshot."""

from __future__ import annotations

from pathlib import Path

import click

from faq.bootstrap import encoder_folder, ingest_paths
from faq.config import kb_folder
from faq.console import Counter, say, say_json, say_note
from faq.options import json_option, kb_option
from ingest import FileReport, Ingested, read_sources
from kb.build import Published, build_snapshot
from kb.encoder import Encoder
from kb.errors import ContentError


@click.command("ingest")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Read and report, publish nothing.")
@click.option("--strict", is_flag=True, help="Exit with 1 when there are warnings.")
@kb_option
@json_option
def command(paths: tuple[Path, ...], dry_run: bool, strict: bool, kb: Path | None, as_json: bool) -> int:
    """Read FAQ Markdown (files or folders) and publish it as a new snapshot.

    Exit code: 0 published, 1 with --strict and warnings, 2 nothing published.
    """
    ingested = read_sources(ingest_paths(paths))
    if not as_json:
        for file in ingested.files:
            _show_file(file)
    if not ingested.records:
        raise ContentError(
            f"no question was found in {len(ingested.files)} files; the lines above say what was skipped and why"
        )
    published = None if dry_run else _publish(ingested, kb_folder(kb))
    warnings = sum(len(file.warnings) for file in ingested.files) + len(published.truncated if published else ())
    if as_json:
        say_json(_document(ingested, published))
    else:
        _show_published(ingested, published)
    return 1 if strict and warnings else 0


def _publish(ingested: Ingested, folder: Path) -> Published:
    encoder = Encoder(encoder_folder(folder))
    return build_snapshot(folder, ingested.records, encoder, Counter("embedding passage"))


def _show_file(file: FileReport) -> None:
    say(f"{file.path}: {file.records} records ({file.style})")
    for skipped in file.skipped:
        say(f"  {file.path}:{skipped.line}: skipped, {skipped.reason}: {skipped.text}")
    for warning in file.warnings:
        say_note(f"{file.path}:{warning.line}: warning: {warning.message}")


def _show_published(ingested: Ingested, published: Published | None) -> None:
    if published is None:
        say(f"dry run: {len(ingested.records)} records, nothing published")
        return
    for record_id in published.truncated:
        say_note(f"{record_id}: warning: longer than the encoder reads; its end is not searched by meaning")
    what = "published" if published.changed else "unchanged"
    say(
        f"{what} {published.snapshot}: {published.records} records, {published.passages} passages,"
        f" {published.embedded} embedded"
    )


def _document(ingested: Ingested, published: Published | None) -> dict[str, object]:
    return {
        "records": len(ingested.records),
        "files": [file.to_json() for file in ingested.files],
        "published": None
        if published is None
        else {
            "snapshot": published.snapshot,
            "changed": published.changed,
            "passages": published.passages,
            "embedded": published.embedded,
            "truncated": list(published.truncated),
        },
    }
