"""Which system wrote a file: told by its columns and fields, not by its name."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faqkb.ingest.imported import azure, docsearch, faqpage, fastgpt, maxkb, qnabot, stackexchange
from faqkb.ingest.imported.entry import Collection
from faqkb.ingest.imported.tables import Table, read_table
from faqkb.ingest.page.encodings import decode
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import FILE_BYTES

_BEGINNING_BYTES = 4_096
_TABLES: dict[str, tuple[Callable[[Table], bool], Callable[[Table], Collection]]] = {
    azure.TSV: (azure.is_tsv, azure.read_tsv),
    maxkb.FORM: (maxkb.is_table, maxkb.read_table),
    fastgpt.FORM: (fastgpt.is_table, fastgpt.read_table),
}
_DOCUMENTS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Collection]]] = {
    azure.JSON: (azure.is_json, azure.read_json),
    qnabot.FORM: (qnabot.is_document, qnabot.read_document),
    docsearch.FORM: (docsearch.is_document, docsearch.read_document),
    faqpage.FORM: (faqpage.is_document, faqpage.read_document),
}
FORMS = (*_TABLES, *_DOCUMENTS, stackexchange.FORM)
"""Names of what is read, as `--format` takes them."""


def read_file(path: Path, form: str | None = None) -> Collection:
    """Return what a file of another system holds. Raises ContentError, OSError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ContentError(f"{path}: not a regular file; name the file that the other system exported")
    with path.open("rb") as file:
        is_dump = stackexchange.is_dump(file.read(_BEGINNING_BYTES))
    if form == stackexchange.FORM or (form is None and is_dump):
        return stackexchange.read_dump(path)  # piece by piece, however long it is
    if status.st_size > FILE_BYTES:
        raise ContentError(f"{path}: {status.st_size:,} bytes (limit {FILE_BYTES:,}); export it in several parts")
    return read_collection(path.read_bytes(), path.name, form)


def read_collection(content: bytes, name: str, form: str | None = None) -> Collection:
    """Return what a file of another system holds; `form` says which, else its content does.

    Raises ContentError where nobody's columns or fields are in it.
    """
    text = decode(content, name).text.removeprefix("\ufeff")
    beginning = text.lstrip()[:1]
    if beginning == "<" and form in {None, faqpage.FORM}:
        return faqpage.read_html(text, name)
    if form in _DOCUMENTS or (form is None and beginning in {"{", "["}):
        return _of_document(_json(text, name), name, form)
    return _of_table(read_table(text, name), name, form)


def _of_table(table: Table, name: str, form: str | None) -> Collection:
    known = form or next((each for each, (fits, _) in _TABLES.items() if fits(table)), None)
    if known is None or not _TABLES[known][0](table):
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
