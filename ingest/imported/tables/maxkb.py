"""MaxKB: a table of section title, section content (the answer) and questions, one a line, in four languages.

It finds its columns by how their names begin (`get_title_row_index_dict` in its `base_parse_qa_handle.py`), so columns
of ours beside them do no harm there.
"""

from __future__ import annotations

from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled, names_in, several
from faqkb.ingest.imported.tables.reading import Table
from faqkb.kb.foreign.cells import from_cell

FORM = "maxkb-csv"
HEADER = ("分段标题（选填）", "分段内容（必填，问题答案，最长不超过4096个字符）", "问题（选填，单元格内一行一个）")
OURS = ("faq id", "faq tags", "faq versions")
_TITLE = ("分段标题", "分段標題", "section title")
_CONTENT = ("分段内容", "分段內容", "section content")
_QUESTIONS = ("问题", "問題", "question")


def is_table(table: Table) -> bool:
    """Whether the header is MaxKB's."""
    return _column(table, _CONTENT) is not None


def read_table(table: Table) -> Collection:
    """Return the entries; a row without questions is asked by its title."""
    at = {name: _column(table, names) for name, names in _COLUMNS.items()}
    taken = set(at.values())
    entries, left_out = [], []
    for row in table.rows:
        cells = table.cells(row)
        questions = several(cells[at["questions"]]) if at["questions"] is not None else ()
        values = {name: from_cell(cells[column]) if column is not None else "" for name, column in at.items()}
        title = values["title"].strip()
        wordings = questions or ((title,) if title else ())
        if not wordings:
            left_out.append(LeftOut(row.line, values["id"], "has neither a question nor a title"))
            continue
        others = [(table.name_of(each), cell) for each, cell in enumerate(cells) if each not in taken]
        kept = [("title", title if title != wordings[0] else ""), *others]
        entries.append(
            Entry(
                row=row.line,
                question=wordings[0],
                answer=values["content"],
                id=values["id"].strip(),
                alternates=wordings[1:],
                tags=names_in(values["tags"]),
                versions=names_in(values["versions"]),
                kept=filled(kept),
            )
        )
    return Collection(FORM, tuple(entries), tuple(left_out))


_COLUMNS = {
    "title": _TITLE,
    "content": _CONTENT,
    "questions": _QUESTIONS,
    "id": OURS[:1],
    "tags": OURS[1:2],
    "versions": OURS[2:],
}


def _column(table: Table, beginnings: tuple[str, ...]) -> int | None:
    names = enumerate(name.casefold() for name in table.header)
    return next((at for at, name in names if name.startswith(beginnings)), None)
