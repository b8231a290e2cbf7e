"""Records: one question and its answer, as they cross from ingest to the index and on to the reader."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


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

    def to_json(self) -> dict[str, Any]:
        """Return the record as the JSON object of `faq export` and of the records API."""
        return asdict(self) | {name: list(getattr(self, name)) for name in ("alternates", "section", "tags", "checks")}
