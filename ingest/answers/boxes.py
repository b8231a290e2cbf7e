"""Frames of an answer, once its blocks are known: markers paired, alerts of quotes read, titles and classes given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from faqkb.ingest.answers.kinds import KINDS, Box, callout
from faqkb.ingest.answers.markers import Marker
from faqkb.ingest.page.markdown import Token
from faqkb.kb.limits import NESTING_LEVELS

_SIGNS = {"!> ": "important", "?> ": "tip"}
_OLD_ALERT_CHARS = 40  # `**:warning: Warning:**`


def pair_markers(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with a frame for each marker that opens one, ended by its partner or with what it stands in.

    A marker that closes nothing is no text of the author's: it is left out.
    """
    pairing = _Pairing()
    for token in tokens:
        pairing.add(token)
    pairing.end_frame()
    return pairing.out


@dataclass(slots=True)
class _Pairing:
    out: list[Token] = field(default_factory=list)
    frames: list[list[Marker]] = field(default_factory=lambda: [[]])
    """Markers open in each list item, quote and so on around the place, outermost first."""
    depth: int = 0
    """Markers open in all of them."""

    def add(self, token: Token) -> None:
        if token.type == "marker":
            self._mark(token.meta["marker"])
            return
        if token.nesting == 1:
            self.frames.append([])
        elif token.nesting == -1:
            self.end_frame()
        self.out.append(token)

    def end_frame(self) -> None:
        for _ in self.frames.pop():
            self._close()

    def _mark(self, marker: Marker) -> None:
        opened = self.frames[-1]
        if not marker.closes:
            if self.depth < NESTING_LEVELS:  # further in, all stands in the innermost
                opened.append(marker)
                self.out.append(Token("box_open", "div", 1, meta={"box": marker.box}))
                self.depth += 1
            return
        partner = _partner(opened, marker)
        while partner is not None and len(opened) > partner:
            opened.pop()
            self._close()

    def _close(self) -> None:
        self.out.append(Token("box_close", "div", -1))
        self.depth -= 1


def _partner(opened: Sequence[Marker], closer: Marker) -> int | None:
    """Return which open marker the closer ends: the innermost as long as it, else the innermost that is shorter."""
    places = [place for place, marker in enumerate(opened) if marker.family == closer.family]
    same = [place for place in places if opened[place].colons == closer.colons]
    shorter = [place for place in places if opened[place].colons < closer.colons]
    return same[-1] if same else shorter[-1] if shorter else None


def read_alerts(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with a frame for each quote that is a callout: `> [!NOTE]`, `> **Note**`."""
    out: list[Token] = []
    quotes: list[bool] = []
    empty: set[int] = set()
    for i, token in enumerate(tokens):
        box = None
        if token.type == "blockquote_open":
            box, rest = _alert(tokens[i + 1 : i + 5])
            quotes.append(box is not None)
            if box is not None:
                tokens[i + 2].content = rest
                empty.update(() if rest else range(i + 1, i + 4))
        if box is not None:
            out.append(Token("box_open", "div", 1, meta={"box": box}))
        elif token.type == "blockquote_close" and quotes.pop():
            out.append(Token("box_close", "div", -1))
        elif i not in empty:
            out.append(token)
    return out


def _alert(tokens: Sequence[Token]) -> tuple[Box | None, str]:
    """Return (the callout that a quote of these tokens is, the rest of its first paragraph)."""
    if len(tokens) < 4 or tokens[0].type != "paragraph_open":
        return None, ""
    first, _, rest = tokens[1].content.partition("\n")
    first = first.strip()
    if first.startswith("[!"):
        return _marked_alert(first, rest)
    words = first.strip("*_:： ")
    if first.startswith("**") and first.endswith(("**", "**:", "**：")) and len(first) <= _OLD_ALERT_CHARS:
        word = words.rpartition(" ")[2].strip(":：").casefold()
        others = words[: len(words) - len(word)].strip(" :_")
        if word in KINDS and (rest or tokens[3].type != "blockquote_close") and not _says(others):
            return callout(word), rest
    return None, ""


def _says(text: str) -> bool:
    """Whether text stands before the word: more than an emoji or its name (`:warning:`)."""
    return " " in text or (any(map(str.isalnum, text)) and text.casefold() not in _EMOJI_NAMES)


_EMOJI_NAMES = {*KINDS, "exclamation", "bulb", "information_source", "memo", "rotating_light", "pushpin", "pencil"}


def _marked_alert(first: str, rest: str) -> tuple[Box | None, str]:
    inside, bracket, title = first[2:].partition("]")
    name, _, argument = inside.partition(" ")
    name = name.partition("|")[0]
    if not bracket or not name[:1].isalpha():
        return None, ""
    if argument:  # Microsoft's `[!VIDEO address]`, `[!div class="next"]`
        shown = argument if argument.startswith("https://") else ""
        return Box(), "\n".join(filter(None, (shown, title.strip(), rest)))
    return callout(name, title.lstrip("+-").strip()), rest


def read_signs(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens with a frame for each paragraph that docsify shows as one: `!> mind this`, `?> a tip`."""
    framed = False
    for i, token in enumerate(tokens):
        if token.type == "paragraph_open" and tokens[i + 1].content[:3] in _SIGNS:
            text = tokens[i + 1]
            yield Token("box_open", "div", 1, meta={"box": callout(_SIGNS[text.content[:3]])})
            text.content = text.content[3:].lstrip()
            framed = True
        yield token
        if token.type == "paragraph_close" and framed:
            yield Token("box_close", "div", -1)
            framed = False


def dress_boxes(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield the tokens with each frame as the element it is shown as, its title in a paragraph of its own."""
    elements: list[str] = []
    for token in tokens:
        if token.type == "box_open":
            box: Box = token.meta["box"]
            elements.append({"": "", "tab": "div"}.get(box.kind, "blockquote"))
            if box.kind:
                yield Token("frame_open", elements[-1], 1, block=True, attrs={"class": box.kind})
            if box.title or box.word:
                yield from _title(box)
        elif token.type == "box_close":
            element = elements.pop()
            if element:
                yield Token("frame_close", element, -1, block=True)
        else:
            yield token


def _title(box: Box) -> Iterator[Token]:
    yield Token("paragraph_open", "p", 1)
    yield Token("title_open", "strong", 1)
    yield Token("inline", "", 0, content=box.title or box.word, children=[], meta={"word": not box.title})
    yield Token("title_close", "strong", -1)
    yield Token("paragraph_close", "p", -1, block=True)
