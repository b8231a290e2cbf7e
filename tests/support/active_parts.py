"""What a page must not get from an answer: scripts, handlers, odd addresses."""

from __future__ import annotations

from html.parser import HTMLParser

ALLOWED_TAGS = """a abbr b blockquote br caption center cite code dd del details div dl dt em figcaption figure h1 h2 h3
    h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead
    tr u ul var"""
ALLOWED = frozenset(ALLOWED_TAGS.split())
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
            address = (value or "").strip().casefold()
            odd = ":" in address.partition("/")[0].partition("?")[0].partition("#")[0] and not address.startswith(
                SCHEMES
            )
            if name.startswith("on") or name in {"id", "name", "style"} or (name in {"href", "src"} and odd):
                self.found.append(f"{tag} {name}={value}")


def active_parts(html: str) -> list[str]:
    parser = Active()
    parser.feed(html)
    return parser.found
