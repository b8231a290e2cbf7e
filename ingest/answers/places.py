"""Where the links and pictures of an answer name their addresses in its Markdown.

The parser says what is a link and what is code; here its positions within the text of a block are led back to the
Markdown. What cannot be found again, character by character, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from faqkb.ingest.page.html_tags import html_addresses
from faqkb.ingest.page.markdown import StateCore, StateInline, Token

InlineRule = Callable[[StateInline, bool], bool]
_PLACE = "place"  # in the `meta` of a token
_LINES_LESS = 3  # of a block that its text may lack: the title of a callout, the mark of a task


@dataclass(frozen=True, slots=True)
class Place:
    """One address in the Markdown of an answer."""

    start: int
    end: int
    """Characters of the Markdown; of a reference, `[label]` behind the text, which may be none."""
    address: str
    """As the HTML has it before it is resolved."""
    is_picture: bool
    is_html: bool = False
    is_reference: bool = False
    """The address stands elsewhere, perhaps outside of the answer."""
    title: str = ""
    """Of a reference."""


@dataclass(frozen=True, slots=True)
class _Within:
    """The same in characters of the text of a block."""

    start: int
    end: int
    is_reference: bool


def placing(rule: InlineRule, label_at: int) -> InlineRule:
    """Return an inline rule for links or pictures that notes in their tokens where the address stands.

    `label_at` is how far behind the start the label's bracket opens: 1 for `![`.
    """

    def rule_with_place(state: StateInline, silent: bool) -> bool:
        start, known = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            made = next(token for token in state.tokens[known:] if token.type in {"link_open", "image"})
            made.meta[_PLACE] = _place_of(state, start + label_at, is_link=not label_at)
        return True

    return rule_with_place


def placing_html(rule: InlineRule) -> InlineRule:
    """Return the inline rule for HTML that notes in its tokens where they start."""

    def rule_with_place(state: StateInline, silent: bool) -> bool:
        start = state.pos
        found = rule(state, silent)
        if found and not silent:
            state.tokens[-1].meta[_PLACE] = start
        return found

    return rule_with_place


def _place_of(state: StateInline, bracket: int, *, is_link: bool) -> _Within:
    """Return where the link or picture that ends at the state's position names its address."""
    end = state.pos
    label_end = state.md.helpers.parseLinkLabel(state, bracket, is_link)
    if state.src[end - 1] != ")":
        return _Within(label_end + 1, end, is_reference=True)
    start = label_end + 2
    while state.src[start] in " \t\n":
        start += 1
    read = state.md.helpers.parseLinkDestination(state.src, start, end)
    return _Within(start, read.pos if read.ok else start, is_reference=False)


def find_places(state: StateCore) -> None:
    """Core rule behind the text of blocks: keep the places of their links and pictures in the environment."""
    lines = _Lines(state.src)
    places: dict[int, Place] = {}
    for token in state.tokens:
        for place in _places_of(token, lines):
            places[place.start] = place
    state.env["places"] = tuple(places[start] for start in sorted(places))


def _places_of(token: Token, lines: _Lines) -> Iterator[Place]:
    inside = (
        [token] if token.type == "html_block" else [child for child in token.children or [] if _PLACE in child.meta]
    )
    if token.type not in {"html_block", "inline"} or not inside or not token.map:
        return
    positions = lines.positions(token)
    for child in inside if positions else ():
        for within, place in _read_places(child):
            moved = _moved(within, place, positions, token.content, lines.source)
            if moved is not None:
                yield moved


def _read_places(token: Token) -> Iterator[tuple[_Within, Place]]:
    """Yield the addresses of a token, in characters of the text of its block, and what each is."""
    if token.type in {"html_block", "html_inline"}:
        offset = token.meta.get(_PLACE, 0)
        for found in html_addresses(token.content):
            within = _Within(offset + found.start, offset + found.end, is_reference=False)
            yield within, Place(0, 0, found.address, found.is_picture, is_html=True)
        return
    within = token.meta[_PLACE]
    address = str(token.attrs.get("src" if token.type == "image" else "href", ""))
    title = str(token.attrs.get("title", ""))
    yield within, Place(0, 0, address, token.type == "image", is_reference=within.is_reference, title=title)


def _moved(within: _Within, place: Place, positions: Sequence[int], text: str, source: str) -> Place | None:
    """Return the place in characters of the Markdown; None where other characters stand there."""
    if within.start == within.end and not within.is_reference:
        return None  # `[text]()`
    start, end = positions[within.start - 1] + 1, positions[within.end - 1] + 1
    if not within.is_reference and source[start:end] != text[within.start : within.end]:
        return None
    return Place(start, end, place.address, place.is_picture, place.is_html, place.is_reference, place.title)


class _Lines:
    """The lines of a Markdown text, and how far of each the cells of a table are read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = source.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._read: dict[int, int] = {}

    def positions(self, token: Token) -> list[int]:
        """Return where each character of a block's text stands in the source; empty where it cannot be told."""
        first, last = token.map or [0, 0]
        wanted = token.content.removesuffix("\n").split("\n")
        spare = max(last - first - len(wanted), 0)  # a term of a definition list has no lines of its own
        for less in range(min(_LINES_LESS, spare) + 1 if len(wanted) <= len(self._lines) - first else 0):
            numbers = range(first + less, first + less + len(wanted))
            columns = [self._columns(text, number) for text, number in zip(wanted, numbers, strict=True)]
            if all(at is not None for at in columns):
                return self._joined(numbers, [at or [] for at in columns])
        return []

    def _joined(self, numbers: Sequence[int], columns: Sequence[Sequence[int]]) -> list[int]:
        found: list[int] = []
        for number, at in zip(numbers, columns, strict=True):
            start, line = self._starts[number], self._lines[number]
            found += [*(start + column for column in at), start + len(line)]
            self._read[number] = at[-1] + 1 if at else 0
        return found

    def _columns(self, text: str, number: int) -> list[int] | None:
        """Return where the characters of a line of a block stand; of a table's cells, each behind the one before."""
        line, start = self._lines[number], self._read.get(number, 0)
        at = line.find(text, start)
        if at >= 0:
            return list(range(at, at + len(text)))
        written = text.replace("|", "\\|")  # as a cell has it
        at = line.find(written, start)
        kept = (offset for offset in range(len(written)) if not written.startswith("\\|", offset))
        return [at + offset for offset in kept] if at >= 0 else None
