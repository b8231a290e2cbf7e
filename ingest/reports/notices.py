"""Warnings about a document as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from faqkb.ingest.page.model import Page
from faqkb.ingest.readings.features import BY_FILE_NAME, Place
from faqkb.ingest.reports.report import Skipped, Warned
from faqkb.ingest.reports.skipped import NO_ANSWER
from faqkb.ingest.styles.fillers import has_content
from faqkb.kb.records import Record

_WAYS_OUT = {"a question without text": "write the question", NO_ANSWER: "answer it or take it out"}


def about_document(
    page: Page, place: Place, records: Sequence[Record], relative: Mapping[str, int]
) -> Iterator[Warned]:
    """Yield what an author should know of a document, whatever its questions are."""
    if page.front.problem:
        yield Warned(1, f"{page.front.problem}; mend it, or its title and language are not known")
    if page.dialect:
        yield Warned(1, f"headings as in {page.dialect} are read, its other marks are not; write it as Markdown")
    titled = place.has_faq or place.named >= BY_FILE_NAME
    if titled and not records and any(map(has_content, page.blocks)):
        yield Warned(
            1,
            "it is called a FAQ, and no question was found in it; `faq ingest --explain FILE` shows what was tried, and"
            " <!-- faq: read=headings level=2 --> at the top fixes how it is read",
        )
    lost = [address for address in relative if not address.startswith("#")]
    if lost:
        yield Warned(
            relative[lost[0]],
            f"{len(lost)} links or pictures lead nowhere outside of the file, the first: {lost[0][:80]};"
            " write <!-- faq: link-base=https://… --> at the top of the file",
        )


def about_left_out(skipped: Sequence[Skipped]) -> Iterator[Warned]:
    """Yield one warning for all questions that were left out for one reason."""
    reasons: dict[str, list[Skipped]] = {}
    for entry in skipped:
        reasons.setdefault(entry.reason, []).append(entry)
    for reason, entries in reasons.items():
        several = f" ({len(entries)} such in this file)" if len(entries) > 1 else ""
        way_out = _WAYS_OUT.get(reason, "shorten or split it")
        yield Warned(entries[0].line, f"left out: {reason}{several}: {entries[0].text}; {way_out}")
