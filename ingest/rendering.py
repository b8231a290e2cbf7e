"""An answer's Markdown to sanitised HTML and to plain text, and where its addresses lead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import PurePosixPath
from urllib.parse import quote, urljoin, urlsplit

import nh3

from faqkb.ingest.answers.parser import read_answer, render
from faqkb.ingest.answers.places import Place
from faqkb.ingest.answers.text import text_of
from faqkb.ingest.page.markdown import Budget, References
from faqkb.kb.foreign.html import ATTRIBUTES, TAGS, is_allowed_address, sanitise
from faqkb.kb.pictures import is_stored_address
from faqkb.kb.records import Target

OUTPUT_FACTOR = 20  # a tag of 5 characters, `<p>` and so on, for each short line; more is amplification
OUTPUT_FREE_CHARS = 64 * 1024

PictureOf = Callable[[str], str | None]
"""Returns where a picture that the HTML names by a relative address is stored; None where nobody looked for it, and
nothing where it is left out. It raises nothing: nh3 would not pass that on."""

Lead = Callable[[str, bool], str | None]
"""Given an address and whether it is a picture's, returns where it leads; None where it is left out."""


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
    targets: tuple[Target, ...]
    """What has to change in the Markdown so that all of it leads where the HTML does."""


def render_answer(
    answer: str, references: References, budget: Budget, link_base: str | None, picture_of: PictureOf | None = None
) -> Rendered | None:
    """Return the answer as sanitised HTML, links resolved against the base, and as plain text.

    Without a base, pictures lead to where `picture_of` says that they are stored.
    Returns None when the HTML is far longer than the answer explains: no page should carry it.
    """
    read = read_answer(answer, references, budget)
    tokens = read.tokens
    html = render(tokens)
    if len(html) > OUTPUT_FREE_CHARS + OUTPUT_FACTOR * len(answer):
        return None
    lead = _leader(link_base, PurePosixPath(budget.path).name, picture_of)
    safe = sanitise(lead_addresses(html, lead) if lead else html)
    targets = targets_of(read.places, lead or _as_written)
    return Rendered(safe, text_of(tokens), text_of(tokens, code=False), relative_addresses(safe), targets)


def _leader(link_base: str | None, document: str, picture_of: PictureOf | None) -> Lead | None:
    """Return where relative addresses of an answer lead; None where they stay as they are.

    With a base it is the base, and a link into the page (`#x`) is one into the file `document`; without one, pictures
    lead to where they are stored.
    """

    def from_base(address: str, _is_picture: bool) -> str | None:
        return _joined(link_base or "", quote(document) + address if address.startswith("#") else address)

    def to_stored(address: str, is_picture: bool) -> str | None:
        stored = picture_of(address) if picture_of and is_picture and _is_relative(address) else None
        return address if stored is None else stored or None

    # Kept, because the HTML and the Markdown ask for the same.
    return cache(from_base) if link_base else cache(to_stored) if picture_of else None


def lead_addresses(html: str, lead: Lead) -> str:
    """Return the HTML with links and pictures led to where they belong; the result is not yet safe."""

    def led(tag: str, attribute: str, value: str) -> str | None:
        return lead(value, tag == "img") if attribute in {"href", "src"} else value

    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=led, link_rel=None)


def targets_of(places: Sequence[Place], lead: Lead) -> tuple[Target, ...]:
    """Return what has to change in the Markdown so that all of it leads where the HTML does.

    References are written out: what they name may stand outside of the answer.
    """
    return tuple(filter(None, (_target(place, lead(place.address, place.is_picture)) for place in places)))


def _target(place: Place, address: str | None) -> Target | None:
    if not address or not is_allowed_address(address) or (address == place.address and not place.is_reference):
        return None
    if place.is_html:
        return Target(place.start, place.end, escape(address), '"', '"')
    written = _in_markdown(address)
    if not place.is_reference:
        return Target(place.start, place.end, written)
    title = place.title.translate(_IN_TITLE)
    return Target(place.start, place.end, written, "(", f' "{title}")' if title else ")")


_IN_TITLE = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": " ", "|": "&#124;", "&": "&amp;"})
_IN_DESTINATION = str.maketrans({" ": "%20", "<": "%3C", ">": "%3E", "\\": "%5C", "|": "%7C"})
_BRACKETS = str.maketrans({"(": "%28", ")": "%29"})


def _in_markdown(address: str) -> str:
    """Return an address as it may stand between the brackets of a link."""
    written = address.translate(_IN_DESTINATION)
    if not _is_balanced(written):
        written = written.translate(_BRACKETS)
    return written.replace("&", "&amp;") if ";" in written else written


def _is_balanced(address: str) -> bool:
    """Return whether each bracket that opens is closed, so that a link may hold them as they are."""
    depth = 0
    for char in address:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0


def _as_written(address: str, _is_picture: bool) -> str:
    return address


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
