"""`faq show`: one record with all that is stored of it."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, say_note
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.errors import RecordUnknown
from faqkb.kb.records import Record
from faqkb.kb.snapshot.stored import Stored, open_stored


@click.command("show", epilog=examples("faq show faq_2021_s1/Q1.3", "faq show Q1.3 --json"))
@click.argument("record_id", metavar="ID")
@kb_option
@json_option
def command(record_id: str, kb: Path | None, as_json: bool) -> None:
    """Show a stored record: its question, its other wordings, its answer, and where it comes from."""
    with open_stored(kb_folder(kb)) as stored:
        record = stored.record(record_id) or _successor(record_id, stored) or _by_label(record_id, stored)
    if as_json:
        say_json(record.to_json())
        return
    for line in _lines(record):
        say(line)


def _successor(wanted: str, stored: Stored) -> Record | None:
    """Return the record that goes on under another id, and say so."""
    found = stored.store.records.successor(wanted)
    if found:
        say_note(f"{wanted} is now {found.id}")
    return found


def _by_label(wanted: str, stored: Stored) -> Record:
    """Return the one record whose id ends in what was typed. Raises RecordUnknown."""
    records = list(stored.records())
    found = [record for record in records if record.id.endswith(f"/{wanted}")]
    if len(found) == 1:
        return found[0]
    near = [record.id for record in found] or get_close_matches(wanted, [record.id for record in records], 3, 0.4)
    expected = f"one of {', '.join(near[:3])}" if near else "an id of `faq list`"
    raise RecordUnknown(f"no record has this id (got {wanted[:80]!r}, expected {expected}); `faq list` shows them all")


def _lines(record: Record) -> list[str]:
    facts = {
        "id": record.id,
        "source": f"{record.source.path}:{record.source.line}",
        "section": " > ".join(record.section),
        "language": record.language,
        "alternates": " | ".join(record.alternates),
        "tags": ", ".join(record.tags),
        "versions": ", ".join(record.versions),
        "was": ", ".join(record.was),
        "checks": ", ".join(record.checks),
    }
    return [record.question, "", record.answer, "", *(f"{name}: {told}" for name, told in facts.items() if told)]
