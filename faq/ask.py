"""`faq ask`: answer a question."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from faq.bootstrap import open_or_build
from faq.config import kb_folder
from faq.console import say, say_json
from faq.options import json_option, kb_option
from faq.show import show_answer
from kb import limits
from kb.answers import Answer, Status
from kb.checks import Check
from kb.knowledge import KnowledgeBase


@click.command("ask")
@click.argument("question", nargs=-1, required=True)
@click.option("-k", "--top-k", default=3, show_default=True, metavar="N", help="How many records to show.")
@click.option("--min-confidence", type=float, metavar="P", help="Confidence from which a record is the answer, 0 to 1.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Only records with this tag; may be repeated.")
@click.option("--explain", is_flag=True, help="Say how each hit came about.")
@click.option("--run-checks", is_flag=True, help="Run the checks of the first answer, asking before each.")
@click.option("--yes", is_flag=True, help="With --run-checks: do not ask.")
@kb_option
@json_option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    question: tuple[str, ...],
    top_k: int,
    min_confidence: float | None,
    tags: tuple[str, ...],
    explain: bool,
    run_checks: bool,
    yes: bool,
    kb: Path | None,
    as_json: bool,
) -> int:
    """Answer a question; `-` reads it from standard input.

    Exit code: 0 answered, 1 ambiguous or no answer, 2 error.
    """
    pasted = sys.stdin.buffer.read(limits.QUERY_INPUT_CHARS) if question == ("-",) else None
    # What is not UTF-8 is replaced, since a log may hold anything.
    text = " ".join(question) if pasted is None else pasted.decode("utf-8", errors="replace")
    knowledge = open_or_build(kb_folder(kb))
    try:
        answer = knowledge.ask(text, top_k=top_k, min_confidence=min_confidence, tags=tags)
        checks = _checks_of(answer, knowledge) if run_checks else []
    finally:
        knowledge.close()
    document = answer.to_json(explain=explain)
    if not as_json:
        show_answer(answer, explain=explain)
    if run_checks:
        document["check_results"] = _run(checks, ask_first=not yes, pasted=pasted, show=not as_json)
    if as_json:
        say_json(document)
    return 0 if answer.status is Status.ANSWERED else 1


def _checks_of(answer: Answer, knowledge: KnowledgeBase) -> list[Check]:
    """Return the checks of the first answer."""
    links = answer.hits[0].checks if answer.hits else ()
    return [check for check in map(knowledge.check, (link.id for link in links)) if check]


def _run(checks: Sequence[Check], *, ask_first: bool, pasted: bytes | None, show: bool) -> list[dict[str, Any]]:
    """Run the checks wanted; return their documents."""
    from faq.run_checks import run_checks  # noqa: PLC0415 - what makes environments is not on every question's path
    from faq.show_check import show_report  # noqa: PLC0415

    documents = []
    for checked in run_checks(checks, ask_first=ask_first, pasted=pasted):
        documents.append(checked.document)
        if show:
            say("")
            show_report(checked.document)
    return documents
