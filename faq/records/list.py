"""`faq list`: which records there are."""

from __future__ import annotations

from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.snapshot.stored import open_stored


@click.command("list", epilog=examples("faq list", "faq list --tag docker --json"))
@click.option(
    "--tag", "tags", multiple=True, metavar="T", help="Only records that carry this tag; more than once: any."
)
@kb_option
@json_option
def command(tags: tuple[str, ...], kb: Path | None, as_json: bool) -> None:
    """List the stored records in their order: id and question."""
    with open_stored(kb_folder(kb)) as stored:
        found = [record for record in stored.records() if not tags or set(tags).intersection(record.tags)]
    if as_json:
        say_json({"records": [{"id": each.id, "question": each.question, "language": each.language} for each in found]})
        return
    for record in found:
        say(f"{record.id}  {record.question}")
