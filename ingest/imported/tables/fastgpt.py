"""FastGPT: a table of `q`, `a` and further texts that find the same answer: one cell each, or one a line.

The export of its web pages says `q,a,indexes`, newer releases also `q,a,index,metadata`. There is no column for an id
or tags, so ours stand in a comment at the end of the answer.
"""

from __future__ import annotations

import json

from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled, names_in, several
from faqkb.ingest.imported.tables.reading import Table
from faqkb.kb.foreign.cells import from_cell

FORM = "fastgpt-csv"
HEADER = ("q", "a", "indexes")
_METADATA = "metadata"
_OURS = "<!-- faq-export: "
_END = " -->"


def is_table(table: Table) -> bool:
    """Whether the header is FastGPT's."""
    return [name.casefold() for name in table.header[:2]] == ["q", "a"]


def read_table(table: Table) -> Collection:
    """Return the entries; a row without `a` is a piece of text and no answer to a question."""
    metadata = next((at for at, name in enumerate(table.header) if name.casefold() == _METADATA), None)
    entries, left_out = [], []
    for row in table.rows:
        cells = table.cells(row)
        answer, ours = _split(from_cell(cells[1]))
        question = from_cell(cells[0]).strip()
        if not answer.strip():
            left_out.append(LeftOut(row.line, "", "has no answer (a): it is a piece of a text, not a question"))
            continue
        texts = [text for at, cell in enumerate(cells[2:], 2) if at != metadata for text in _texts(cell)]
        entries.append(
            Entry(
                row=row.line,
                question=question,
                answer=answer,
                id=ours.get("id", ""),
                alternates=tuple(each for each in dict.fromkeys(texts) if each != question),
                tags=names_in(ours.get("tags", "")),
                versions=names_in(ours.get("versions", "")),
                kept=filled([(_METADATA, cells[metadata])] if metadata is not None else []),
            )
        )
    return Collection(FORM, tuple(entries), tuple(left_out))


def with_metadata(answer: str, values: dict[str, str]) -> str:
    """Return an answer that says in a comment at its end what has no column."""
    told = {name: value for name, value in values.items() if value}
    # As JSON, whose `>` can be written as an escape: nothing in it ends the comment.
    text = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"{answer}\n\n{_OURS}{text}{_END}" if told else answer


def _split(answer: str) -> tuple[str, dict[str, str]]:
    """Return the answer without our comment at its end, and what that says."""
    body, found, rest = answer.rpartition(_OURS)
    if not found or not rest.rstrip().endswith(_END):
        return answer, {}
    try:
        told = json.loads(rest.rstrip().removesuffix(_END))
    except (ValueError, RecursionError):
        return answer, {}
    if not isinstance(told, dict):
        return answer, {}
    return body.removesuffix("\n\n"), {str(name): str(value) for name, value in told.items()}


def _texts(cell: str) -> list[str]:
    """Return the texts of a cell: one a line, or a list as JSON."""
    if cell.strip().startswith("["):
        try:
            found = json.loads(cell)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            return [each.strip() for each in found if each.strip()]
    return list(several(cell))
