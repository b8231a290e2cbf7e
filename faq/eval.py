"""`faq eval`: labelled queries against a knowledge base."""

from __future__ import annotations

from pathlib import Path

import click

from faq.bootstrap import open_or_build
from faq.config import kb_folder
from faq.console import say, say_json, say_note
from faq.options import json_option, kb_option
from kb.evaluation import evaluate, read_queries


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@kb_option
@json_option
def command(file: Path, kb: Path | None, as_json: bool) -> None:
    """Measure ranking, confidence and abstention on a JSON Lines file of labelled queries.

    Each line is {"query": text, "relevant": [record id or stored question, …], "lang": "zh"}; an empty `relevant`
    marks a query that must stay unanswered.
    """
    queries = read_queries(file)
    knowledge = open_or_build(kb_folder(kb))
    try:
        evaluation = evaluate(knowledge, queries)
    finally:
        knowledge.close()
    for entry in evaluation.unknown:
        say_note(f"{file}: warning: no record is called {entry[:80]!r}; it counts as never found")
    report = evaluation.to_json()
    if as_json:
        say_json(report)
        return
    columns = {"all": report, **report["by_language"]}
    say(f"{'':26}" + "".join(f"{name:>10}" for name in columns))
    for figure in report:
        if figure not in {"by_language", "latency_ms", "unknown_relevant"}:
            say(f"{figure:26}" + "".join(f"{_shown(column[figure]):>10}" for column in columns.values()))
    say(f"latency p50 {report['latency_ms']['p50']:.1f} ms, p99 {report['latency_ms']['p99']:.1f} ms")


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
