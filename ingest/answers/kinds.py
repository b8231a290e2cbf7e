"""What frames a part of an answer: a callout, a tab, a titled box; and the words that say which."""

from __future__ import annotations

from dataclasses import dataclass

from faqkb.ingest.answers.arguments import Arguments

# The word that an author writes, by what it means to a reader. Those of GitHub, MkDocs, Docusaurus, VitePress, MyST,
# Obsidian, Hugo and GitBook.
_WORDS = {
    "note": "note info information abstract summary tldr important seealso todo example quote cite question help faq"
    " default primary secondary",
    "tip": "tip hint success check done",
    "warning": "warning warn attention caution",
    "danger": "danger error bug failure fail missing",
}
KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_SHOWN = {"seealso": "See also", "tldr": "TL;DR", "faq": "FAQ", "info": "Info", "warn": "Warning"}

_TABS = {"tab", "tab-item", "tabitem", "tabpanel", "tab-panel"}
_GENERIC = {"callout", "admonition", "alert", "notice", "aside", "box"}
_FRAMES = """tabs tabpane tab-set tabset tabgroup tab-group stepper steps step details dropdown expand expandable
    collapse accordion accordions panel columns column grid card cards raw code code-group content-ref"""
NAMES = frozenset({*KINDS, *_TABS, *_GENERIC, *_FRAMES.split()})
"""What a template tag may be called that frames a part of the text; others are left alone."""

_TITLE_KEYS = ("title", "label", "header", "heading", "summary", "name", "tab")
_KIND_KEYS = ("type", "style", "kind", "variant", "color", "level", "class")


@dataclass(frozen=True, slots=True)
class Box:
    """A frame around a part of an answer."""

    kind: str = ""
    """Its class in HTML, one of `kb.foreign.html.FRAME_CLASSES`; empty for a frame that shows nothing of itself."""
    title: str = ""
    """What its author wrote above it, Markdown."""
    word: str = ""
    """What is shown where there is no title: `Danger`. No word of the author's, so no part of the text."""


def callout(word: str, title: str = "") -> Box:
    """Return the callout that a word names; one that we do not know is shown as its title."""
    name = word.casefold()
    if name in KINDS:
        return Box(f"callout {KINDS[name]}", title, _SHOWN.get(name, name.capitalize()))
    return Box("callout note", title or word)


def directive(name: str, title: str, arguments: Arguments) -> Box:
    """Return the frame that a directive or a template tag of this name opens."""
    name = name.casefold()
    title = _first(arguments, _TITLE_KEYS) or title
    if name in _TABS:
        return Box("tab", title or arguments.named.get("value", ""))
    said = _first(arguments, _KIND_KEYS).casefold().removeprefix("callout-")
    said = next((word for word in (said, *map(str.casefold, arguments.words), name) if word in KINDS), "")
    if not name.isascii():  # `::: 注意`: no word of a layout, but what is meant
        return callout(name, title)
    if said or name in _GENERIC:
        return callout(said or "note", title)
    return Box("tab", title) if title else Box()


def _first(arguments: Arguments, keys: tuple[str, ...]) -> str:
    return next((arguments.named[key] for key in keys if key in arguments.named), "")
