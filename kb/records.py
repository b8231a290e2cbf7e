"""Records: one question and its answer, on their way from ingest to the index and the reader; and which may answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faqkb.kb import limits
from faqkb.kb.errors import InvalidQuery
from faqkb.kb.pictures import is_stored_address, name_at

LISTS = ("alternates", "section", "tags", "checks", "versions", "was")
"""The fields of a record that are lists of texts."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record was written."""

    path: str
    """Path relative to the content root, with forward slashes, e.g. `en/faq_2021_s1.md`."""
    line: int
    """1-based line of the question in that file."""
    anchor: str | None = None
    """Explicit anchor on the question itself (`{#id}`, `<a name>`), else None."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place in an answer's Markdown where a link or a picture leads elsewhere than it says there."""

    start: int
    end: int
    """Characters of the Markdown that `before`, the address and `after` stand for, the end not counted in."""
    address: str
    """Where it leads, escaped as the place needs it; a stored picture as in `answer_html`, `/pictures/<name>`."""
    before: str = ""
    after: str = ""
    """Around the address: of `[text][label]` all of `(address "title")` is new."""


@dataclass(frozen=True, slots=True)
class Record:
    """One question with its answer."""

    id: str
    """`<path without extension>/<label>`, e.g. `faq_2021_s1/Q1.3`; stable when other questions come, go or move."""
    question: str
    """Plain text without label or marker."""
    answer: str
    """Markdown as written, without the answer marker."""
    answer_text: str
    """The answer as plain text: blocks separated by newlines, code kept, HTML and image text dropped."""
    answer_html: str
    """The answer as sanitised HTML, links resolved against the source's link base."""
    source: Source
    language: str
    """`zh`, `en`, … as detected or declared; `und` when there are no letters."""
    alternates: tuple[str, ...] = ()
    """Other wordings of the question."""
    section: tuple[str, ...] = ()
    """Headings above the question, outermost first, plain text."""
    tags: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    """Ids of check scripts that prove this answer."""
    versions: tuple[str, ...] = ()
    """Of the product, that the answer is about, e.g. `2.1`; none: about all of them."""
    was: tuple[str, ...] = ()
    """Ids that it was published under before; they lead here."""
    targets: tuple[Target, ...] = ()
    """In the order of the Markdown, none within another."""

    def led_markdown(self, picture_address: Callable[[str], str] | None = None) -> str:
        """Return the answer's Markdown for who reads it elsewhere: all leads where it does in `answer_html`.

        `picture_address` gives the address of a stored picture by its name; without it these stay as written.
        """
        parts, done = [], 0
        for target in self.targets:
            address = target.address
            if is_stored_address(address):
                if picture_address is None:
                    continue
                address = picture_address(name_at(address))
            parts += [self.answer[done : target.start], target.before, address, target.after]
            done = target.end
        return "".join([*parts, self.answer[done:]])

    def to_json(self) -> dict[str, Any]:
        """Return the record as the JSON object of `faq export` and of the records API."""
        plain = {name: getattr(self, name) for name in ("id", "question", "answer", "answer_text", "answer_html")}
        source = {"path": self.source.path, "line": self.source.line, "anchor": self.source.anchor}
        # Without the targets, which are of the Markdown as it is sent elsewhere; here it is as written.
        lists = {name: list(getattr(self, name)) for name in LISTS}
        return {**plain, "source": source, "language": self.language, **lists}


_FILTER_CHARS = {
    "tags": range(limits.TAG_CHARS + 1),  # an empty one, which no record carries, has always been taken
    "languages": range(1, limits.TAG_CHARS + 1),
    "paths": range(1, limits.PATH_CHARS + 1),
    "sections": range(1, limits.QUESTION_CHARS + 1),
    "versions": range(1, limits.TAG_CHARS + 1),
}
"""How long a value of each part may be."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records may answer: those that fit one value at least of every part that has any. Raises InvalidQuery."""

    tags: tuple[str, ...] = ()
    """It carries the tag."""
    languages: tuple[str, ...] = ()
    """It is in the language: a code as records have it, or another name of the same, `zh-CN`, `Chinese`."""
    paths: tuple[str, ...] = ()
    """It was written in that file, or below that folder: `en/faq.md`, `guide`, `guide/`. No pattern."""
    sections: tuple[str, ...] = ()
    """It stands below a heading of that text, in capitals or not."""
    versions: tuple[str, ...] = ()
    """It names the version, in capitals or not, or names none."""

    def __post_init__(self) -> None:
        for part, chars in _FILTER_CHARS.items():
            _check_part(part, getattr(self, part), chars)

    def __bool__(self) -> bool:
        """Say whether it leaves any record out."""
        return any(getattr(self, part) for part in _FILTER_CHARS)


def _check_part(part: str, values: tuple[str, ...], chars: range) -> None:
    if len(values) > limits.FILTER_VALUES:
        raise InvalidQuery(f"too many {part} (got {len(values)}, expected at most {limits.FILTER_VALUES}); give fewer")
    for value in values:
        if len(value) not in chars:
            raise InvalidQuery(
                f"one of the {part} is too long or empty (got {len(value)} characters, expected {chars[0]} to"
                f" {chars[-1]}); correct it, or leave it out"
            )
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise InvalidQuery(f"one of the {part} is no text (got bytes that are not UTF-8); write it in UTF-8")


EVERY_RECORD = Filter()
