"""`faq doctor`: what is installed, and whether model, snapshots, keys and feedback are whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, say_note, styled
from faqkb.faq.doctor.findings import look_at
from faqkb.faq.doctor.repairs import repair
from faqkb.faq.options import examples, json_option, kb_option


@click.command("doctor", epilog=examples("faq doctor", "faq doctor --json", "faq doctor --repair"))
@click.option(
    "--repair",
    "repairs",
    is_flag=True,
    help="First put right what can be: model, snapshots, leftovers, modes.",
)
@kb_option
@json_option
def command(repairs: bool, kb: Path | None, as_json: bool) -> int:
    """Check the installation and all that is stored; exit code 1 when something is wrong."""
    folder = kb_folder(kb)
    for line in repair(folder) if repairs else ():
        say_note(line)
    findings = list(look_at(folder))
    if as_json:
        say_json({"ok": all(found.ok for found in findings), "findings": [asdict(found) for found in findings]})
    else:
        for found in findings:
            mark = styled("ok ", fg="green") if found.ok else styled("BAD", fg="red")
            say(f"{mark} {found.what}: {found.detail}")
    return 0 if all(found.ok for found in findings) else 1
