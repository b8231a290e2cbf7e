"""An answer's Markdown to sanitised HTML and to plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote, urljoin, urlsplit

import nh3

from faqkb.ingest.answers.parser import read_answer, render
from faqkb.ingest.answers.text import text_of
from faqkb.ingest.page.markdown import Budget, References
from faqkb.kb.foreign.html import ATTRIBUTES, TAGS, sanitise
from faqkb.kb.pictures import is_stored_address

OUTPUT_FACTOR = 20  # a tag of 5 characters, `<p>` and so on, for each short line; more is amplification
OUTPUT_FREE_CHARS = 64 * 1024

PictureOf = Callable[[str], str | None]
"""Returns where a picture that the HTML names by a relative address is stored; None where nobody looked for it, and
nothing where it is left out. It raises nothing: nh3 would not pass that on."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer, ready to show and to search."""

    html: str
    text: str
    prose: str
    """The text without code blocks and math: what tells the language."""
    relative: tuple[str, ...]
    """Addresses of links and pictures that lead nowhere from where the answer is shown: `../setup.md`, `img/a.png`.

    Each once, in their order; those into the page (`#why`) too. Empty where there is a link base.
    """


def render_answer(
    answer: str, references: References, budget: Budget, link_base: str | None, picture_of: PictureOf | None = None
) -> Rendered | None:
    """Return the answer as sanitised HTML, links resolved against the base, and as plain text.

    Without a base, pictures lead to where `picture_of` says that they are stored.
    Returns None when the HTML is far longer than the answer explains: no page should carry it.
    """
    tokens = read_answer(answer, references, budget)
    html = render(tokens)
    if len(html) > OUTPUT_FREE_CHARS + OUTPUT_FACTOR * len(answer):
        return None
    document = PurePosixPath(budget.path).name
    resolved = resolve_links(html, link_base, document)
    safe = sanitise(resolved if link_base or not picture_of else place_pictures(resolved, picture_of))
    return Rendered(safe, text_of(tokens), text_of(tokens, code=False), relative_addresses(safe))


def resolve_links(html: str, link_base: str | None, document: str) -> str:
    """Return the HTML with relative links and images made absolute; the result is not yet safe.

    `document` is the file name: a link into the page (`#x`) is one into that file.
    """
    if not link_base:
        return html

    def resolve(_tag: str, attribute: str, value: str) -> str | None:
        if attribute not in {"href", "src"}:
            return value
        return _joined(link_base, quote(document) + value if value.startswith("#") else value)

    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=resolve, link_rel=None)


def place_pictures(html: str, picture_of: PictureOf) -> str:
    """Return the HTML with relative pictures led to where they are stored; the result is not yet safe."""

    def place(tag: str, attribute: str, value: str) -> str | None:
        stored = picture_of(value) if (tag, attribute) == ("img", "src") and _is_relative(value) else None
        return value if stored is None else stored or None

    if "<img" not in html.lower():
        return html
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=place, link_rel=None)


def relative_addresses(html: str) -> tuple[str, ...]:
    """Return the addresses in sanitised HTML with no host of their own, each once, in order; no stored pictures."""
    found: dict[str, None] = {}

    def note(_tag: str, attribute: str, value: str) -> str:
        if attribute in {"href", "src"} and value and _is_relative(value) and not is_stored_address(value):
            found[value] = None
        return value

    nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=note, link_rel=None)
    return tuple(found)


def _is_relative(address: str) -> bool:
    try:
        return not urlsplit(address).scheme and not address.startswith("//")
    except ValueError:  # `http://[`: no address at all
        return False


def _joined(base: str, address: str) -> str | None:
    """Return the address as seen from the base; None when it is no address."""
    try:
        return address if urlsplit(address).scheme else urljoin(base, address)
    except ValueError:
        return None
