"""What a page must not get from an answer: scripts, handlers, odd addresses."""

from __future__ import annotations

import re
from html.parser import HTMLParser

ALLOWED_TAGS = """a abbr b blockquote br caption center cite code dd del details div dl dt em figcaption figure h1 h2 h3
    h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead
    tr u ul var"""
ALLOWED = frozenset(ALLOWED_TAGS.split())
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
SCHEMES = ("http:", "https:", "mailto:")


class Active(HTMLParser):
    """Collects what a page must not get from an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.found.append(tag)
        for name, value in attrs:
            # As browsers read an address (URL standard, 4.4): white space within goes, the rest begins with a scheme.
            address = "".join(
                char for char in (value or "").lstrip("".join(map(chr, range(33)))) if char not in "\t\n\r"
            )
            scheme = _SCHEME.match(address.casefold())
            odd = scheme is not None and scheme.group() not in SCHEMES
            if name.startswith("on") or name in {"id", "name", "style"} or (name in {"href", "src"} and odd):
                self.found.append(f"{tag} {name}={value}")


def active_parts(html: str) -> list[str]:
    parser = Active()
    parser.feed(html)
    return parser.found
