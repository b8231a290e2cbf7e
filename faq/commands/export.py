"""`faq export`: all records in a format other tools read, or as a web site."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from faqkb.faq.bootstrap import open_or_build
from faqkb.faq.config import kb_folder
from faqkb.faq.console import say_data
from faqkb.faq.export_site import export_site
from faqkb.faq.options import examples, kb_option
from faqkb.faq.progress import counted, counting
from faqkb.kb.records import Record


@click.command(
    "export",
    epilog=examples(
        "faq export --format jsonl > records.jsonl",
        "faq export --format site public --base-url https://example.org/faq/",
    ),
)
@click.option("--format", "form", type=click.Choice(["jsonl", "jsonld", "csv", "site"]), required=True)
@click.argument("folder", type=click.Path(path_type=Path), metavar="[DIR]", required=False)
@click.option("--base-url", metavar="URL", help="Where the site will be: absolute addresses and a sitemap.")
@kb_option
def command(form: str, folder: Path | None, base_url: str | None, kb: Path | None) -> None:
    """Write all records to standard output, in stored order.

    `--format site DIR` writes a web site instead: pages and a search for any plain file server.
    """
    _check_usage(form, folder, base_url)
    if folder:
        export_site(kb_folder(kb), folder, base_url)
        return
    knowledge = open_or_build(kb_folder(kb))
    try:
        with counted("writing records") as told:
            for line in _FORMATS[form](counting(knowledge.all_records(), knowledge.record_count, told)):
                say_data(line)
    finally:
        knowledge.close()


def _check_usage(form: str, folder: Path | None, base_url: str | None) -> None:
    if form == "site" and folder is None:
        raise click.UsageError("--format site needs the folder to write into: faq export --format site DIR")
    if form != "site" and (folder or base_url):
        raise click.UsageError(f"--format {form} writes to standard output; leave out DIR and --base-url")


def _jsonl(records: Iterator[Record]) -> Iterator[str]:
    for record in records:
        yield json.dumps(record.to_json(), ensure_ascii=False)


def _jsonld(records: Iterator[Record]) -> Iterator[str]:
    """One FAQPage, https://schema.org/FAQPage."""
    entities = [
        {
            "@type": "Question",
            "name": record.question,
            "inLanguage": record.language,
            "acceptedAnswer": {"@type": "Answer", "text": record.answer_html},
        }
        for record in records
    ]
    page = {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": entities}
    yield json.dumps(page, ensure_ascii=False, indent=1)


def _csv(records: Iterator[Record]) -> Iterator[str]:
    """RFC 4180; several alternates or tags stand in one cell, one a line."""
    yield _csv_line("id", "question", "alternates", "answer", "section", "path", "line", "language", "tags")
    for record in records:
        yield _csv_line(
            record.id,
            record.question,
            "\n".join(record.alternates),
            record.answer,
            " > ".join(record.section),
            record.source.path,
            str(record.source.line),
            record.language,
            "\n".join(record.tags),
        )


def _csv_line(*cells: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


_FORMATS: dict[str, Callable[[Iterator[Record]], Iterator[str]]] = {"jsonl": _jsonl, "jsonld": _jsonld, "csv": _csv}
