"""Raw HTML inside Markdown, understood with the standard library's parser: headings, summaries, anchors, text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser

HTML_CHARS = 30_000  # a longer HTML block is data; the standard parser takes 0.3 s for 30,000 of unclosed comments

_UNCLOSED_TAGS = 50  # each one makes it look through all the rest: `<a <a <a …` of 28,000 characters took 9 s

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TITLES = {*_HEADINGS, "summary", "dt", "question"}
_TITLE_ATTRIBUTES = ("title", "question", "summary", "label", "header", "heading", "q")
_EDGES = {"dl", "dd"}  # around definitions: no part of an answer
# Their titles name a part of an answer, or are no title at all.
_UNTITLED_TAGS = """
    a abbr article aside audio blockquote button caption card cardgroup cite code codeblock codegroup col column
    div dfn dt em embed figure font form frame h1 h2 h3 h4 h5 h6 iframe img image input kbd label li link meta nav
    object ol option p param parameter paramfield picture pre responsefield section select snippet source span
    step steps strong sub summary sup svg tab table tabitem tabs td textarea th tooltip tr track u ul update video
"""
_UNTITLED = frozenset(_UNTITLED_TAGS.split())
_UNREAD = {"script", "style"}
MEDIA_TAGS = ("video", "audio", "iframe", "source", "embed")
"""What plays or embeds something."""
_BLOCK_TAGS = {"p", "div", "br", "li", "tr", "ul", "ol", "table", "pre", "blockquote", "dd", "details", "hr"}


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of inline HTML."""

    name: str = ""
    """Lower case; a closing tag starts with `/`; empty when it is no tag (a comment, a declaration)."""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def anchor(self) -> str | None:
        """What a link can point at: its `id` or `name`."""
        return self.attributes.get("id") or self.attributes.get("name") or None


