"""QnA Maker's JSON: `{"qnaDocuments": [{"id", "questions", "answer", "metadata", "context", …}]}`, or `qnaList`."""

from __future__ import annotations

import json
from typing import Any

from faqkb.ingest.imported.documents.fields import is_empty, rest_of, text_of, texts_of
from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled
from faqkb.ingest.imported.tables.azure import entry_of, with_wording

FORM = "qnamaker-json"
_LISTS = ("qnaDocuments", "qnaList")
_TAKEN = {"id", "questions", "answer", "metadata", "context", "dialog", "source"}


def is_document(found: Any) -> bool:
    """Whether a document is QnA Maker's."""
    return isinstance(found, dict) and any(isinstance(found.get(name), list) for name in _LISTS)


def read_document(found: Any) -> Collection:
    """Return an entry for each item; the first of its questions asks."""
    listed = next(found[name] for name in _LISTS if isinstance(found.get(name), list))
    entries, left_out = [], []
    for row, one in enumerate(listed, 1):
        questions = texts_of(one.get("questions")) if isinstance(one, dict) else ()
        if questions:
            entries.append(_entry(row, one, questions))
        else:
            left_out.append(LeftOut(row, text_of(one.get("id")) if isinstance(one, dict) else "", "holds no questions"))
    return Collection(FORM, tuple(entries), tuple(left_out))


def _entry(row: int, one: dict[str, Any], questions: tuple[str, ...]) -> Entry:
    said = one.get("context") or one.get("dialog")
    context = said if isinstance(said, dict) else {"context": said}
    values = {
        "question": questions[0],
        "answer": text_of(one.get("answer")),
        "source": text_of(one.get("source")),
        "metadata": json.dumps(one.get("metadata") or [], ensure_ascii=False),
        "iscontextonly": text_of(context.get("isContextOnly")),
        "prompts": "" if is_empty(context.get("prompts")) else text_of(context.get("prompts")),
    }
    entry = entry_of(row, text_of(one.get("id")), values)
    for other in questions[1:]:
        entry = with_wording(entry, Entry(row=row, question=other, answer=""))
    rest = filled([*rest_of(one, _TAKEN), *rest_of(context, {"isContextOnly", "prompts"})])
    return with_wording(entry, Entry(row=row, question="", answer="", kept=rest))
