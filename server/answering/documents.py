"""The answer document as the API sends it: the one of `faq ask --json`, and what only a server can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import url_for

from faqkb.kb.answers import Answer, Hit
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import EVERY_RECORD, Filter
from faqkb.server.answering.follow_ups import follow_ups_of
from faqkb.server.answering.tokens import answer_token
from faqkb.server.noted import note_answer
from faqkb.server.texts.forms import Addresses, Format, Style, told
from faqkb.server.wording.talk import hands_over

_VIA = "api"


def page_address(record_id: str) -> str:
    """Return the whole address of a record's page."""
    return url_for("pages.answer", record_id=record_id, lang=None, _external=True)


def picture_address(name: str) -> str:
    """Return the whole address of a stored picture."""
    return url_for("pictures.picture", name=name, _external=True)


SITE = Addresses(page_address, picture_address)
"""Of the server that is asked, under the name that it is asked by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an answer a client asks for."""

    explain: bool = False
    shown: Format | None = None
    style: Style = Style.FULL
    filter: Filter = EVERY_RECORD
    """Which records may be shown."""

    @property
    def has_text(self) -> bool:
        """Whether a text is wanted beside the Markdown as written."""
        return self.shown is not None or self.style is not Style.FULL


def answer_document(
    knowledge: KnowledgeBase, answer: Answer, wanted: Wanted, *, is_typing: bool = False
) -> dict[str, Any]:
    """Return the document, and count the answer."""
    note_answer(answer, _VIA, is_typing=is_typing)
    document = answer.to_json(explain=wanted.explain)
    if wanted.has_text:
        shown = wanted.shown or Format.MARKDOWN
        for entry, hit in _entries(document, answer):
            entry["text"] = told(hit, shown, wanted.style, SITE)
    for entry, _ in _entries(document, answer):
        place_checks(entry["checks"])
    return document | {
        "handover": hands_over(answer),
        "follow_ups": [prompt.to_json() for prompt in follow_ups_of(knowledge, answer, wanted.filter)],
        "answer_token": answer_token(answer),
    }


def place_checks(entries: Iterable[dict[str, Any]]) -> None:
    """Put the addresses of check scripts where this application lies, which may be below a path of the server."""
    for entry in entries:
        entry["url"] = url_for("scripts.script", check_id=entry["id"])


def _entries(document: dict[str, Any], answer: Answer) -> Iterator[tuple[dict[str, Any], Hit]]:
    """Yield the entry of each record in a document with what it was made of, those of other questions too."""
    for made, own in zip((document, *document["others"]), (answer, *answer.others), strict=True):
        yield from zip(made["answers"], own.hits, strict=True)
