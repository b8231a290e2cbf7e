"""`faq ingest`: Markdown to a new snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faqkb.faq.bootstrap import ingest_paths, reading_orders
from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, say_note
from faqkb.faq.options import examples, json_option, new_kb_option
from faqkb.faq.replacing import Replacing, replace_stored
from faqkb.faq.showing.differences import difference_lines, difference_sentence
from faqkb.faq.showing.readings import reading_lines
from faqkb.faq.watching.loop import watch_until_interrupted
from faqkb.faq.watching.rounds import Publisher, Round, Rounds
from faqkb.faq.watching.telling import round_sentence
from faqkb.ingest import FileReport, Ingested, ScriptReport, explain_file
from faqkb.kb.building.build import Published
from faqkb.kb.errors import ContentError
from faqkb.kb.snapshot.comparing import Difference

if TYPE_CHECKING:
    from faqkb.kb.evaluation.queries import LabelledQuery
    from faqkb.kb.evaluation.regression import Change

_LISTED = 200  # records that a dry run names
_MANY_FILES = 20  # from which on somebody may wonder whether all of them were read


# Long on purpose: an option a line.
@click.command(
    "ingest",
    epilog=examples(
        "faq ingest", "faq ingest docs/faq.md --add", "faq ingest content --watch", "faq ingest --explain docs/faq.md"
    ),
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Read and report, publish nothing.")
@click.option(
    "--questions",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --dry-run: labelled queries to ask before and after (default: questions.jsonl in a folder of PATH).",
)
@click.option("--strict", is_flag=True, help="Publish nothing and exit with 1 when there are warnings.")
@click.option("--add", is_flag=True, help="Keep the stored records of all other files.")
@click.option("--yes", is_flag=True, help="Publish even where more than a fifth of the stored records goes.")
@click.option("--follow-links", is_flag=True, help="Read also what links out of a PATH lead to.")
@click.option("--watch", is_flag=True, help="Go on until Ctrl+C: publish again whenever a file is saved.")
@click.option(
    "--explain",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show what each section of a file could be read as, and why; publish nothing.",
)
@new_kb_option
@json_option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    paths: tuple[Path, ...],
    dry_run: bool,
    questions: Path | None,
    strict: bool,
    add: bool,
    yes: bool,
    follow_links: bool,
    watch: bool,
    explain: Path | None,
    kb: Path | None,
    as_json: bool,
) -> int:
    """Read FAQ Markdown (files or folders) and publish it as a new snapshot, instead of what is stored.

    Exit code: 0 published, 1 with --strict and warnings (nothing published), 2 nothing published.
    """
    if watch and (dry_run or explain or as_json):
        raise click.UsageError("--watch publishes and tells lines; leave out --dry-run, --explain and --json")
    if explain:
        _show_readings(explain, as_json=as_json)
        return 0
    if questions and not dry_run:
        raise click.UsageError("--questions goes with --dry-run: it says what would be answered otherwise")
    publisher = Publisher()
    again = Replacing(add=add, sure=yes, asks=False)
    rounds = Rounds(ingest_paths(paths), kb_folder(kb), again, publisher, strict=strict, follow_links=follow_links)
    ingested = _read(rounds, show=not as_json)
    refused = strict and not ingested.is_clean
    preview = _Preview.of(questions, rounds.paths) if dry_run else _Preview()
    how = Replacing(add=add, sure=yes, dry_run=dry_run or refused, preview=preview)
    found, published = replace_stored(ingested, rounds.folder, how, publisher)
    if as_json:
        say_json(_document(ingested, found, published) | preview.to_json())
    else:
        _show_published(ingested, found, published, refused=refused)
        preview.show()
    if watch:
        _watch(rounds, ingested)
        return 0
    return 1 if refused else 0


@dataclass(slots=True)
class _Preview:
    """What a dry run says of labelled queries; nothing without any.

    What asks them is loaded for a dry run alone.
    """

    queries: tuple[LabelledQuery, ...] = ()
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, given: Path | None, paths: Sequence[Path]) -> _Preview:
        """Read the file that is given, else the one of the content. Raises ContentError where it holds no queries."""
        from faqkb.faq.measuring.regressions import questions_among  # noqa: PLC0415
        from faqkb.kb.evaluation.queries import read_queries  # noqa: PLC0415

        file = given or questions_among(paths)
        return cls(read_queries(file) if file else ())

    def __call__(self, ingested: Ingested, folder: Path) -> None:
        from faqkb.faq.measuring.regressions import previewed_changes  # noqa: PLC0415

        if self.queries:
            self.changes = previewed_changes(folder, self.queries, ingested)

    def to_json(self) -> dict[str, object]:
        return {"questions": [change.to_json() for change in self.changes]} if self.queries else {}

    def show(self) -> None:
        if self.queries:
            from faqkb.faq.measuring.regressions import show_changes  # noqa: PLC0415

            show_changes(self.changes, len(self.queries))


def _read(rounds: Rounds, *, show: bool) -> Ingested:
    """Return what some content holds, each file told of. Raises ContentError where there is no question in it."""
    ingested = rounds.read()
    for file in ingested.files if show else ():
        _show_file(file)
    for script in ingested.scripts if show else ():
        _show_script(script)
    if show and ingested.unchanged and len(ingested.files) >= _MANY_FILES:
        say_note(f"{ingested.unchanged} of {len(ingested.files)} files were read before and are unchanged")
    if not ingested.records:
        raise ContentError(
            f"no question was found in {len(ingested.files)} files ({_first_reason(ingested)}); name others"
        )
    return ingested


def _watch(rounds: Rounds, ingested: Ingested) -> None:
    rounds.began_with(ingested)
    say_note(f"watching {', '.join(map(str, rounds.paths))} (Ctrl+C stops)")
    watch_until_interrupted(rounds, _show_round)


def _show_round(told: Round) -> None:
    for problem in told.problems:
        say_note(f"problem: {problem}")
    if told.published:
        say(round_sentence(told))


def _show_readings(path: Path, *, as_json: bool) -> None:
    explained = explain_file(path, reading_orders())
    if as_json:
        say_json([asdict(section) for section in explained])
        return
    for line in reading_lines(path.name, explained):
        say(line)


def _first_reason(ingested: Ingested) -> str:
    """Return why the first file gave nothing."""
    for file in ingested.files:
        if file.error:
            return file.error.partition(";")[0]
        if file.skipped:
            return f"{file.path}:{file.skipped[0].line}: {file.skipped[0].reason}"
    return "they hold no text"


def _show_file(file: FileReport) -> None:
    if file.error:
        say_note(f"error: {file.error}")
        return
    encoding = "" if file.encoding == "utf-8" else f", {file.encoding}"
    read = f"; {file.coverage.sentence()}" if file.coverage.sentence() else ""
    say(f"{file.path}: {file.records} records ({file.style}{encoding}){read}")
    for skipped in file.skipped:
        say(f"  {file.path}:{skipped.line}: skipped, {skipped.reason}: {skipped.text}")
    for warning in file.warnings:
        say_note(f"{file.path}:{warning.line}: warning: {warning.message}")


def _show_script(script: ScriptReport) -> None:
    if script.check:
        say(f"{script.path}: check {script.check}")
    for warning in script.warnings:
        say_note(f"{script.path}:{warning.line}: warning: {warning.message}")


def _show_published(
    ingested: Ingested, found: Difference | None, published: Published | None, *, refused: bool
) -> None:
    if found:
        say(f"changes: {difference_sentence(found)}")
        lines = list(difference_lines(found)) if published is None else []
        for line in lines[:_LISTED]:
            say(line)
        if len(lines) > _LISTED:
            say(f"  and {len(lines) - _LISTED} more: --json shows all")
    if published is None:
        why = "--strict, and there are warnings" if refused else "dry run"
        say(f"{why}: {len(ingested.records)} records, nothing published")
        return
    for record_id in published.truncated:
        say_note(f"{record_id}: warning: longer than the encoder reads; its end is not searched by meaning")
    for line in published.kept:
        say_note(f"warning: {line}")
    if not published.calibrated:
        say_note("warning: confidence was not fitted with this encoder; `faq tune --queries FILE` fits it")
    what = "published" if published.changed else "unchanged"
    say(
        f"{what} {published.snapshot}: {published.records} records, {published.passages} passages,"
        f" {published.embedded} embedded"
    )


def _document(ingested: Ingested, found: Difference | None, published: Published | None) -> dict[str, object]:
    return {
        "records": len(ingested.records),
        "files": [file.to_json() for file in ingested.files],
        "unchanged_files": ingested.unchanged,
        "checks": [script.to_json() for script in ingested.scripts],
        "changes": found.to_json() if found else None,
        "published": None
        if published is None
        else {
            "snapshot": published.snapshot,
            "changed": published.changed,
            "passages": published.passages,
            "embedded": published.embedded,
            "truncated": list(published.truncated),
            "calibrated": published.calibrated,
        },
    }
