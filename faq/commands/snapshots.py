"""`faq snapshots`: list them, or go back to one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.snapshot.published import find_snapshot, list_snapshots
from faqkb.kb.snapshot.publishing import rollback


@click.command("snapshots", epilog=examples("faq snapshots", "faq snapshots --rollback previous"))
@click.option(
    "--rollback",
    "target",
    metavar="NAME",
    help="Make this snapshot the live one: its name, a beginning of it, or `previous`.",
)
@kb_option
@json_option
def command(target: str | None, kb: Path | None, as_json: bool) -> None:
    """List the snapshots of a knowledge base, oldest first; `*` marks the live one."""
    folder = kb_folder(kb)
    if target:
        rollback(folder, find_snapshot(folder, target))
    found = list_snapshots(folder)
    if as_json:
        say_json({"snapshots": [asdict(snapshot) for snapshot in found]})
        return
    for snapshot in found:
        mark = "*" if snapshot.current else " "
        say(f"{mark} {snapshot.name}  {snapshot.records} records, {snapshot.passages} passages")
