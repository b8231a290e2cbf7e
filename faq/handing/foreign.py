"""`faq export` for other systems: the columns and fields that they import, in the order of the records.

Sections, checks, former ids and the files of pictures have no place in any of them; `faq export --format kb` has all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from faqkb.ingest.imported import azure, fastgpt, maxkb
from faqkb.kb.foreign.cells import as_cell
from faqkb.kb.records import Record
from faqkb.server.azure.ids import numbered

AZURE_HEADER = ("Question", "Answer", "Source", "Metadata", "SuggestedQuestions", "IsContextOnly", "Prompts", "QnaId")
LINE_END = "\r\n"


def azure_tsv(records: Iterator[Record]) -> Iterator[str]:
    """Yield a line for each wording; the QnaId is the number that our own Azure route gives the record."""
    all_records = list(records)  # which number a record has depends on the others
    numbers = numbered(record.id for record in all_records).by_record
    yield "\t".join(AZURE_HEADER)
    for record in all_records:
        pairs = [
            (azure.TAGS, ",".join(record.tags)),
            (azure.VERSIONS, ",".join(record.versions)),
            (azure.ID, record.id),
        ]
        metadata = azure.metadata_cell([pair for pair in pairs if pair[1]])
        shared = (record.led_markdown(), record.source.path, metadata)
        for question in (record.question, *record.alternates):
            cells = [azure.escaped(as_cell(cell)) for cell in (question, *shared)]
            yield "\t".join([*cells, "[]", "False", "[]", str(numbers[record.id])])


def maxkb_csv(records: Iterator[Record]) -> Iterator[str]:
    """Yield the table that MaxKB imports; it passes over our columns for what it has none for."""
    yield _csv_line((*maxkb.HEADER, *maxkb.OURS))
    for record in records:
        lists = (",".join(record.tags), ",".join(record.versions))
        questions = _lines((record.question, *record.alternates))
        yield _csv_line(("", as_cell(record.led_markdown()), questions, as_cell(record.id), *map(as_cell, lists)))


def fastgpt_csv(records: Iterator[Record]) -> Iterator[str]:
    """Yield the table that FastGPT imports; what it has no column for stands in a comment below the answer."""
    yield _csv_line(fastgpt.HEADER)
    for record in records:
        told = {"id": record.id, "tags": ",".join(record.tags), "versions": ",".join(record.versions)}
        answer = as_cell(fastgpt.with_metadata(record.led_markdown(), told))
        yield _csv_line((as_cell(record.question), answer, *map(as_cell, record.alternates)))


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(map(as_cell, texts))


def _csv_line(cells: Sequence[str]) -> str:
    """Return a line of RFC 4180 without its end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=LINE_END).writerow(cells)
    return buffer.getvalue().removesuffix(LINE_END)
