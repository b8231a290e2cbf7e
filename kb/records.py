"""Records: one question and its answer, as they cross from ingest to the index and on to the reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from faqkb.kb.pictures import is_stored_address, name_at


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
        fields = asdict(self)
        del fields["targets"]  # of the Markdown as it is sent elsewhere; here it is as written
        return fields | {name: list(getattr(self, name)) for name in ("alternates", "section", "tags", "checks")}
