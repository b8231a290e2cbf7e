"""`faq export` for other systems: the columns and fields that they import, in the order of the records.

Sections, checks, former ids and the files of pictures have no place in any of them; `faq export --format kb` has all.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from faqkb.ingest.imported.documents import docsearch, qna, qnabot
from faqkb.ingest.imported.tables import azure, fastgpt, maxkb
from faqkb.kb.foreign.cells import as_cell
from faqkb.kb.records import Record
from faqkb.server.azure.ids import numbered

AZURE_HEADER = ("Question", "Answer", "Source", "Metadata", "SuggestedQuestions", "IsContextOnly", "Prompts", "QnaId")
LINE_END = "\r\n"
_TITLES_MOST = len(docsearch.LEVELS)


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


def qna_pairs(records: Iterator[Record]) -> Iterator[str]:
    """Yield the pairs of a .qna file; tags, versions and the id are filters, as they are metadata for Azure."""
    all_records = list(records)
    numbers = numbered(record.id for record in all_records).by_record
    for record in all_records:
        told = {azure.TAGS: ",".join(record.tags), azure.VERSIONS: ",".join(record.versions), azure.ID: record.id}
        filters = {name: value for name, value in told.items() if value}
        texts = (record.question, *record.alternates)
        yield from qna.pair_lines(numbers[record.id], texts, record.led_markdown(), record.source.path, filters)


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


def qnabot_json(records: Iterator[Record]) -> Iterator[str]:
    """Yield what QnABot's designer imports; tags and versions are session attributes that it sets with the answer."""
    yield '{"qna": ['
    before = ""
    for record in records:
        lists = {qnabot.TAGS: ",".join(record.tags), qnabot.VERSIONS: ",".join(record.versions)}
        item = {
            "qid": record.id,
            "type": "qna",
            "q": [record.question, *record.alternates],
            "a": record.answer_text,
            "alt": {"markdown": record.led_markdown()},
            "sa": [{"text": name, "value": value, "enableTranslate": False} for name, value in lists.items() if value],
        }
        yield before + json.dumps(item, ensure_ascii=False)
        before = ","
    yield "]}"


def docsearch_records(records: Iterator[Record]) -> Iterator[str]:
    """Yield a list of DocSearch's records, one a question; what DocSearch has no field for stands in a field `faq`."""
    yield "["
    before = ""
    for record in records:
        titles = [*(record.section or (record.source.path,))[: _TITLES_MOST - 1], record.question]
        levels = {f"lvl{level}": titles[level] if level < len(titles) else None for level in range(_TITLES_MOST)}
        page = f"/q/{quote(record.id)}"  # as `pages.answer` has it; below which address it will be, nobody knows here
        item = {
            "objectID": record.id,
            "type": "content",
            "hierarchy": levels,
            "content": record.answer_text,
            "url": page,
            "url_without_anchor": page,
            "anchor": record.source.anchor,
            "lang": record.language,
            "tags": list(record.tags),
            docsearch.OURS: {
                "answer": record.led_markdown(),
                "alternates": list(record.alternates),
                "versions": list(record.versions),
            },
        }
        yield before + json.dumps(item, ensure_ascii=False)
        before = ","
    yield "]"


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(map(as_cell, texts))


def _csv_line(cells: Sequence[str]) -> str:
    """Return a line of RFC 4180 without its end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=LINE_END).writerow(cells)
    return buffer.getvalue().removesuffix(LINE_END)
