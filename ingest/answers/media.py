"""Films, sound and embedded pages in an answer's HTML: a page shows a link to them instead."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from faqkb.ingest.page.html_tags import MEDIA_TAGS, read_tag

_TAG_CHARS = 2_000  # a longer tag is none that anybody wrote


@dataclass(frozen=True, slots=True)
class Media:
    """What an element plays or embeds."""

    address: str
    title: str


def read_media(tag: str) -> Media | None:
    """Return what a tag plays or embeds, None when it does not or when that is no address for a link."""
    if not tag[1:8].lower().startswith(MEDIA_TAGS):
        return None
    read = read_tag(tag)
    address = read.attributes.get("src", "").strip()
    scheme, colon, _ = address.partition(":")
    is_odd = colon and "/" not in scheme and scheme.lower() not in {"http", "https"}
    if read.name not in MEDIA_TAGS or not address or is_odd:
        return None
    return Media(address, read.attributes.get("title") or address)


def link_media(html: str) -> str:
    """Return an HTML block with a link before each tag that plays or embeds something; the result is not yet safe."""
    parts: list[str] = []
    done = 0
    position = html.find("<")
    while position >= 0:
        end = html.find(">", position, position + _TAG_CHARS) + 1
        media = read_media(html[position:end]) if end else None
        if media:
            parts += [html[done:position], f'<a href="{escape(media.address)}">{escape(media.title)}</a>']
            done = end
        position = html.find("<", max(end, position + 1))
    return "".join([*parts, html[done:]])
