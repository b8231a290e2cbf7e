"""`faq ask`: answer a question."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from faq.bootstrap import open_or_build
from faq.config import kb_folder
from faq.console import say_json
from faq.options import json_option, kb_option
from faq.show import show_answer
from kb import limits
from kb.answers import Status


@click.command("ask")
@click.argument("question", nargs=-1, required=True)
@click.option("-k", "--top-k", default=3, show_default=True, metavar="N", help="How many records to show.")
@click.option("--min-confidence", type=float, metavar="P", help="Confidence from which a record is the answer, 0 to 1.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Only records with this tag; may be repeated.")
@click.option("--explain", is_flag=True, help="Say how each hit came about.")
@kb_option
@json_option
def command(
    question: tuple[str, ...],
    top_k: int,
    min_confidence: float | None,
    tags: tuple[str, ...],
    explain: bool,
    kb: Path | None,
    as_json: bool,
) -> int:
    """Answer a question; `-` reads it from standard input.

    Exit code: 0 answered, 1 ambiguous or no answer, 2 error.
    """
    text = _read_input() if question == ("-",) else " ".join(question)
    knowledge = open_or_build(kb_folder(kb))
    try:
        answer = knowledge.ask(text, top_k=top_k, min_confidence=min_confidence, tags=tags)
    finally:
        knowledge.close()
    if as_json:
        say_json(answer.to_json(explain=explain))
    else:
        show_answer(answer, explain=explain)
    return 0 if answer.status is Status.ANSWERED else 1


def _read_input() -> str:
    """Read a pasted question or log; what is not UTF-8 in it is replaced, since a log may hold anything."""
    content = sys.stdin.buffer.read(limits.QUERY_INPUT_CHARS)
    return content.decode("utf-8", errors="replace")
