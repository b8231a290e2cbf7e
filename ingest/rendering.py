"""An answer's Markdown to sanitised HTML and to plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote, urljoin, urlsplit

import nh3

from faqkb.ingest.page.attributes import is_attribute_line
from faqkb.ingest.page.html_tags import html_text
from faqkb.ingest.page.inline import plain_text
from faqkb.ingest.page.markdown import Budget, References, Token, read_answer, render

OUTPUT_FACTOR = 20  # a tag of 5 characters, `<p>` and so on, for each short line; more is amplification
OUTPUT_FREE_CHARS = 64 * 1024

_TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
    ),
    *(
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
    ),
    *(
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
    ),
    *("th", "thead", "tr", "u", "ul", "var"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
_SCHEMES = {"http", "https", "mailto"}
_LANGUAGE = "language-"


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer, ready to show and to search."""

    html: str
    text: str
    prose: str
    """The text without code blocks: what tells the language."""


def render_answer(answer: str, references: References, budget: Budget, link_base: str | None) -> Rendered | None:
    """Return the answer as sanitised HTML, links resolved against the base, and as plain text.

    Returns None when the HTML is far longer than the answer explains: no page should carry it.
    """
    tokens = read_answer(answer, references, budget)
    _drop_attribute_lines(tokens)
    html = render(tokens)
    if len(html) > OUTPUT_FREE_CHARS + OUTPUT_FACTOR * len(answer):
        return None
    document = PurePosixPath(budget.path).name
    return Rendered(sanitise(resolve_links(html, link_base, document)), text_of(tokens), text_of(tokens, code=False))


def sanitise(html: str) -> str:
    """Return HTML with nothing active in it: no scripts, styles, handlers, names, forms or odd addresses."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )


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

    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=resolve, link_rel=None)


def text_of(tokens: Sequence[Token], *, code: bool = True) -> str:
    """Return plain text: one line a block, code as written or left out, a table row on one line, no tags, no images."""
    lines: list[str] = []
    row: list[str] | None = None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            lines.append(" ".join(filter(None, row)))
            row = None
        elif token.type == "inline" and row is not None:
            row.append(" ".join(plain_text(token.children or []).split()))
        elif token.type == "inline":
            lines += (" ".join(line.split()) for line in plain_text(token.children or []).split("\n"))
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content.strip("\n") if code else "")
        elif token.type == "html_block":
            lines.append(html_text(token.content))
    return "\n".join(line for line in lines if line.strip())


def _drop_attribute_lines(tokens: Sequence[Token]) -> None:
    """Empty the text tokens that are kramdown attribute lists, as its authors would never see them."""
    for token in tokens:
        for child in token.children or []:
            if child.type == "text" and is_attribute_line(child.content):
                child.content = ""


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("code", "class"):
        return value if value.startswith(_LANGUAGE) and " " not in value else None
    if attribute in {"width", "height", "start", "colspan", "rowspan"}:
        return value if value.isascii() and value.rstrip("%").isdigit() else None
    return value


def _joined(base: str, address: str) -> str | None:
    """Return the address as seen from the base; None when it is no address."""
    try:
        return address if urlsplit(address).scheme else urljoin(base, address)
    except ValueError:
        return None
