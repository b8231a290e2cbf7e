"""DocSearch records (Algolia): a record a heading or a piece of text, told apart by `hierarchy` and `type`.

A heading that has text below it is a question; the pieces of text below the same heading, in their order, are its
answer. `{"hits": […]}` is a reply of its search, a list or one record a line what its crawler and `browse` export.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from faqkb.ingest.imported.documents.fields import rest_of, text_of, texts_of
from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled

FORM = "docsearch"
OURS = "faq"
"""The field of our export that holds what a record has beyond DocSearch's."""
LEVELS = ("lvl0", "lvl1", "lvl2", "lvl3", "lvl4", "lvl5", "lvl6")
"""Of its hierarchy, the outermost first."""
_TAKEN = {"hierarchy", "content", "type", "objectID", "tags", "lang", "language", OURS}
_SHOWN = {"_highlightResult", "_snippetResult", "_distinctSeqID", "weight", "hierarchy_camel", "hierarchy_radio"}
"""What a search adds, and what is the hierarchy once more."""


@dataclass(slots=True)
class _Heading:
    """A heading and the text below it."""

    row: int
    titles: tuple[str, ...]
    first: dict[str, Any]
    pieces: list[str] = field(default_factory=list)


def is_document(found: Any) -> bool:
    """Whether a document holds DocSearch's records."""
    records = _records(found)
    return bool(records) and all(isinstance(one, dict) and isinstance(one.get("hierarchy"), dict) for one in records)


def read_document(found: Any) -> Collection:
    """Return an entry for each heading with text below it; headings without any are told."""
    headings: dict[tuple[str, ...], _Heading] = {}
    for row, one in enumerate(_records(found), 1):
        titles = tuple(text_of(one["hierarchy"].get(level)).strip() for level in LEVELS)
        place = (text_of(one.get("url_without_anchor")) or text_of(one.get("url")).partition("#")[0], *titles)
        if OURS in one:
            place = (*place, text_of(one.get("objectID")))  # one of ours is whole; the same question may stand twice
        heading = headings.setdefault(place, _Heading(row, tuple(filter(None, titles)), one))
        content = text_of(one.get("content"))
        heading.pieces += [content] if content.strip() else []
    entries, left_out = [], []
    for heading in headings.values():
        if heading.pieces and heading.titles:
            entries.append(_entry(heading))
        else:
            why = "a heading without text below it" if heading.titles else "text without a heading"
            left_out.append(LeftOut(heading.row, text_of(heading.first.get("objectID")), why))
    return Collection(FORM, tuple(entries), tuple(left_out))


def _entry(heading: _Heading) -> Entry:
    one = heading.first
    ours = one[OURS] if isinstance(one.get(OURS), dict) else {}
    above = " > ".join(heading.titles[:-1])
    return Entry(
        row=heading.row,
        question=heading.titles[-1],
        answer=text_of(ours["answer"]) if "answer" in ours else "\n\n".join(heading.pieces),
        id=text_of(one.get("objectID")),
        alternates=texts_of(ours.get("alternates")),
        tags=texts_of(one.get("tags")),
        versions=texts_of(ours.get("versions")),
        language=text_of(one.get("lang") or one.get("language")),
        kept=filled([("section", above), *rest_of(one, _TAKEN | _SHOWN)]),
    )


def _records(found: Any) -> list[Any]:
    if isinstance(found, dict):
        hits = found.get("hits", found.get("records"))
        return hits if isinstance(hits, list) else list(_of_one(found))
    return found if isinstance(found, list) else []


def _of_one(found: dict[str, Any]) -> Iterator[Any]:
    if "hierarchy" in found:
        yield found
