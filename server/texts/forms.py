"""The forms that the text of an answer may be had in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from faqkb.kb.answers import Hit
from faqkb.kb.records import Record
from faqkb.server.texts.plain import plain_text

_MARKS = frozenset("\\`*_<>#|~$&")
_OPENING_MARKS = ("-", "+", "=", ":")


class Format(StrEnum):
    """What the channel shows."""

    MARKDOWN = "markdown"
    TEXT = "text"


class Style(StrEnum):
    """How much of an answer is given."""

    FULL = "full"
    SHORT = "short"
    """The sentence that answers, and the address of the page."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where what an answer names is to be had, as whole addresses."""

    record: Callable[[str], str]
    """From a record's id to its page."""
    picture: Callable[[str], str] | None
    """From a stored picture's name to its bytes; None where no address leads to them."""


def told(hit: Hit, shown: Format, style: Style, addresses: Addresses) -> str:
    """Return the text of an answer in the form that is wanted."""
    if style is Style.SHORT:
        return _short(hit, shown, addresses)
    return full_text(hit.record, shown, addresses)


def full_text(record: Record, shown: Format, addresses: Addresses) -> str:
    """Return the whole answer, its links and pictures leading where those of its HTML do."""
    if shown is Format.TEXT:
        return plain_text(record.answer_html, addresses.picture)
    return record.led_markdown(addresses.picture)


def _short(hit: Hit, shown: Format, addresses: Addresses) -> str:
    """Return the sentence that answers, where none does the first line, and below it the address of the page."""
    record = hit.record
    sentence = " ".join((hit.highlight.text or record.answer_text.partition("\n")[0]).split())
    address = addresses.record(record.id)
    if shown is Format.MARKDOWN:
        page = address.replace("(", "%28").replace(")", "%29")
        label = as_markdown(record.question).replace("[", "&#91;").replace("]", "&#93;")
        sentence, address = as_markdown(sentence), f"[{label}]({page})"
    return f"{sentence}\n\n{address}" if sentence else address


def as_markdown(text: str) -> str:
    """Return the Markdown of one line of plain text; addresses in it stay as they are, to be followed."""
    words = [word if "://" in word else "".join(map(_escaped, word)) for word in text.split(" ")]
    if "](" in text or "][" in text:
        words = [word.replace("[", "&#91;") for word in words]  # not `\[`, which many windows read as math
    first, _, rest = " ".join(words).partition(" ")
    if first.startswith(_OPENING_MARKS):
        first = f"\\{first}"
    elif first[:-1].isdecimal() and first[-1] in ".)":
        first = f"{first[:-1]}\\{first[-1]}"  # no number of a list
    return f"{first} {rest}" if rest else first


def _escaped(char: str) -> str:
    return f"\\{char}" if char in _MARKS else char
