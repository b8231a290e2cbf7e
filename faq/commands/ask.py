"""`faq ask`: answer a question."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from faqkb.faq.asking.asked import Asked, Question
from faqkb.faq.config import KB_VARIABLE, chosen_server, found_base, is_in_milvus, kb_folder, read_config
from faqkb.faq.console import say, say_json
from faqkb.faq.options import (
    FOLDER,
    asked_kb_option,
    check_existing,
    examples,
    filter_options,
    json_option,
    one_source,
    server_option,
)
from faqkb.faq.showing.answer import show_answer
from faqkb.faq.trust.servers import ChosenServer
from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.checks import Check
from faqkb.kb.records import Filter

if TYPE_CHECKING:
    from faqkb.server.bases.base import NamedBase


@click.command(
    "ask",
    epilog=examples(
        "faq ask How do I change my password",
        'faq ask "price of a plan" -k 5 --tag billing',
        "faq ask how do I install it --language en --path guide/ --version 2.1",
        "faq ask --kb library=kb-library --kb desk=kb-desk how do I renew",
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
@asked_kb_option
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
    kb: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> int:
    """Answer a question; `-` reads it from standard input.

    Exit code: 0 answered, 1 ambiguous or no answer, 2 error.
    """
    bases = _several(kb)
    folder = None if bases else check_existing(_folder(kb))
    one_source(server, folder or (Path(kb[0]) if kb else None))
    pasted = sys.stdin.buffer.read(limits.QUERY_INPUT_CHARS) if question == ("-",) else None
    # What is not UTF-8 is replaced, since a log may hold anything.
    text = " ".join(question) if pasted is None else pasted.decode("utf-8", errors="replace")
    wanted = Question(text, top_k, min_confidence, filter, explain, run_checks)
    address = None if kb and bases else chosen_server(server, folder)
    if bases and not address:
        return _show(_ask_bases(bases, wanted), wanted, as_json=as_json)
    if yes and run_checks and not address:
        from faqkb.faq.checks.foreign import refuse_unasked  # noqa: PLC0415 - not on every question's path

        refuse_unasked(kb_folder(folder), found_base(folder))
    asked = _ask_server(address, wanted, yes=yes) if address else _ask_here(kb_folder(folder), wanted)
    if run_checks:
        if not as_json:
            show_answer(asked.answer, explain=explain)
        asked.document["check_results"] = _run(asked.checks, ask_first=not yes, pasted=pasted, show=not as_json)
    return _show(asked, wanted, as_json=as_json)


def _show(asked: Asked, wanted: Question, *, as_json: bool) -> int:
    """Print an answer, unless its checks came below it already; returns the exit code."""
    if as_json:
        say_json(asked.document)
    elif not wanted.run_checks:
        show_answer(asked.answer, explain=wanted.explain)
    return 0 if asked.answer.status is Status.ANSWERED else 1


def _several(kb: tuple[str, ...]) -> Sequence[NamedBase]:
    """Return the knowledge bases to ask at once: those of NAME=DIR, else those of faq.toml where it names no other one.

    Raises UsageError, ConfigError.
    """
    if not kb and (_folder(kb) or os.environ.get(KB_VARIABLE) or is_in_milvus() or read_config().kb):
        return ()
    if len(kb) < 2 and not any("=" in each for each in kb) and not (not kb and read_config().bases):
        return ()
    from faqkb.faq.several.named import named_bases  # noqa: PLC0415 - Flask, which no question to one base needs

    return named_bases(kb, None)


def _folder(kb: tuple[str, ...]) -> Path | None:
    """Return the folder of the only knowledge base, that of the command or of `faq --kb DIR ask`."""
    named: Path | None = click.get_current_context().find_root().params.get("kb")
    return Path(FOLDER.convert(kb[0], None, None)) if kb else named


def _ask_bases(bases: Sequence[NamedBase], wanted: Question) -> Asked:
    if wanted.run_checks:
        raise click.UsageError(
            "--run-checks goes with one knowledge base (got several, expected --kb DIR); ask it alone"
        )
    from faqkb.faq.asking.several import NamedFolder, ask_several  # noqa: PLC0415

    return ask_several([NamedFolder(base.name, base.folder) for base in bases], wanted)


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
