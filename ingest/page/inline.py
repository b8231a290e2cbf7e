"""What one heading or paragraph says: its plain text, its anchor, its links, its leading bold part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faqkb.ingest.page.html_tags import read_tag
from faqkb.ingest.page.markdown import References, Token, read_inline
from faqkb.kb.limits import QUESTION_CHARS

_BOLD_CLOSERS = 20  # places tried; a question in bold holds few `**` that do not end it


@dataclass(frozen=True, slots=True)
class Inline:
    """The text of one block, read."""

    text: str = ""
    """Plain text: code kept, tags and images dropped, a line end is one space."""
    anchor: str | None = None
    """`id` or `name` of a tag in it."""
    links: tuple[str, ...] = ()
    linked: int = 0
    """How many characters of `text` are inside links."""
    bold: str = ""
    """Plain text of the bold part it starts with, else empty."""
    bold_alone: bool = False
    """The bold part is the whole line."""
    images: int = 0

    @property
    def mostly_links(self) -> bool:
        """Whether most of the text is link text, as in a table of contents."""
        return bool(self.links) and self.linked * 2 >= len(self.text)


NOTHING = Inline()


def inline_of(source: str, references: References) -> Inline:
    """Return what the Markdown of a heading or paragraph says."""
    tokens = read_inline(source, references)
    text, linked = _text_of(tokens)
    bold, bold_alone = _leading_bold(tokens)
    return Inline(
        text=text,
        anchor=next(filter(None, (_anchor_of(token) for token in tokens)), None),
        links=tuple(filter(None, (_target_of(token) for token in tokens))),
        linked=linked,
        bold=bold,
        bold_alone=bold_alone,
        images=sum(token.type == "image" for token in tokens),
    )


def plain_text(tokens: Sequence[Token], line_end: str = " ") -> str:
    """Return the text of inline tokens: code kept, images and tags dropped, `<br>` is a line end."""
    return "".join(_token_text(token, line_end) for token in tokens)


def bold_end(source: str, references: References) -> int:
    """Return where the leading bold part of `source` ends: the shortest prefix that reads as one bold text."""
    begin = _before_bold(source)
    closer = source[begin : begin + 2]
    position = begin
    for _ in range(_BOLD_CLOSERS):
        position = source.find(closer, position + 2, QUESTION_CHARS)
        if position < 0:
            break
        tokens = [
            token
            for token in read_inline(source[begin : position + 2], references)
            if token.type != "text" or token.content
        ]
        if tokens and tokens[0].type == "strong_open" and tokens[-1].type == "strong_close":
            return position + 2
    return len(source)


def _before_bold(source: str) -> int:
    """Return how many characters come before the bold text that a paragraph starts with: anchors, signs, space."""
    at = 0
    while at < len(source) and not source.startswith(("**", "__"), at):
        if source[at] == "<" and ">" in source[at:]:
            at = source.index(">", at)
        elif source[at].isalnum():
            return 0
        at += 1
    return at if at < len(source) else 0


def _text_of(tokens: Sequence[Token]) -> tuple[str, int]:
    """Return (plain text, how much of it is inside links)."""
    parts: list[str] = []
    linked = depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "html_inline":
            tag = read_tag(token.content)
            depth += (tag.name == "a" and "href" in tag.attributes) - (tag.name == "/a" and depth > 0)
        part = _token_text(token, " ")
        parts.append(part)
        linked += len(part) if depth > 0 else 0
    return " ".join("".join(parts).split()), linked


def _token_text(token: Token, line_end: str) -> str:
    if token.type in {"text", "code_inline"}:
        return token.content
    if token.type in {"softbreak", "hardbreak"}:
        return line_end if token.type == "softbreak" else "\n"
    if token.type == "html_inline" and read_tag(token.content).name == "br":
        return "\n"
    return ""


def _anchor_of(token: Token) -> str | None:
    return read_tag(token.content).anchor if token.type == "html_inline" else None


def _target_of(token: Token) -> str | None:
    if token.type == "link_open":
        return str(token.attrs.get("href", ""))
    return read_tag(token.content).attributes.get("href") if token.type == "html_inline" else None


def _leading_bold(tokens: Sequence[Token]) -> tuple[str, bool]:
    """Return (text of the bold part the tokens start with, whether it is the whole line)."""
    solid = [token for token in tokens if token.type != "text" or token.content.strip()]
    solid = solid[next((i for i, token in enumerate(solid) if not _is_ornament(token)), 0) :]
    if not solid or solid[0].type != "strong_open":
        return "", False
    close = next(i for i, token in enumerate(solid) if token.type == "strong_close" and token.level == solid[0].level)
    after = solid[close + 1 :]
    alone = not after or after[0].type in {"softbreak", "hardbreak"} or _token_text(after[0], "\n") == "\n"
    return " ".join(plain_text(solid[: close + 1]).split()), alone


def _is_ornament(token: Token) -> bool:
    """Whether a token says nothing: an anchor, the end of its line, an emoji."""
    if token.type == "text":
        return not any(map(str.isalnum, token.content))
    return token.type in {"html_inline", "softbreak"} and read_tag(token.content).name in {"", "a", "/a", "br"}
