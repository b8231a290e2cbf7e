"""`faq eval`: labelled queries against a knowledge base."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import click

from faqkb.faq.bootstrap import open_or_build
from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, say_note
from faqkb.faq.measuring.regressions import asked_of, show_changes
from faqkb.faq.measuring.showing import show_differences, show_evaluation, show_missed, show_misses
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.errors import SnapshotNotFound
from faqkb.kb.evaluation.comparison import compare
from faqkb.kb.evaluation.plots import check_plotting, draw_plots
from faqkb.kb.evaluation.queries import Asked, Evaluation, LabelledQuery, read_queries
from faqkb.kb.evaluation.regression import Change, changes, failures
from faqkb.kb.fusion import parse_ranking
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.snapshot.published import snapshot_names


@click.command(
    "eval", epilog=examples("faq eval queries.jsonl --misses", "faq eval queries.jsonl --against ranking.json --json")
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--misses", is_flag=True, help="List the queries that went wrong.")
@click.option(
    "--plots",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write reliability.svg and risk_coverage.svg.",
)
@click.option(
    "--against",
    metavar="WHAT",
    help="Compare with another snapshot (its name), knowledge base (a folder) or ranking (a JSON file).",
)
@click.option(
    "--gate",
    is_flag=True,
    help="Exit with 1 where a query does not get what FILE expects; with --against, where one fares worse.",
)
@kb_option
@json_option
def command(
    file: Path,
    misses: bool,
    plots: Path | None,
    against: str | None,
    gate: bool,
    kb: Path | None,
    as_json: bool,
) -> int:
    """Measure ranking, confidence and abstention on a JSON Lines file of labelled queries.

    Each line is {"query": text, "relevant": [record id or stored question, …], "lang": "zh"}; an empty `relevant`
    marks a query that must stay unanswered. Brackets hold the 95% interval over resamples of the queries.
    With --gate, "expect" says what a query has to get: answered, shown, no_answer, or anything for one that is known
    to go wrong; left out, shown or no_answer.
    """
    queries = read_queries(file)
    if plots:
        check_plotting()
    evaluation, other = _evaluate_both(queries, kb_folder(kb), against)
    _warn_of_unknown(str(file), evaluation)
    if other:
        _warn_of_unknown(f"{file}: against {other.snapshot}", other)
    if plots:
        say_note(f"wrote {' and '.join(map(str, draw_plots(evaluation, plots)))}")
    gated = _Gate.of(evaluation, other) if gate else None
    if as_json:
        say_json(_document(evaluation, other, misses=misses) | (gated.to_json() if gated else {}))
    else:
        _show(evaluation, other, misses=misses)
        if gated:
            gated.show()
    return 1 if gated and gated.closed else 0


def _show(evaluation: Evaluation, other: Evaluation | None, *, misses: bool) -> None:
    show_evaluation(evaluation)
    if misses:
        show_misses(evaluation)
    if other:
        show_differences(compare(evaluation, other), other.snapshot)


@dataclass(frozen=True, slots=True)
class _Gate:
    """Which queries keep a change from being taken."""

    failed: tuple[Asked, ...]
    """Where nothing is compared with: those that do not get what the file expects."""
    worse: tuple[Change, ...]
    """Else those that fare worse."""

    @classmethod
    def of(cls, evaluation: Evaluation, other: Evaluation | None) -> _Gate:
        if other is None:
            return cls(failures(evaluation), ())
        return cls((), tuple(change for change in changes(other, evaluation) if change.worse))

    @property
    def closed(self) -> bool:
        return bool(self.failed or self.worse)

    def to_json(self) -> dict[str, object]:
        failed = [asked.to_json() for asked in self.failed]
        return {"gate": {"open": not self.closed, "failed": failed, "worse": [each.to_json() for each in self.worse]}}

    def show(self) -> None:
        if self.worse:
            say("\ngate: closed")
            show_changes(self.worse, len(self.worse))
        elif self.failed:
            say(f"\ngate: closed, {len(self.failed)} queries do not get what is expected")
            for asked in self.failed:
                show_missed(asked)
        else:
            say("\ngate: open")


def _evaluate_both(
    queries: tuple[LabelledQuery, ...], folder: Path, against: str | None
) -> tuple[Evaluation, Evaluation | None]:
    """Evaluate a knowledge base and what it is compared with; both are opened before the first query is asked."""
    with ExitStack() as opened:
        knowledge = opened.enter_context(closing(open_or_build(folder)))
        other = opened.enter_context(closing(_open_other(against, folder, knowledge))) if against else None
        return asked_of(knowledge, queries), asked_of(other, queries) if other else None


def _open_other(against: str, folder: Path, knowledge: KnowledgeBase) -> KnowledgeBase:
    """Open what `--against` names. Raises SnapshotNotFound, and what KnowledgeBase.open raises."""
    if against in snapshot_names(folder):
        return KnowledgeBase.open(folder, snapshot=against, before=knowledge)
    if Path(against).is_dir():
        return KnowledgeBase.open(Path(against).absolute(), before=knowledge)
    if Path(against).is_file():
        ranking = parse_ranking(Path(against).read_bytes(), against)
        return KnowledgeBase.open(folder, snapshot=knowledge.name, ranking=ranking, before=knowledge)
    raise SnapshotNotFound(
        f"--against names nothing to compare with (got {against[:60]!r}, expected a snapshot of {folder}, the folder of"
        " a knowledge base or a ranking's JSON file); `faq snapshots` lists the snapshots"
    )


def _warn_of_unknown(place: str, evaluation: Evaluation) -> None:
    for entry in evaluation.unknown:
        say_note(f"{place}: warning: no record is called {entry[:80]!r}; it counts as never found")


def _document(evaluation: Evaluation, other: Evaluation | None, *, misses: bool) -> dict[str, object]:
    """Return the document of `--json`: the evaluation, and what else was asked for."""
    document: dict[str, object] = evaluation.to_json()
    if misses:
        document["misses"] = [asked.to_json() for asked in evaluation.misses]
    if other:
        differences = compare(evaluation, other)
        document["against"] = {
            "snapshot": other.snapshot,
            "figures": {name: difference.to_json() for name, difference in differences.items()},
            "unknown_relevant": list(other.unknown),
        }
    return document
