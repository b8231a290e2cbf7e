"""Azure Custom Question Answering and QnA Maker: their tab-separated exports.

Columns: Question, Answer, Source, Metadata, SuggestedQuestions, IsContextOnly, Prompts, QnaId (and SourceDisplayName
since 2022); a row for each wording, those of one answer with the same QnaId.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled, names_in
from faqkb.ingest.imported.tables.reading import Table
from faqkb.kb.foreign.cells import from_cell

TSV = "azure-tsv"
TAGS, VERSIONS, ID = "tags", "versions", "faq_id"
"""The metadata that our own export writes."""
_ESCAPE = re.compile(r"\\([nrt\\])")
_PLAIN = {"n": "\n", "r": "", "t": "\t", "\\": "\\"}
_NEEDS_ESCAPE = re.compile(r"\\(?=[nrt\\])|\n|\t|\r")
_ESCAPED = {"\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": ""}


def is_tsv(table: Table) -> bool:
    """Whether the header is that of Azure's exports."""
    return {"question", "answer"} <= _columns(table).keys() and "qnaid" in _columns(table)


def read_tsv(table: Table) -> Collection:
    """Return the entries of a tab-separated export, one for each QnaId."""
    columns = _columns(table)
    grouped: dict[str, Entry] = {}
    left_out: list[LeftOut] = []
    for row in table.rows:
        cells = table.cells(row)
        values = {name: from_cell(unescaped(cells[at])) for name, at in columns.items()}
        number = values.get("qnaid", "").strip()
        read = entry_of(row.line, number, values)
        former = grouped.get(number) if number else None
        if former is None:
            grouped[number or f"row {row.line}"] = read
        elif read.answer.strip() not in {"", former.answer.strip()}:
            left_out.append(LeftOut(row.line, number, "another answer with the QnaId of a row above; give it its own"))
        else:
            grouped[number] = with_wording(former, read)
    return Collection(TSV, tuple(grouped.values()), tuple(left_out))


def unescaped(cell: str) -> str:
    r"""Return the text of a cell, in which `\n` stands for a line's end."""
    return _ESCAPE.sub(lambda found: _PLAIN[found[1]], cell)


def escaped(text: str) -> str:
    """Return a text as it stands in a cell; `unescaped` gives it back, but for carriage returns."""
    return _NEEDS_ESCAPE.sub(lambda found: _ESCAPED[found[0]], text)


def metadata_cell(pairs: Sequence[tuple[str, str]]) -> str:
    """Return metadata as the exports write it: `name:value|name:value`, as JSON where that could not be told apart."""
    if any("|" in name + value or ":" in name for name, value in pairs):
        return json.dumps([{"name": name, "value": value} for name, value in pairs], ensure_ascii=False)
    return "|".join(f"{name}:{value}" for name, value in pairs)


def _columns(table: Table) -> dict[str, int]:
    return {name.casefold().replace(" ", ""): at for at, name in enumerate(table.header)}


def entry_of(row: int, number: str, values: Mapping[str, str]) -> Entry:
    """Return the entry of one wording; `values` are its cells by the names of their columns, in small letters."""
    metadata = list(_metadata(values.get("metadata", "")))
    own = {name: value for name, value in metadata if name in {TAGS, VERSIONS, ID}}
    others = [pair for pair in metadata if pair[0] not in own]
    is_context_only = values.get("iscontextonly", "").strip().casefold() == "true"
    extra = [
        ("QnaId", number if own.get(ID) else ""),
        ("Source", values.get("source", "")),
        ("IsContextOnly", "true" if is_context_only else ""),
        ("Prompts", values.get("prompts", "")),
        ("SuggestedQuestions", values.get("suggestedquestions", "")),
        *((name, value) for name, value in others),
    ]
    return Entry(
        row=row,
        question=values["question"],
        answer=values["answer"],
        id=own.get(ID) or number,
        tags=tuple(dict.fromkeys((*names_in(own.get(TAGS, "")), *(f"{name}:{value}" for name, value in others)))),
        versions=names_in(own.get(VERSIONS, "")),
        kept=filled(extra),
    )


def with_wording(entry: Entry, other: Entry) -> Entry:
    """Return an entry with the question of another one as a wording, and what else that one says."""
    wordings = dict.fromkeys((*entry.alternates, other.question))
    kept = dict.fromkeys((*entry.kept, *other.kept))
    return Entry(
        row=entry.row,
        question=entry.question,
        answer=entry.answer,
        id=entry.id,
        alternates=tuple(each for each in wordings if each.strip() and each != entry.question),
        tags=tuple(dict.fromkeys((*entry.tags, *other.tags))),
        versions=tuple(dict.fromkeys((*entry.versions, *other.versions))),
        kept=tuple(kept),
    )


def _metadata(cell: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of `name:value|name:value`, or of JSON, a list of both or an object."""
    text = cell.strip()
    if text.startswith(("[", "{")):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            yield "metadata", text
            return
        pairs = found.items() if isinstance(found, dict) else (_pair(each) for each in found)
        yield from ((str(name), str(value)) for name, value in pairs)
        return
    for part in filter(None, map(str.strip, text.split("|"))):
        name, _, value = part.partition(":")
        yield name.strip(), value.strip()


def _pair(found: Any) -> tuple[str, str]:
    if isinstance(found, dict):
        return str(found.get("name", found.get("key", ""))), str(found.get("value", ""))
    return "metadata", str(found)
