"""What a link into a Markdown page can lead to.

Each program that shows Markdown makes other anchors of a heading (`#1-why-c`, `#_1-why-c`, `#why-c_1`), and a linter
that knows one of them alone calls the links of all others dead. So only letters and digits are compared.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from faqkb.ingest.files import SUFFIXES, File
from faqkb.ingest.page.blocks import read_page
from faqkb.ingest.page.encodings import decode
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.model import Kind, Page
from faqkb.ingest.page.text import readable
from faqkb.kb.errors import ContentError

# An anchor of any markup within Markdown: `id="x"`, `name=x`, `{#x}`, `{: #x}`. Each part is bounded.
_MARKED = re.compile(r"(?:\b(?:id|name)=[\"']?|\{(?::\s?)?#)([^\s\"'<>{}]{1,200})", re.IGNORECASE)
_TARGET = re.compile(r"^\(([^()\s]{1,200})\)=", re.MULTILINE)  # MyST: `(label)=`
_EVERYWHERE = frozenset({"", "top"})


def folded(fragment: str) -> str:
    """Return the letters and digits of an anchor, which all programs agree upon."""
    plain = unicodedata.normalize("NFKC", unquote(fragment)).casefold()
    return "".join(char for char in plain if char.isalnum())


def anchors_of(page: Page) -> frozenset[str]:
    """Return the anchors of a page, folded."""
    titles = [block.text for block in page.blocks if block.kind in {Kind.HEADING, Kind.SUMMARY, Kind.TERM}]
    marked = [found[1] for found in _MARKED.finditer(page.source)]
    targets = [found[1] for found in _TARGET.finditer(page.source)]
    return frozenset(map(folded, (*titles, *marked, *targets)))


def leads_somewhere(fragment: str, anchors: frozenset[str]) -> bool:
    """Whether a page with these anchors has what the fragment names, as far as that can be told."""
    if fragment.casefold() in _EVERYWHERE or fragment.startswith(("/", "!", ":~:")):  # an address of a script's own
        return True
    wanted = folded(fragment)
    if not wanted or wanted.isdecimal() or (wanted[0] == "l" and wanted[1:].replace("l", "").isdecimal()):
        return True  # `#L12` of a listing; `#_3`, all that some programs leave of a Chinese heading
    return wanted in anchors or wanted.rstrip("0123456789") in anchors


class PagesBeside:
    """The anchors of other Markdown files, each read once."""

    def __init__(self) -> None:
        self._known: dict[Path, frozenset[str] | None] = {}

    def anchors_in(self, path: Path) -> frozenset[str] | None:
        """Return the anchors of a file; None where it is no Markdown, or none that can be read."""
        if path not in self._known:
            self._known[path] = _read(path)
        return self._known[path]


def _read(path: Path) -> frozenset[str] | None:
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return None
    try:
        source, _ = readable(decode(File(path, path.name).content(), path.name).text)
        page, _ = read_page(source, Budget(path.name, len(source)))
    except (ContentError, OSError):
        return None
    return anchors_of(page)
