"""Any table with a column of questions and one of answers: our own CSV, a sheet that somebody keeps, QnABot's Excel."""

from __future__ import annotations

import re

from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled, names_in, several
from faqkb.ingest.imported.tables.reading import Table
from faqkb.kb.foreign.cells import from_cell

FORM = "table"
_NAMES = {
    "question": re.compile(r"q|questions?[ _]?\d*|问题\d*|問題\d*|问|問|标题|標題"),
    "markdown": re.compile(r"markdown|answer[ _]markdown"),
    "answer": re.compile(r"a|answers?|答案|回答|答"),
    "alternates": re.compile(r"alternates?|alternate questions|similar questions|相似问题|相似問題|相似问|其他问法"),
    "tags": re.compile(r"tags?|topic|category|标签|標籤|分类|分類"),
    "versions": re.compile(r"versions?|版本"),
    "id": re.compile(r"id|qid|编号|編號"),
    "language": re.compile(r"lang|language|语言|語言"),
}
_OURS = {"id", "question", "alternates", "answer", "section", "path", "line"}
"""Columns of our own export, whose lists have one name a line, whatever stands in it."""
_SPLIT = re.compile(r"[\n,，;；|]")


def is_table(table: Table) -> bool:
    """Whether the header names questions and answers."""
    columns = _columns(table)
    return bool(columns["question"] and (columns["answer"] or columns["markdown"]))


def read_table(table: Table) -> Collection:
    """Return an entry for each row; where Markdown has a column of its own, that is the answer."""
    columns = _columns(table)
    taken = {at for several_columns in columns.values() for at in several_columns}
    names = several if {name.casefold() for name in table.header} >= _OURS else _names
    entries, left_out = [], []
    for row in table.rows:
        cells = table.cells(row)
        values = {name: "\n".join(cells[at] for at in found if cells[at].strip()) for name, found in columns.items()}
        questions = tuple(
            dict.fromkeys(from_cell(cells[at]).strip() for at in columns["question"] if cells[at].strip())
        )
        if not questions:
            left_out.append(LeftOut(row.line, values["id"], "has no question"))
            continue
        plain, markdown = from_cell(values["answer"]), from_cell(values["markdown"])
        others = [(table.name_of(at), from_cell(cell)) for at, cell in enumerate(cells) if at not in taken]
        entries.append(
            Entry(
                row=row.line,
                question=questions[0],
                answer=markdown if markdown.strip() else plain,
                id=from_cell(values["id"]).strip(),
                alternates=tuple(dict.fromkeys((*questions[1:], *several(values["alternates"])))),
                tags=names(values["tags"]),
                versions=names(values["versions"]),
                language=values["language"].strip(),
                kept=filled([("answer", plain if markdown.strip() else ""), *others]),
            )
        )
    return Collection(FORM, tuple(entries), tuple(left_out))


def _names(cell: str) -> tuple[str, ...]:
    """Return names that stand one a line, or with commas, semicolons or bars between."""
    return names_in(_SPLIT.sub(",", from_cell(cell)))


def _columns(table: Table) -> dict[str, list[int]]:
    header = [name.strip().casefold() for name in table.header]
    return {name: [at for at, title in enumerate(header) if form.fullmatch(title)] for name, form in _NAMES.items()}
