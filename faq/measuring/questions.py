"""`faq questions`: labelled queries made of what is stored, for `faq eval`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say
from faqkb.faq.options import examples, kb_option
from faqkb.kb.evaluation.generated import KINDS, generated_queries
from faqkb.kb.evaluation.queries import LabelledQuery
from faqkb.kb.snapshot.stored import open_stored


@click.command("questions", epilog=examples("faq questions > made.jsonl", "faq questions --kind twin > twins.jsonl"))
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these; again for several.")
@kb_option
def command(kinds: tuple[str, ...], kb: Path | None) -> None:
    """Write labelled queries made of what is stored, a line each, for `faq eval`.

    swap: each question while its own record is left out, which must stay unanswered. twin: each question put to its
    translation alone. far: questions about other things, which must stay unanswered too.
    """
    with open_stored(kb_folder(kb)) as stored:
        for query in generated_queries(tuple(stored.records()), kinds or KINDS):
            say(json.dumps(_line(query), ensure_ascii=False))


def _line(query: LabelledQuery) -> dict[str, object]:
    line: dict[str, object] = {"query": query.query, "relevant": list(query.relevant), "lang": query.language}
    line["kind"] = query.kind
    return line | ({"without": list(query.without)} if query.without else {})
