"""`faq list`: which records there are."""

from __future__ import annotations

from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, filter_options, json_option, kb_option
from faqkb.kb.records import Filter
from faqkb.kb.snapshot.stored import open_stored


@click.command("list", epilog=examples("faq list", "faq list --tag docker --path guide/ --json"))
@filter_options
@kb_option
@json_option
def command(filter: Filter, kb: Path | None, as_json: bool) -> None:
    """List the stored records in their order: id and question."""
    with open_stored(kb_folder(kb)) as stored:
        found = list(stored.records(filter))
    if as_json:
        say_json({"records": [{"id": each.id, "question": each.question, "language": each.language} for each in found]})
        return
    for record in found:
        say(f"{record.id}  {record.question}")
