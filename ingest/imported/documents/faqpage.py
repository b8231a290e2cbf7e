"""FAQPage of schema.org: JSON-LD, by itself or in saved HTML; the answers are HTML and stay HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

from faqkb.ingest.imported.documents.fields import rest_of, text_of
from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import NESTING_LEVELS

FORM = "faqpage"
_PAGES = frozenset({"FAQPage", "QAPage"})
_QUESTION = "Question"
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BLANK_LINES = re.compile(r"\n[ \t]*(?=\n)")
_TAKEN = {"@type", "@id", "name", "text", "acceptedAnswer", "suggestedAnswer", "inLanguage", "keywords", "answerCount"}


def is_document(found: Any) -> bool:
    """Whether JSON-LD holds a page of questions."""
    return next(_pages(found), None) is not None


def read_document(found: Any) -> Collection:
    """Return an entry for each question of every page in it."""
    entries, left_out = [], []
    questions = (one for page in _pages(found) for one in _listed(page.get("mainEntity")))
    for row, one in enumerate(questions, 1):
        read = _entry(row, one) if isinstance(one, dict) and _QUESTION in _types(one) else None
        if read is None:
            left_out.append(LeftOut(row, "", "is no question with an answer"))
        else:
            entries.append(read)
    return Collection(FORM, tuple(entries), tuple(left_out))


def read_html(text: str, name: str) -> Collection:
    """Return the entries of a saved page. Raises ContentError where it holds no page of questions."""
    reader = _Scripts()
    reader.feed(text)
    reader.close()
    found, broken = [], []
    for number, script in enumerate(reader.scripts, 1):
        try:
            found.append(json.loads(script))
        except (ValueError, RecursionError) as error:
            broken.append(LeftOut(0, f"script {number}", f"a block of JSON-LD that cannot be read: {error}"))
    if not is_document(found):
        raise ContentError(
            f"{name}: HTML without a FAQPage (got {len(found)} blocks of JSON-LD, {len(broken)} more cannot be read);"
            " save a page that has one, or copy its questions into Markdown"
        )
    collection = read_document(found)
    return replace(collection, left_out=(*broken, *collection.left_out))


def html_as_markdown(html: str) -> str:
    """Return HTML as a block of Markdown that stays HTML, text without tags as it is.

    A blank line would end the block: none is left, but in `<pre>`, where it is a line that holds a blank.
    """
    text = html.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not _TAG.search(text):
        return text
    return f"<div>\n{_BLANK_LINES.sub(_blank_of(text), text)}\n</div>"


def _blank_of(text: str) -> str:
    return "\n&#32;" if "<pre" in text.casefold() else ""


def _entry(row: int, one: dict[str, Any]) -> Entry | None:
    accepted = [each for each in _listed(one.get("acceptedAnswer")) if isinstance(each, dict)]
    suggested = [each for each in _listed(one.get("suggestedAnswer")) if isinstance(each, dict)]
    answers = [text for each in accepted or suggested[:1] if (text := text_of(each.get("text"))).strip()]
    question = unescape(_TAG.sub("", text_of(one.get("name")) or text_of(one.get("text"))))
    if not answers or not question.strip():
        return None
    others = suggested if accepted else suggested[1:]
    body = text_of(one.get("text")) if one.get("name") else ""
    extra = [
        ("text", body if body != text_of(one.get("name")) else ""),
        *(("suggestedAnswer", text_of(each.get("text"))) for each in others),
        *rest_of(one, _TAKEN),
    ]
    return Entry(
        row=row,
        question=question,
        answer="\n\n".join(map(html_as_markdown, answers)),
        id=text_of(one.get("@id")).rpartition("#")[2],
        language=text_of(one.get("inLanguage")) if isinstance(one.get("inLanguage"), str) else "",
        tags=tuple(filter(None, map(str.strip, text_of(one.get("keywords")).split(",")))),
        kept=filled(extra),
    )


def _pages(found: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the pages of questions, however they are wrapped: a list, `@graph`, another thing."""
    if depth > NESTING_LEVELS:
        return
    if isinstance(found, dict):
        if _types(found) & _PAGES:
            yield found
            return
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from _pages(each, depth + 1)


def _types(found: dict[str, Any]) -> set[str]:
    return {text_of(each).rpartition("/")[2] for each in _listed(found.get("@type"))}


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [] if found is None else [found]


class _Scripts(HTMLParser):
    """Collects the blocks of JSON-LD of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block."""
        kind = (dict(attrs).get("type") or "").partition(";")[0].strip().casefold()
        self._inside = tag == "script" and kind == "application/ld+json"
        if self._inside:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        """End a block."""
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        """Take what stands in a block."""
        if self._inside:
            self.scripts[-1] += data
