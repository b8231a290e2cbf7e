"""`faq export`: all records in a format other tools read, or as a web site."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from faqkb.faq.bootstrap import open_or_build
from faqkb.faq.config import kb_folder
from faqkb.faq.console import say_data
from faqkb.faq.export_site import export_site
from faqkb.faq.handing.foreign import azure_tsv, docsearch_records, fastgpt_csv, maxkb_csv, qnabot_json
from faqkb.faq.handing.giving import export_knowledge_base
from faqkb.faq.options import examples, kb_option
from faqkb.faq.progress import counted, counting
from faqkb.kb.foreign.cells import as_cell
from faqkb.kb.model.languages import parse_languages
from faqkb.kb.records import Record
from faqkb.server.site.runtime import MeaningOptions, default_package

_NAMES = ("jsonl", "jsonld", "csv", "site", "kb", "azure-tsv", "maxkb-csv", "fastgpt-csv", "qnabot-json", "docsearch")


@click.command(
    "export",
    epilog=examples(
        "faq export --format jsonl > records.jsonl",
        "faq export --format site public --base-url https://example.org/faq/",
        "faq export --format kb ours.faqkb",
        "faq export --format azure-tsv > qnas.tsv",
    ),
)
@click.option(
    "--format", "form", type=click.Choice(_NAMES), metavar="NAME", required=True, help=f"{', '.join(_NAMES)}."
)
@click.argument("path", type=click.Path(path_type=Path), metavar="[PATH]", required=False)
@click.option("--base-url", metavar="URL", help="Where the site will be: absolute addresses and a sitemap.")
@click.option(
    "--search",
    type=click.Choice(["words", "meaning"]),
    help="How a site finds answers: by words (the default), or by meaning too, for about 25 MB more.",
)
@click.option("--search-languages", metavar="CODES", help="Languages to ask in by meaning, e.g. zh,en.")
@click.option(
    "--runtime",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The package of ONNX Runtime for browsers, of which --search meaning takes two files.",
)
@click.option("--offline", is_flag=True, help="Let readers' browsers keep the site, for when they have no network.")
@kb_option
def command(
    form: str,
    path: Path | None,
    base_url: str | None,
    search: str | None,
    search_languages: str | None,
    runtime: Path | None,
    offline: bool,
    kb: Path | None,
) -> None:
    """Write all records to standard output, in stored order.

    `--format site DIR` writes a web site instead: pages and a search for any plain file server. `--format kb FILE`
    writes the whole knowledge base as one file, for `faq import`; keys and feedback are left out. Those named after
    other systems are what these import; sections, checks and former ids have no place there.
    """
    _check_usage(form, path, base_url)
    _check_search(form, search, search_languages, runtime)
    if offline and form != "site":
        raise click.UsageError("--offline is for --format site; leave it out")
    if path and form == "kb":
        export_knowledge_base(kb_folder(kb), path)
        return
    if path:
        languages = parse_languages(search_languages.split(",")) if search_languages else ()
        meaning = MeaningOptions(runtime or default_package(), languages) if search == "meaning" else None
        export_site(kb_folder(kb), path, base_url, meaning, offline=offline)
        return
    knowledge = open_or_build(kb_folder(kb))
    try:
        with counted("writing records") as told:
            for line in _FORMATS[form](counting(knowledge.all_records(), knowledge.record_count, told)):
                say_data(line)
    finally:
        knowledge.close()


def _check_usage(form: str, path: Path | None, base_url: str | None) -> None:
    needed = {
        "site": "the folder to write into: faq export --format site DIR",
        "kb": "a file: faq export --format kb FILE",
    }
    if form in needed and path is None:
        raise click.UsageError(f"--format {form} needs {needed[form]}")
    if form not in needed and (path or base_url):
        raise click.UsageError(f"--format {form} writes to standard output; leave out PATH and --base-url")
    if form == "kb" and base_url:
        raise click.UsageError("--base-url is for --format site; leave it out")


def _check_search(form: str, search: str | None, languages: str | None, runtime: Path | None) -> None:
    if search and form != "site":
        raise click.UsageError("--search is for --format site; leave it out")
    if search != "meaning" and (languages or runtime):
        raise click.UsageError(
            "--search-languages and --runtime are for --search meaning; say that too, or leave them out"
        )


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
    """RFC 4180; several alternates, tags or versions stand in one cell, one a line.

    What a spreadsheet would compute has an apostrophe before it, in these three on each line.
    """
    yield _csv_line("id", "question", "alternates", "answer", "section", "path", "line", "language", "tags", "versions")
    for record in records:
        yield _csv_line(
            record.id,
            record.question,
            record.alternates,
            record.answer,
            " > ".join(record.section),
            record.source.path,
            str(record.source.line),
            record.language,
            record.tags,
            record.versions,
        )


def _csv_line(*cells: str | Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(map(_cell, cells))  # before 3.13 it quotes these breaks alone
    return buffer.getvalue().removesuffix("\r\n")


def _cell(cell: str | Sequence[str]) -> str:
    return as_cell(cell) if isinstance(cell, str) else "\n".join(map(as_cell, cell))


_FORMATS: dict[str, Callable[[Iterator[Record]], Iterator[str]]] = {
    "jsonl": _jsonl,
    "jsonld": _jsonld,
    "csv": _csv,
    "azure-tsv": azure_tsv,
    "maxkb-csv": maxkb_csv,
    "fastgpt-csv": fastgpt_csv,
    "qnabot-json": qnabot_json,
    "docsearch": docsearch_records,
}