class Part(StrEnum):
    """What a fragment of an HTML block is."""

    TITLE = "title"
    """A heading, a `<summary>` or a `<dt>`."""
    DETAILS = "details"
    DETAILS_END = "details_end"
    COMMENT = "comment"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of an HTML block; positions are characters into the block."""

    part: Part
    start: int
    end: int
    text: str = ""
    tag: str = ""
    """Of a title: `h3`, `summary`, `dt`."""
    anchor: str | None = None
    links: tuple[str, ...] = ()
    linked: int = 0

    @property
    def level(self) -> int:
        """Heading level, 0 for what is not a heading."""
        return _HEADINGS.get(self.tag, 0)


def read_tag(source: str) -> Tag:
    """Return the one tag of an inline HTML token."""
    parser = _OneTag()
    _feed(parser, source)
    return parser.tag


def split_html(source: str, components: list[str]) -> list[Fragment]:
    """Return the fragments of an HTML block, in order, covering all of it.

    `components` are the names of the titled components that are open before it; those open after it replace them.
    """
    if not _is_bearable(source):
        return [Fragment(Part.OTHER, 0, len(source))]
    splitter = _Splitter(source, components)
    if not _feed(splitter, source):
        return [Fragment(Part.OTHER, 0, len(source))]
    return splitter.finish()


def html_text(source: str) -> str:
    """Return the visible text of HTML: tags, comments, scripts and styles dropped, block tags are line ends."""
    if not _is_bearable(source):
        return ""
    parser = _Text()
    _feed(parser, source)
    return "\n".join(filter(None, (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))))


@dataclass(frozen=True, slots=True)
class HtmlAddress:
    """Where HTML names what a link leads to, or what a picture or a film shows."""

    start: int
    end: int
    """Characters of the HTML: the value of the attribute with its quotes."""
    address: str
    is_picture: bool


def html_addresses(source: str) -> list[HtmlAddress]:
    """Return the addresses of links, pictures and films in HTML, in order."""
    if not _is_bearable(source):
        return []
    parser = _Addresses(source)
    return parser.found if _feed(parser, source) else []


def _is_bearable(source: str) -> bool:
    """Whether the standard parser reads the HTML in linear time: not too long, few tags that never close."""
    unclosed = sum(">" not in part for part in source.split("<")[1:])
    return len(source) <= HTML_CHARS and unclosed <= _UNCLOSED_TAGS


def _feed(parser: HTMLParser, source: str) -> bool:
    """Feed the parser; False when it met a declaration that it cannot read."""
    try:
        parser.feed(source)
        parser.close()
    except AssertionError:  # how html.parser of Python 3.11 refuses `<![x[`
        return False
    return True


def _title_of(attributes: list[tuple[str, str | None]]) -> str:
    """Return what a component calls its content, empty when it says nothing."""
    found = {name: " ".join((value or "").split()) for name, value in attributes}
    return next((found[name] for name in _TITLE_ATTRIBUTES if found.get(name)), "")


def _attributes(pairs: list[tuple[str, str | None]]) -> dict[str, str]:
    return {name: value or "" for name, value in pairs}


class _OneTag(HTMLParser):
    tag = Tag()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = Tag(tag, _attributes(attrs))

    def handle_endtag(self, tag: str) -> None:
        self.tag = Tag(f"/{tag}")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD and self._unread > 0
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(data.replace("\n", " "))

    def _break(self, tag: str) -> None:
        if tag in _BLOCK_TAGS or tag in _TITLES:
            self.parts.append("\n")


class _Addresses(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self._starts = [0, *(i + 1 for i, char in enumerate(source) if char == "\n")]
        self.found: list[HtmlAddress] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = "href" if tag == "a" else "src" if tag == "img" or tag in MEDIA_TAGS else ""
        address = dict(reversed(attrs)).get(name)  # of an attribute twice the first counts
        text = self.get_starttag_text() or ""
        value = _value_of(text, name) if address else None
        if value is not None:
            line, column = self.getpos()
            at = self._starts[line - 1] + column
            self.found.append(HtmlAddress(at + value.start, at + value.stop, address or "", tag == "img"))


def _value_of(tag: str, name: str) -> slice | None:
    """Return where the value of an attribute stands in the text of a tag, quotes and all; None where it has none."""
    at = 1
    while at < len(tag):
        begin = at = _skip(tag, at, lambda char: char.isspace() or char == "/")
        at = _skip(tag, at, lambda char: not char.isspace() and char not in "=/>")
        found = tag[begin:at].lower()
        equals = _skip(tag, at, str.isspace)
        if tag[equals : equals + 1] != "=":
            at = max(at, begin + 1)  # the name of the tag, an attribute without a value, the end
            continue
        start = _skip(tag, equals + 1, str.isspace)
        quote = tag[start : start + 1]
        closing = tag.find(quote, start + 1) if quote in {'"', "'"} else -1
        at = closing + 1 if closing > 0 else _skip(tag, start, lambda char: not char.isspace() and char != ">")
        if found == name:
            return slice(start, at)
    return None


def _skip(text: str, at: int, is_skipped: Callable[[str], bool]) -> int:
    while at < len(text) and is_skipped(text[at]):
        at += 1
    return at


class _Splitter(HTMLParser):
    """Cuts a block at titles, details and comments; all else gathers into OTHER fragments."""

    def __init__(self, source: str, components: list[str]) -> None:
        super().__init__()
        self._source = source
        self._components = components
        self._line_starts = [0, *(i + 1 for i, char in enumerate(source) if char == "\n")]
        self._fragments: list[Fragment] = []
        self._texts: list[str] = []
        self._links: list[str] = []
        self._anchor: str | None = None
        self._begin(0)

    def finish(self) -> list[Fragment]:
        self._end(len(self._source))
        return self._fragments

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        here = self._here()
        title = "" if tag in _UNTITLED else _title_of(attrs)
        if tag == "details" or title:
            anchor = Tag(tag, _attributes(attrs)).anchor
            self._cut(Part.DETAILS, here, here + len(self.get_starttag_text() or ""), title, anchor)
            if tag != "details":
                self._components.append(tag)
            return
        if tag in _EDGES:
            self._cut(Part.OTHER, here, here + len(self.get_starttag_text() or ""))
            return
        if tag in _TITLES:
            self._end(here)
            self._begin(here, tag)
        attributes = _attributes(attrs)
        self._anchor = self._anchor or Tag(tag, attributes).anchor
        if tag == "a" and "href" in attributes:
            self._links.append(attributes["href"])
            self._in_link = True
        if tag == "br":
            self._texts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not _title_of(attrs):  # `<Accordion title="…" />` holds nothing to open
            super().handle_startendtag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        here = self._here()
        after = self._source.find(">", here) + 1 or len(self._source)
        if tag == "a":
            self._in_link = False
        elif tag == "details" or tag in self._components:
            while tag in self._components and self._components.pop() != tag:
                pass
            self._cut(Part.DETAILS_END, here, after)
        elif tag in _EDGES and not self._tag:
            self._cut(Part.OTHER, here, after)
        elif tag == self._tag:
            self._end(after)
            self._begin(after)

    def handle_data(self, data: str) -> None:
        self._texts.append(data)
        self._linked += len(data.strip()) if self._in_link else 0

    def handle_comment(self, data: str) -> None:
        here = self._here()
        if not self._tag:
            self._cut(Part.COMMENT, here, min(here + len(data) + len("<!---->"), len(self._source)), data)

    def _here(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column

    def _begin(self, start: int, tag: str = "") -> None:
        self._start, self._tag = start, tag
        self._texts, self._links, self._linked = [], [], 0
        self._anchor, self._in_link = None, False

    def _end(self, end: int) -> None:
        if not self._source[self._start : end].strip() and not self._tag:
            return
        text = " ".join("".join(self._texts).split())
        part = Part.TITLE if self._tag else Part.OTHER
        self._fragments.append(
            Fragment(part, self._start, end, text, self._tag, self._anchor, tuple(self._links), self._linked)
        )

    def _cut(self, part: Part, start: int, end: int, text: str = "", anchor: str | None = None) -> None:
        self._end(start)
        self._fragments.append(Fragment(part, start, end, text, anchor=anchor))
        self._begin(end)
