"""QnABot on AWS: `{"qna": [{"qid", "q": […], "a", "alt": {"markdown"}, "t", "type", …}]}`, as its designer exports."""

from __future__ import annotations

import re
from typing import Any

from faqkb.ingest.imported.documents.fields import rest_of, text_of, texts_of
from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled, names_in

FORM = "qnabot-json"
TAGS, VERSIONS = "faq_tags", "faq_versions"
"""Session attributes of our export: QnABot has no field for tags, and sets these beside an answer."""
_TYPE = "qna"
_WORD = re.compile(r"\w+")


def is_document(found: Any) -> bool:
    """Whether a document is QnABot's."""
    return isinstance(found, dict) and isinstance(found.get("qna"), list)


def read_document(found: Any) -> Collection:
    """Return the entries; the answer is its Markdown where it has that, and a topic is a tag."""
    entries, left_out = [], []
    for row, one in enumerate(found["qna"], 1):
        read = _entry(row, one) if isinstance(one, dict) else "is no object"
        if isinstance(read, Entry):
            entries.append(read)
        else:
            left_out.append(LeftOut(row, text_of(one.get("qid")) if isinstance(one, dict) else "", read))
    return Collection(FORM, tuple(entries), tuple(left_out))


def _entry(row: int, one: dict[str, Any]) -> Entry | str:
    """Return the entry of an item, or why it has none."""
    kind = text_of(one.get("type")) or _TYPE
    if kind != _TYPE:
        return f"is of the type {kind!r}, which asks or tests and does not answer"
    questions = texts_of(one.get("q"))
    if not questions:
        return "holds no questions"
    alt = one["alt"] if isinstance(one.get("alt"), dict) else {}
    plain, markdown = text_of(one.get("a")), text_of(alt.get("markdown"))
    client = one["clientFilterValues"] if isinstance(one.get("clientFilterValues"), str) else ""
    topic = text_of(one.get("t"))
    own, attributes = _attributes(one.get("sa"))
    is_said_twice = set(_WORD.findall(plain)) <= set(_WORD.findall(markdown))
    extra = [
        ("a", plain if markdown.strip() and not is_said_twice else ""),
        ("sa", attributes),
        *((f"alt.{name}", value) for name, value in rest_of(alt, {"markdown"})),
        *rest_of(one, {"qid", "q", "a", "alt", "t", "type", "clientFilterValues", "sa", "_id"}),
    ]
    return Entry(
        row=row,
        question=questions[0],
        answer=markdown if markdown.strip() else plain,
        id=text_of(one.get("qid")),
        alternates=questions[1:],
        tags=tuple(
            dict.fromkeys((*([topic] if topic.strip() else []), *names_in(client), *names_in(own.get(TAGS, ""))))
        ),
        versions=names_in(own.get(VERSIONS, "")),
        kept=filled(extra),
    )


def _attributes(found: Any) -> tuple[dict[str, str], str]:
    """Return our own session attributes, and the others as text."""
    listed = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    own = {
        text_of(each.get("text")): text_of(each.get("value")) for each in listed if each.get("text") in {TAGS, VERSIONS}
    }
    others = [each for each in listed if each.get("text") not in own]
    return own, text_of(others) if others else ""
