"""The tokens of an answer to plain text."""

from __future__ import annotations

from collections.abc import Sequence

from faqkb.ingest.page.html_tags import html_text
from faqkb.ingest.page.inline import plain_text
from faqkb.ingest.page.markdown import Token

_CODE = {"fence", "code_block", "math_block"}


def text_of(tokens: Sequence[Token], *, code: bool = True) -> str:
    """Return plain text: one line a block, code as written or left out, a table row on one line, no tags, no images.

    Titles of callouts and tabs are lines of it; marks of notes, boxes of tasks and words that only say what kind of
    callout it is are not. Math counts as code.
    """
    lines: list[str] = []
    row: list[str] | None = None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            lines.append(" ".join(filter(None, row)))
            row = None
        elif token.type == "inline" and row is not None:
            row.append(" ".join(_plain(token, code=code).split()))
        elif token.type == "inline" and not token.meta.get("word"):
            lines += (" ".join(line.split()) for line in _plain(token, code=code).split("\n"))
        elif token.type in _CODE:
            lines.append(token.content.strip("\n") if code else "")
        elif token.type == "code_title":
            lines.append(token.content)
        elif token.type == "html_block":
            lines.append(html_text(token.content))
    return "\n".join(line for line in lines if line.strip())


def _plain(token: Token, *, code: bool) -> str:
    parts = []
    for child in token.children or []:
        if child.type == "math_inline":
            parts.append(child.content if code else "")
        else:
            parts.append("^" if child.type == "sup_open" else plain_text([child]))
    return "".join(parts)
