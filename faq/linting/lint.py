"""`faq lint`: what is wrong in the FAQ itself, and what of it can be mended without changing an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from faqkb.faq.bootstrap import encoder_folder, ingest_paths, reading_orders
from faqkb.faq.config import kb_folder
from faqkb.faq.linting.choosing import Choice, chosen_rules
from faqkb.faq.linting.online import dead_addresses
from faqkb.faq.linting.telling import FORMATS, Told, tell, tell_rules
from faqkb.faq.linting.web import Web
from faqkb.faq.options import examples, json_option
from faqkb.faq.progress import counted
from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linting.answers import read_age
from faqkb.ingest.linting.fixing import fix_file
from faqkb.ingest.linting.run import Against, Read, find_by_reading, read_files, without_silenced
from faqkb.ingest.linting.source_tree import read_tree


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked at, and with what."""

    paths: tuple[Path, ...]
    choice: Choice
    against: Against
    follow_links: bool = False
    online: bool = False
    self_test: bool = False


@click.command(
    "lint",
    epilog=examples("faq lint", "faq lint docs/faq.md --fix", "faq lint content --quick --format github"),
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--fix", is_flag=True, help="Mend what can be mended without changing an answer.")
@click.option("--only", multiple=True, metavar="RULE", help="Only this rule; may be repeated.")
@click.option("--off", multiple=True, metavar="RULE", help="Without this rule; may be repeated.")
@click.option("--quick", is_flag=True, help="Without the rules that need the embedding model.")
@click.option("--self-test", is_flag=True, help="Ask each question, and see whether it finds itself.")
@click.option("--online", is_flag=True, help="Follow the links to the web.")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Source tree that should have the files and flags that answers name.",
)
@click.option("--stale-after", metavar="AGE", help="Age (18m), day (2025-01-31) or version (v2.4) of what is old.")
@click.option("--follow-links", is_flag=True, help="Read also what links out of a PATH lead to.")
@click.option("--rules", is_flag=True, help="List the rules.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are told.")
@json_option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    paths: tuple[Path, ...],
    fix: bool,
    only: tuple[str, ...],
    off: tuple[str, ...],
    quick: bool,
    self_test: bool,
    online: bool,
    against: Path | None,
    stale_after: str | None,
    follow_links: bool,
    rules: bool,
    form: str,
    as_json: bool,
) -> int:
    """Look for what is wrong in FAQ Markdown (files or folders): links, labels, questions that collide.

    Exit code: 0 nothing found, 1 findings, 2 error.
    """
    form = "json" if as_json else form
    if rules:
        tell_rules(form)
        return 0
    choice = chosen_rules(only, off)
    held = Against(
        tree=read_tree(against) if against and "gone" in choice else None,
        age=read_age(stale_after, datetime.now(UTC).date()) if stale_after else None,
    )
    looking = Looking(ingest_paths(paths), choice.quick() if quick else choice, held, follow_links, online, self_test)
    read, findings = _look(looking)
    fixed = 0
    if fix and any(finding.edit for finding in findings):
        fixed = sum(fix_file(linted, _of(findings, linted.name)) for linted in read.files)
        read, findings = _look(looking)
    tell(Told(findings, len(read.files), fixed), form)
    return 1 if findings else 0


def _of(findings: Sequence[Finding], path: str) -> list[Finding]:
    return [finding for finding in findings if finding.path == path]


def _look(looking: Looking) -> tuple[Read, list[Finding]]:
    """Return the files, read, and what was found in them, in order."""
    read = read_files(looking.paths, reading_orders(), follow_links=looking.follow_links)
    found = [finding for finding in _found(read, looking) if finding.rule in looking.choice]
    return read, without_silenced(found, read.files)


def _found(read: Read, looking: Looking) -> Iterator[Finding]:
    yield from find_by_reading(read, looking.against)
    if looking.online and "dead-address" in looking.choice:
        with counted("asking addresses") as told:
            yield from dead_addresses(read.files, Web(), told)
    if looking.choice.by_meaning and any(linted.records for linted in read.files):
        yield from _by_meaning(read, looking)


def _by_meaning(read: Read, looking: Looking) -> Iterator[Finding]:
    from faqkb.faq.linting.meaning import embed, find_by_meaning  # noqa: PLC0415 - NumPy and the model, with --quick never
    from faqkb.faq.linting.self_test import not_first  # noqa: PLC0415
    from faqkb.kb.model.encoder import Encoder  # noqa: PLC0415

    encoder = Encoder(encoder_folder(kb_folder(None)))
    with counted("embedding questions and answers") as told, encoder.reading_much():
        meant = embed(read.files, encoder, told)
    yield from find_by_meaning(read.files, meant)
    if looking.self_test and "not-first" in looking.choice:
        with counted("embedding passages") as told:
            yield from not_first(read.files, encoder, told)
