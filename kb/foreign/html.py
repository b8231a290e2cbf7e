"""Which HTML an answer may hold. Ingest makes it so; whoever reads a stored answer makes sure of it again."""

from __future__ import annotations

from urllib.parse import urlsplit

import nh3

_NAMES = """
    a abbr b blockquote br caption center cite code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5
    h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th
    thead tr u ul var
"""
TAGS = set(_NAMES.split())
ATTRIBUTES = {
    "a": {"href", "title"},
    "blockquote": {"class"},
    "div": {"class"},
    "img": {"src", "alt", "title", "width", "height"},
    "code": {"class"},
    "li": {"class"},
    "ol": {"class", "start"},
    "span": {"class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
_READINGS = 4  # broken nesting is mended in two
_SCHEMES = {"http", "https", "mailto"}
_LANGUAGE = "language-"
_LANGUAGE_MARKS = "+#-_."
FRAME_CLASSES = frozenset({"tab", *(f"callout {kind}" for kind in ("note", "tip", "warning", "danger"))})
"""Of what frames a part of an answer."""
_CLASSES = {
    "blockquote": FRAME_CLASSES,
    "div": {*FRAME_CLASSES, "math"},
    "span": {"math"},
    "li": {"task"},
    "ol": {"notes"},
}
"""What our stylesheets know; no other class of an author's comes through."""


def is_allowed_address(address: str) -> bool:
    """Return whether HTML may hold an address: a relative one, or one that is followed and runs nothing."""
    try:
        return urlsplit(address).scheme in {"", *_SCHEMES}
    except ValueError:  # `http://[`
        return False


def sanitise(html: str) -> str:
    """Return HTML with nothing active in it: no scripts, styles, handlers, names, forms or odd addresses.

    What was mended is read once more, until it is what a reader makes of it: so that sanitising twice changes nothing.
    """
    for _ in range(_READINGS):
        before, html = html, _CLEANER.clean(html)
        if html == before:
            break
    return html


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        return value if value in _CLASSES.get(tag, ()) or _names_language(tag, value) else None
    if attribute in {"width", "height", "start", "colspan", "rowspan"}:
        return value if value.isascii() and value.rstrip("%").isdigit() else None
    return value


def _names_language(tag: str, value: str) -> bool:
    name = value.removeprefix(_LANGUAGE)
    return tag == "code" and name != value and all(char.isalnum() or char in _LANGUAGE_MARKS for char in name)


_CLEANER = nh3.Cleaner(  # made once: of a short answer, the tables cost more than the cleaning
    tags=TAGS,
    attributes=ATTRIBUTES,
    attribute_filter=_keep_attribute,
    url_schemes=_SCHEMES,
    link_rel="noopener noreferrer",
)
