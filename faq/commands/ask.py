"""`faq ask`: answer a question."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from faqkb.faq.asking.asked import Asked, Question
from faqkb.faq.config import chosen_server, found_base, kb_folder
from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, filter_options, json_option, kb_option, one_source, server_option
from faqkb.faq.showing.answer import show_answer
from faqkb.faq.trust.servers import ChosenServer
from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.checks import Check
from faqkb.kb.records import Filter


@click.command(
    "ask",
    epilog=examples(
        "faq ask How do I change my password",
        'faq ask "price of a plan" -k 5 --tag billing',
        "faq ask how do I install it --language en --path guide/ --version 2.1",
        "dmesg | tail -n 50 | faq ask - --json",
    ),
)
@click.argument("question", nargs=-1, required=True)
@click.option("-k", "--top-k", default=3, show_default=True, metavar="N", help="How many records to show.")
@click.option("--min-confidence", type=float, metavar="P", help="Confidence from which a record is the answer, 0 to 1.")
@filter_options
@click.option("--explain", is_flag=True, help="Say how each hit came about.")
@click.option("--run-checks", is_flag=True, help="Run the checks of the first answer, asking before each.")
@click.option("--yes", is_flag=True, help="With --run-checks: do not ask.")
@kb_option
@server_option
@json_option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    question: tuple[str, ...],
    top_k: int,
    min_confidence: float | None,
    filter: Filter,
    explain: bool,
    run_checks: bool,
    yes: bool,
    kb: Path | None,
    server: str | None,
    as_json: bool,
) -> int:
    """Answer a question; `-` reads it from standard input.

    Exit code: 0 answered, 1 ambiguous or no answer, 2 error.
    """
    one_source(server, kb)
    pasted = sys.stdin.buffer.read(limits.QUERY_INPUT_CHARS) if question == ("-",) else None
    # What is not UTF-8 is replaced, since a log may hold anything.
    text = " ".join(question) if pasted is None else pasted.decode("utf-8", errors="replace")
    wanted = Question(text, top_k, min_confidence, filter, explain, run_checks)
    address = chosen_server(server, kb)
    if yes and run_checks and not address:
        from faqkb.faq.checks.foreign import refuse_unasked  # noqa: PLC0415 - not on every question's path

        refuse_unasked(kb_folder(kb), found_base(kb))
    asked = _ask_server(address, wanted, yes=yes) if address else _ask_here(kb_folder(kb), wanted)
    if not as_json:
        show_answer(asked.answer, explain=explain)
    document = asked.document
    if run_checks:
        document["check_results"] = _run(asked.checks, ask_first=not yes, pasted=pasted, show=not as_json)
    if as_json:
        say_json(document)
    return 0 if asked.answer.status is Status.ANSWERED else 1


def _ask_here(folder: Path, wanted: Question) -> Asked:
    from faqkb.faq.asking.here import ask_here  # noqa: PLC0415 - numpy, FAISS and ONNX Runtime, which no server needs

    return ask_here(folder, wanted)


def _ask_server(address: ChosenServer, wanted: Question, *, yes: bool) -> Asked:
    if yes and wanted.run_checks:
        raise click.UsageError("--yes runs no script of a server (got --server); leave it out, each is asked about")
    if wanted.run_checks and not sys.stdin.isatty():
        raise click.UsageError("--run-checks asks before each script of a server; run it in a terminal")
    from faqkb.faq.asking.remote import ask_server  # noqa: PLC0415 - the HTTP client, which no local question needs

    return ask_server(address, wanted)


def _run(checks: Sequence[Check], *, ask_first: bool, pasted: bytes | None, show: bool) -> list[dict[str, Any]]:
    """Run the checks wanted; return their documents."""
    from faqkb.faq.checks.after_answer import run_checks  # noqa: PLC0415 - what makes environments is not on every question's path
    from faqkb.faq.checks.show import show_report  # noqa: PLC0415

    documents = []
    for checked in run_checks(checks, ask_first=ask_first, pasted=pasted):
        documents.append(checked.document)
        if show:
            say("")
            show_report(checked.document)
    return documents
