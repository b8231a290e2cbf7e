"""`faq diff`: what changed between two snapshots."""

from __future__ import annotations

from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.faq.showing.differences import difference_lines, difference_sentence
from faqkb.kb.errors import SnapshotNotFound
from faqkb.kb.snapshot.comparing import compare_records
from faqkb.kb.snapshot.published import current_snapshot, find_snapshot, list_snapshots
from faqkb.kb.snapshot.stored import open_stored


@click.command("diff", epilog=examples("faq diff", "faq diff previous --json"))
@click.argument("older", metavar="[A]", required=False)
@click.argument("newer", metavar="[B]", required=False)
@kb_option
@json_option
def command(older: str | None, newer: str | None, kb: Path | None, as_json: bool) -> None:
    """Show which records a snapshot added, changed, renamed and removed.

    A and B are names of snapshots, beginnings of them, or `previous`; left out, B is the live one and A the one before.
    """
    folder = kb_folder(kb)
    live = current_snapshot(folder)
    last = find_snapshot(folder, newer) if newer else live
    first = find_snapshot(folder, older) if older else _before(folder, last)
    with open_stored(folder, first) as before, open_stored(folder, last) as now:
        found = compare_records(before.records(), now.records())
    if as_json:
        say_json({"older": first, "newer": last, **found.to_json()})
        return
    say(f"{first} -> {last}: {difference_sentence(found)}")
    for line in difference_lines(found):
        say(line)


def _before(folder: Path, name: str) -> str:
    """Return the snapshot published before another. Raises SnapshotNotFound."""
    names = [snapshot.name for snapshot in list_snapshots(folder)]
    at = names.index(name) if name in names else 0
    if at == 0:
        raise SnapshotNotFound(
            f"{folder} has no snapshot before {name}; publish another, or name two of `faq snapshots`"
        )
    return names[at - 1]
