"""`faq improve`: suggestions that a maintainer accepts become a patch of the Markdown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from faqkb.faq.bootstrap import ingest_paths
from faqkb.faq.config import kb_folder
from faqkb.faq.console import say_bytes, say_note
from faqkb.faq.improving.content import Content
from faqkb.faq.improving.decisions import Decision, ask, decided
from faqkb.faq.improving.found import days_option, find
from faqkb.faq.improving.labelled import missing_words
from faqkb.faq.options import examples, kb_option
from faqkb.kb.errors import ContentError
from faqkb.kb.evaluation.queries import LabelledQuery, read_queries
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.gaps.gap import Gap

_STANDARD_OUTPUT = "-"


@click.command(
    "improve",
    epilog=examples(
        "faq improve --patch better.patch",
        "faq improve --accept 1f0c2a9b --reject 77d1e0aa > better.patch",
        "faq improve --accept 1f0c2a9b=guide/printing --patch && git apply better.patch",
    ),
)
@click.option(
    "--patch",
    is_flag=False,
    flag_value=_STANDARD_OUTPUT,
    default=_STANDARD_OUTPUT,
    metavar="[FILE]",
    help="Write the patch to a new file; by default to standard output.",
)
@click.option("--accept", metavar="ID,…", help="Accept these gaps' suggestions; ID=RECORD or ID=new decides otherwise.")
@click.option("--reject", metavar="ID,…", help="See these gaps no more.")
@click.option(
    "--queries",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Instead of gaps: give the words of labelled queries that go wrong to the records that answer them.",
)
@click.option(
    "--content",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Markdown file or folder; by default the configured content.",
)
@days_option
@kb_option
def command(
    patch: str,
    accept: str | None,
    reject: str | None,
    queries: Path | None,
    paths: tuple[Path, ...],
    days: int | None,
    kb: Path | None,
) -> int:
    """Turn gaps into a patch: other words of a record, or a new question to answer. No file of yours is changed.

    Without --accept and --reject each gap is asked about. What is rejected does not come back.

    Exit code: 0 done, 1 something accepted could not be written, 2 nothing done.
    """
    folder = kb_folder(kb)
    if queries is not None:
        if accept is not None or reject is not None:
            raise click.UsageError("--queries says itself what belongs where; leave out --accept and --reject")
        return _give_words(folder, read_queries(queries), Content(ingest_paths(paths)), patch)
    gaps = find(folder, days).gaps.open
    named = accept is not None or reject is not None
    if not named and not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask in; give --accept ID,… or --reject ID,… (`faq gaps`)")
    if not gaps and not named:
        say_note("there is no open gap")
        return 0
    decisions = list(decided(gaps, _listed(accept), _listed(reject)) if named else ask(gaps))
    content = Content(ingest_paths(paths))
    failed = [each for each in decisions if not each.is_rejected and not _applied(content, each)]
    _write(content, patch)
    rejected = {digest for each in decisions if each.is_rejected for digest in each.gap.digests}
    if rejected:
        FeedbackStore(folder).rejected.add(sorted(rejected))
    return 1 if failed else 0


def _give_words(folder: Path, queries: Sequence[LabelledQuery], content: Content, patch: str) -> int:
    failed = 0
    for record_id, words in missing_words(folder, queries):
        try:
            content.add_wordings(record_id, [words])
        except ContentError as error:
            failed += 1
            say_note(f"not in the patch: {error}")
    _write(content, patch)
    return 1 if failed else 0


def _listed(told: str | None) -> list[str]:
    return [name.strip() for name in (told or "").split(",") if name.strip()]


def _applied(content: Content, decision: Decision) -> bool:
    """Add what was accepted to the patch; where that cannot be, it is told, and the rest goes on."""
    gap = decision.gap
    try:
        if decision.record_id is not None:
            if not gap.alternates:
                raise ContentError(f"gap {gap.id}: its words are too long or were redacted; write others by hand")
            content.add_wordings(decision.record_id, gap.alternates)
        else:
            content.add_question(gap.question, _note(gap), beside=gap.nearest[0].id if gap.nearest else None)
    except ContentError as error:
        say_note(f"not in the patch: {error}")
        return False
    return True


def _note(gap: Gap) -> str:
    times = sum(wording.times for wording in gap.wordings)
    last = max(wording.last for wording in gap.wordings)[:10]
    also = "; ".join(wording.question for wording in gap.wordings[1:4])
    return f"asked {times} times, last {last}{also and f'; also: {also}'}. Write the answer here, below this line."


def _write(content: Content, patch: str) -> None:
    made = content.patch()
    for root in content.roots():
        say_note(f"the patch is to be applied in {root}")
    if patch == _STANDARD_OUTPUT:
        say_bytes(made)
        return
    try:
        with Path(patch).open("xb") as file:  # never over a file that is there: it may be another patch
            file.write(made)
    except FileExistsError as error:
        raise ContentError(f"{patch}: is there already; name a new file") from error
    say_note(f"wrote {patch}: read it, then `git apply {patch}`" if made else f"wrote {patch}: nothing to change")
