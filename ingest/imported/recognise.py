"""Which system wrote a file: told by its columns and fields, not by its name."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from faqkb.ingest.imported.archives import parts_of
from faqkb.ingest.imported.documents import docsearch, faqpage, qna, qnabot, qnamaker, stackexchange, word
from faqkb.ingest.imported.entry import Collection, LeftOut
from faqkb.ingest.imported.tables import azure, columns, excel, fastgpt, maxkb
from faqkb.ingest.imported.tables.reading import Table, read_table
from faqkb.ingest.page.encodings import decode
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import FILE_BYTES

_BEGINNING_BYTES = 4_096
_ARCHIVE = b"PK\x03\x04"
_TABLES: dict[str, tuple[Callable[[Table], bool], Callable[[Table], Collection]]] = {
    azure.TSV: (azure.is_tsv, azure.read_tsv),
    maxkb.FORM: (maxkb.is_table, maxkb.read_table),
    fastgpt.FORM: (fastgpt.is_table, fastgpt.read_table),
    columns.FORM: (columns.is_table, columns.read_table),  # the last: its names are anybody's
}
_DOCUMENTS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Collection]]] = {
    qnamaker.FORM: (qnamaker.is_document, qnamaker.read_document),
    qnabot.FORM: (qnabot.is_document, qnabot.read_document),
    docsearch.FORM: (docsearch.is_document, docsearch.read_document),
    faqpage.FORM: (faqpage.is_document, faqpage.read_document),
}
FORMS = (*_TABLES, *_DOCUMENTS, qna.FORM, stackexchange.FORM, word.FORM)
"""Names of what is read, as `--format` takes them."""


def read_file(path: Path, form: str | None = None) -> Collection:
    """Return what a file of another system holds. Raises ContentError, OSError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ContentError(f"{path}: not a regular file; name the file that the other system exported")
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING_BYTES)
    is_dump = stackexchange.is_dump(beginning)
    if form == stackexchange.FORM or (form is None and is_dump):
        return stackexchange.read_dump(path)  # piece by piece, however long it is
    if status.st_size > FILE_BYTES:
        raise ContentError(f"{path}: {status.st_size:,} bytes (limit {FILE_BYTES:,}); export it in several parts")
    if beginning.startswith(_ARCHIVE):
        return _of_archive(path, form)
    return read_collection(path.read_bytes(), path.name, form)


def read_collection(content: bytes, name: str, form: str | None = None) -> Collection:
    """Return what a file of another system holds; `form` says which, else its content does.

    Raises ContentError where nobody's columns or fields are in it.
    """
    text = decode(content, name).text.removeprefix("\ufeff")
    try:
        return _of_text(text, name, form)
    except RecursionError as error:
        raise ContentError(f"{name}: JSON with too many lists in lists; export it again from its system") from error


def _of_text(text: str, name: str, form: str | None) -> Collection:
    if form == qna.FORM or (form is None and qna.is_text(text) and not text.lstrip().startswith(("{", "["))):
        return _of_qna(text, name)
    beginning = text.lstrip()[:1]
    if beginning == "<" and form in {None, faqpage.FORM}:
        return faqpage.read_html(text, name)
    if form in _DOCUMENTS or (form is None and beginning in {"{", "["}):
        return _of_document(_json(text, name), name, form)
    return _of_table(read_table(text, name), name, form)


def _of_qna(text: str, name: str) -> Collection:
    if not qna.is_text(text):
        raise ContentError(f"{name}: no .qna (got no heading `# ? Question`, expected one); see docs/importing.md")
    return qna.read_text(text)


def _of_archive(path: Path, form: str | None) -> Collection:
    """Return what a file of Office holds. Raises ContentError."""
    parts = parts_of(path)
    if excel.is_workbook(parts):
        return _of_sheets([*excel.read_workbook(path, parts)], path.name, form)
    if word.is_word(parts) and form in {None, word.FORM}:
        return word.read_word(path, parts)
    raise ContentError(f"{path.name}: an archive, but none of {form or 'Excel or Word'}; unpack it")


def _of_sheets(sheets: Sequence[tuple[str, Table]], name: str, form: str | None) -> Collection:
    """Return what the sheets hold that a system is known of, the first one's; the others are told."""
    read: list[Collection] = []
    unknown: list[LeftOut] = []
    for title, table in sheets:
        try:
            read.append(_of_table(table, f"{name}, sheet {title!r}", form))
        except ContentError as error:
            unknown.append(LeftOut(0, title, f"a sheet of {len(table.rows)} rows: {error}"))
    if not read:
        raise ContentError(unknown[0].why if unknown else f"{name}: an empty workbook; name one with questions in it")
    return Collection(
        read[0].form,
        tuple(entry for each in read for entry in each.entries),
        (*unknown, *(left for each in read for left in each.left_out)),
    )


def _of_table(table: Table, name: str, form: str | None) -> Collection:
    known = form or next((each for each, (fits, _) in _TABLES.items() if fits(table)), None)
    if known not in _TABLES or not _TABLES[known][0](table):
        columns = ", ".join(table.header)[:120]
        raise ContentError(
            f"{name}: no table of {form or 'a known system'} (got the columns {columns!r}, expected those of"
            f" {form or ', '.join(_TABLES)}); see docs/importing.md"
        )
    return _TABLES[known][1](table)


def _of_document(found: Any, name: str, form: str | None) -> Collection:
    known = form or next((each for each, (fits, _) in _DOCUMENTS.items() if fits(found)), None)
    if known is None or not _DOCUMENTS[known][0](found):
        raise ContentError(
            f"{name}: JSON, but none of {form or 'a known system'} (expected {form or ', '.join(_DOCUMENTS)});"
            " see docs/importing.md"
        )
    return _DOCUMENTS[known][1](found)


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
            return [_json(line, name) for line in lines]  # a record a line
        raise ContentError(f"{name}: JSON that cannot be read ({error}); export it again from its system") from error
