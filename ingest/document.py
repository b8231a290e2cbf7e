"""One Markdown document to records, and a report of everything else in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from faqkb.ingest.page.blocks import read_page
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.model import Kind, Page
from faqkb.ingest.page.text import readable
from faqkb.ingest.readings.choice import Chosen, Verdict, chosen_of, is_absorbed, judge
from faqkb.ingest.readings.features import BY_FILE_NAME, Place
from faqkb.ingest.readings.metadata import is_end, is_metadata, is_skip, read_metadata
from faqkb.ingest.readings.orders import FREE, Order, Placed, Stretch, orders_of, without
from faqkb.ingest.readings.tree import Section, tree_of, with_folds_as_sections
from faqkb.ingest.recording import PicturesAt, Recorder
from faqkb.ingest.reports.notices import about_document, about_left_out
from faqkb.ingest.reports.report import Document, FileReport, Warned
from faqkb.ingest.reports.skipped import NO_ANSWER, skipped_blocks
from faqkb.ingest.reports.unread import Unread
from faqkb.ingest.styles.learned import learn_labels
from faqkb.ingest.styles.spans import Name, Span
from faqkb.ingest.styles.words import is_faq_title, says_faq

NO_STYLE = "none"
_BY_HAND = 0.6  # the same when somebody named the file to the program


@dataclass(frozen=True, slots=True)
class Reading:
    """A document, judged but not yet made into records."""

    page: Page
    root: Section
    place: Place
    verdicts: dict[Section, Verdict]
    chosen: list[Chosen]
    stretches: list[Stretch]
    """What the author left out."""
    too_deep: list[int]
    """1-based lines that are nested too deep to be read."""


def read_document(source: str, budget: Budget, *, by_hand: bool = False, order: Order = FREE) -> Reading:
    """Return how a document is read; `by_hand` says that somebody named the file, so that it is likely a FAQ."""
    page, too_deep = read_page(source, budget)
    page = with_folds_as_sections(page)
    page = replace(page, own=learn_labels(page))
    root = tree_of(page, titled=is_faq_title(page.front.title))
    has_faq = any(section.is_faq for section in root.walk())
    named = BY_FILE_NAME if says_faq(budget.path) else _BY_HAND * by_hand
    place = Place(named, has_faq)
    placed, stretches = _orders_in(page)
    verdicts = judge(root, place, orders_of(root, placed, order))
    chosen = _outside(chosen_of(root, verdicts), stretches)
    return Reading(page, root, place, verdicts, [*_in_front_matter(page), *chosen], stretches, too_deep)


def parse_document(
    text: str,
    path: str,
    link_base: str | None = None,
    *,
    by_hand: bool = False,
    order: Order = FREE,
    pictures_at: PicturesAt | None = None,
) -> Document:
    """Return the records of a Markdown document, in order, and what became of the rest.

    `path` is relative, with forward slashes: ids and sources are made of it. Relative links are resolved against
    `link_base`, else against the `link-base=` of the document's own metadata comment. `by_hand` and `order` are those
    of `read_document`. `pictures_at` finds what the answers show, where there is no link base.
    Raises ContentError when the document costs more to read than its size explains.
    """
    source, unreadable = readable(text)
    budget = Budget(path, len(source))
    reading = read_document(source, budget, by_hand=by_hand, order=order)
    recorder = Recorder(reading.page, budget, link_base, pictures_at)
    records = tuple(recorder.record(reading.chosen))
    blocks = list(skipped_blocks(reading.root, reading.place, reading.chosen))
    skipped = [*recorder.skipped, *blocks]
    unread = Unread(reading.root, reading.chosen, reading.stretches)
    warnings = [
        *recorder.warnings,
        *unread.warnings(),
        *about_left_out([*recorder.skipped, *(entry for entry in blocks if entry.reason == NO_ANSWER)]),
        *about_document(reading.page, reading.place, records, recorder.relative),
        *_about_text(unreadable, reading.too_deep),
    ]
    report = FileReport(
        path=path,
        style=", ".join(_styles_of(reading)) or NO_STYLE,
        records=len(records),
        skipped=tuple(sorted(skipped, key=lambda entry: entry.line)),
        warnings=tuple(sorted(warnings, key=lambda warned: warned.line)),
        coverage=unread.coverage(),
    )
    return Document(records, report)


def _about_text(unreadable: Sequence[int], too_deep: Sequence[int]) -> Iterator[Warned]:
    yield from (Warned(line, "holds characters that are no text; shown as �") for line in unreadable)
    yield from (Warned(line, "nested too deep; what is further inside is not read") for line in too_deep)


def _styles_of(reading: Reading) -> list[str]:
    """Return the names of the styles that the document follows, in the order in which they come."""
    names = ["front matter"] * bool(reading.page.front.pairs)
    for section in reading.root.walk():
        chosen = reading.verdicts[section].chosen
        names += [chosen.style] if chosen and not is_absorbed(section, reading.verdicts) else []
    return list(dict.fromkeys(names))


def _orders_in(page: Page) -> tuple[list[Placed], list[Stretch]]:
    """Return the orders that comments give, and the stretches that they leave out."""
    placed, stretches = [], []
    skip: int | None = None
    for block in page.blocks:
        if block.kind is not Kind.COMMENT or not is_metadata(block.text):
            continue
        if is_skip(block.text):
            skip = block.start if skip is None else skip
        elif is_end(block.text):
            stretches += [Stretch(skip, block.end)] if skip is not None else []
            skip = None
        else:
            metadata = read_metadata(block.text)
            placed += [Placed(Order(metadata.read, metadata.level), block.start)] if metadata.read else []
    return placed, [*stretches, *([Stretch(skip, len(page.source) + 1)] if skip is not None else [])]


def _outside(chosen: list[Chosen], stretches: list[Stretch]) -> list[Chosen]:
    kept = without([one.span for one in chosen], stretches)
    return [replace(one, span=span) for one, span in zip(chosen, kept, strict=True) if span is not None]


def _in_front_matter(page: Page) -> list[Chosen]:
    """Return the questions that a list in the front matter holds, such as `faqs:`."""
    block = next((block for block in page.blocks if block.kind is Kind.FRONT_MATTER), None)
    if block is None:
        return []
    return [
        Chosen(
            Span(Name(pair.question), None, block.line, block.start, block.start, block.start, answer=pair.answer), ()
        )
        for pair in page.front.pairs
    ]
