"""Links and pictures: what they lead to on this machine, and pictures that say nothing to who does not see them."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from faqkb.ingest.answers.places import Place
from faqkb.ingest.linted.findings import Edit, Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.linting.anchors import PagesBeside, anchors_of, leads_somewhere
from faqkb.ingest.page.markdown import Token
from faqkb.kb.language.codes import ending_language

_SHOWN = 80  # characters of an address
# Filled in by a site generator, or an alias of its: nobody knows here where it leads.
_TEMPLATES = ("{", "}", "<", ">", "$", "@", "~", "%7B", "%7b", "xref:")
_WRITTEN_AS = (".md", ".mdx", ".markdown", "/index.md", "/README.md", "/index.mdx")
_PAGES = (".html", ".htm")


def links(linted: Linted, beside: PagesBeside) -> Iterator[Finding]:
    """Yield each relative link or picture that leads to nothing here."""
    own = anchors_of(linted.page)
    seen: set[tuple[int, str]] = set()
    for place in linted.whole.places:
        line = linted.page.line_at(place.start)
        if (line, place.address) in seen or not _is_local(place.address):
            continue
        seen.add((line, place.address))
        finding = _judged(linted, place, line, own, beside)
        if finding:
            yield finding


def _is_local(address: str) -> bool:
    if not address or address.startswith(("//", "/")) or any(mark in address for mark in _TEMPLATES):
        return False
    try:
        return not urlsplit(address).scheme
    except ValueError:  # `http://[`
        return False


def _judged(linted: Linted, place: Place, line: int, own: frozenset[str], beside: PagesBeside) -> Finding | None:
    parts = urlsplit(place.address)
    shown = place.address[:_SHOWN]
    if not parts.path:
        if leads_somewhere(parts.fragment, own) or _is_hook(linted, place):
            return None
        return Finding(
            linted.name,
            line,
            "dead-anchor",
            f"{shown} leads to no heading or anchor of this file",
            "correct it, or write <a name=…> where it should lead",
        )
    if linted.link_base:  # where these files lie is not known here
        return None
    target = linted.file.path.parent / unquote(parts.path)
    # docsify and others see addresses from the folder that they serve.
    places = [folder / unquote(parts.path) for folder in _folders_around(linted)]
    found = next(filter(None, (_found(place) or _translated(place, linted.file.path) for place in places)), None)
    if found is None:
        return _missing(linted, place, line, target)
    anchors = beside.anchors_in(found) if parts.fragment else None
    if anchors is not None and not leads_somewhere(parts.fragment, anchors):
        what = f"{shown}: the file is there, and has no such heading or anchor"
        return Finding(linted.name, line, "dead-anchor", what, "correct what stands behind the #")
    return None


def _is_hook(linted: Linted, place: Place) -> bool:
    """Whether an HTML link shows nothing: no reader follows it, a script does."""
    after = linted.page.source[place.end : place.end + _SHOWN].partition(">")[2]
    return place.is_html and after.lstrip().casefold().startswith("</a")


def _folders_around(linted: Linted) -> Iterator[Path]:
    """Yield the folder of a file and those around it, as far as they are read."""
    path = linted.file.path
    yield from path.parents[: linted.file.name.count("/") + 1]


def _found(target: Path) -> Path | None:
    """Return the file or folder that a link means, as site generators understand it; None where there is none."""
    try:
        if target.exists():
            return target
        name = target.as_posix()
        stem = next((name.removesuffix(end) for end in _PAGES if name.endswith(end)), name)
        return next((path for path in (Path(stem + end) for end in _WRITTEN_AS) if path.exists()), None)
    except (OSError, ValueError):  # a NUL, a name too long: no file has it
        return None


def _translated(target: Path, linking: Path) -> Path | None:
    """Return what a site in several languages shows for a link: in `faq.zh.md`, `fees.md` is `fees.zh.md`.

    A page that is not translated yet is shown in another language.
    """
    own = _language_in(linking)
    suffix = target.suffix if target.suffix and target.suffix not in _PAGES else linking.suffix
    if not own:
        return None
    try:
        beside = [path for path in target.parent.iterdir() if path.suffix == suffix]
    except (OSError, ValueError):
        return None
    told = sorted(path for path in beside if path.stem.rpartition(".")[0] == target.stem and _language_in(path))
    return next((path for path in told if _language_in(path) == own), told[0] if told else None)


def _language_in(path: Path) -> str:
    """Return the language that stands before the suffix of a name: `zh` of `faq.zh.md`; empty without one."""
    head, _, ending = path.stem.rpartition(".")
    return ending_language(ending) if head else ""


def _missing(linted: Linted, place: Place, line: int, target: Path) -> Finding:
    rule = "missing-picture" if place.is_picture else "dead-link"
    twin = _other_case(target)
    if twin is None:
        fix = "put it there, or correct the address"
        return Finding(linted.name, line, rule, f"{place.address[:_SHOWN]} is not there", fix)
    what = f"{place.address[:_SHOWN]} is not there, {twin} is"
    return Finding(linted.name, line, rule, what, f"write {twin}", _case_edit(linted, place, target.name, twin))


def _other_case(target: Path) -> str | None:
    """Return the one file beside that differs in capitals alone."""
    try:
        names = [path.name for path in target.parent.iterdir() if path.name.casefold() == target.name.casefold()]
    except (OSError, ValueError):
        return None
    return names[0] if len(names) == 1 else None


def _case_edit(linted: Linted, place: Place, name: str, twin: str) -> Edit | None:
    """Return what writes the name as the file has it, where it is written plainly."""
    page = linted.page
    written = page.source[place.start : place.end]
    at = written.rfind(name)
    if place.is_reference or at < 0 or len(twin) != len(name) or not twin.isascii():
        return None
    start = place.start + at
    line = page.line_at(start)
    return Edit(line, start - page.line_starts[line - 1], name, twin)


def pictures_without_text(linted: Linted) -> Iterator[Finding]:
    """Yield each picture without alternative text; one whose HTML says `alt=""` is a dress, and says so."""
    for token in linted.whole.tokens:
        line = (token.map[0] if token.map else 0) + 1
        for child in (token, *(token.children or ())):
            address = _silent_picture(child)
            if address is not None:
                yield Finding(
                    linted.name,
                    _line_of(linted, line, token, address),
                    "picture-text",
                    f"the picture {address[:_SHOWN] or 'without address'} has no alternative text",
                    "say between the brackets of ![…] or in alt=… what it shows",
                )


def _line_of(linted: Linted, first: int, token: Token, address: str) -> int:
    """Return the line on which an address stands; the first of its block where it is written otherwise."""
    last = token.map[1] if token.map else first
    lines = range(first, min(last, len(linted.page.line_starts) - 1) + 1)
    return next((number for number in lines if address and address in linted.page.line_text(number - 1)), first)


def _silent_picture(token: Token) -> str | None:
    if token.type == "image":
        return None if token.content.strip() else str(token.attrs.get("src", ""))
    if token.type in {"html_block", "html_inline"}:
        parser = _Pictures()
        parser.feed(token.content)
        return parser.silent
    return None


class _Pictures(HTMLParser):
    """Finds the first `<img>` without an `alt`."""

    silent: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "img" and "alt" not in names and self.silent is None and not _is_hidden(names):
            self.silent = names.get("src") or ""


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    return attributes.get("role") in {"presentation", "none"} or attributes.get("aria-hidden") == "true"


def web_addresses(linted: Linted) -> Iterator[tuple[str, int]]:
    """Yield (address, 1-based line) of each link and picture on the web."""
    for token in linted.whole.tokens:
        first = (token.map[0] if token.map else 0) + 1
        for child in token.children or ():
            for name in ("href", "src"):
                address = str(child.attrs.get(name, ""))
                if address.startswith(("http://", "https://")):
                    yield address, _line_of(linted, first, token, address)
    for place in linted.whole.places:
        if place.is_html and place.address.startswith(("http://", "https://")):
            yield place.address, linted.page.line_at(place.start)
