"""A reader's words as text that can stand in Markdown: nothing in it ends a comment, opens a tag or makes a heading.

Nor is anything a template: Jekyll, MkDocs with macros and Hugo fill in `{{ … }}` before they read Markdown, within
comments too, and what is filled in may be a file or a program.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from faqkb.kb.text import readable

_ENDS = re.compile(r"(?<!-)-++ ?!?>")  # what ends a comment: `-->`, `--!>`, in SGML `-- >`, and after `<!` also `->`
_OPENS = re.compile(r"<!-*+")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$&])|(?<==)=|(?<=[{<])[%!]")  # of Markdown, MDX and their dialects
# Between the two signs that begin or end what Liquid, Jinja, Hugo, ERB and MkDocs' includes fill in.
_TEMPLATE_SIGNS = re.compile(r"(?<=\{)(?=[{%#!])|(?<=[}%#!])(?=\})|(?<=<)(?=%)|(?<=%)(?=>)")
_QUOTES = {'"': '"', "'": "'", "“": "”"}


def one_line(text: str) -> str:
    """Return a text on one line, without what steers a terminal or turns the direction of writing."""
    return " ".join(readable(text).split())


def alt_value(text: str) -> str:
    """Return `alt="…"` of a text for a metadata comment: it is read back as this text.

    But for quotes, arrows, and a space between the signs of a template.
    """
    plain = _TEMPLATE_SIGNS.sub(" ", _OPENS.sub("<", _ENDS.sub("→", one_line(text))))
    for opening, closing in _QUOTES.items():
        if closing not in plain:
            return f"alt={opening}{plain}{closing}"
    return f'alt="{plain.replace(chr(34), chr(39))}"'


def alt_comment(texts: Sequence[str]) -> str:
    """Return a metadata comment that gives a question other words."""
    return f"<!-- faq: {' '.join(map(alt_value, texts))} -->"


def heading_text(text: str) -> str:
    """Return a text as it stands in a heading, every mark of Markdown escaped."""
    return _MARKS.sub(r"\\\g<0>", one_line(text))
