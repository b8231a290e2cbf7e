"""One Markdown document to records, and a report of everything else in it."""

from __future__ import annotations

from faqkb.ingest.page.blocks import read_page
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.text import readable
from faqkb.ingest.recording import Recorder
from faqkb.ingest.report import Document, FileReport, Warned
from faqkb.ingest.skipped import skipped_blocks
from faqkb.ingest.styles.choice import NO_STYLE, recognise
from faqkb.ingest.styles.scopes import scopes_of
from faqkb.ingest.styles.sections import sections_of


def parse_document(text: str, path: str, link_base: str | None = None) -> Document:
    """Return the records of a Markdown document, in order, and what became of the rest.

    `path` is relative, with forward slashes: ids and sources are made of it. Relative links are resolved against
    `link_base`, else against the `link-base=` of the document's own metadata comment.
    Raises ContentError when the document costs more to read than its size explains.
    """
    source, unreadable = readable(text)
    budget = Budget(path, len(source))
    page, too_deep = read_page(source, budget)
    found = [recognise(scope) for scope in scopes_of(page)]
    spans = sorted((span for recognised in found for span in recognised.spans), key=lambda span: span.start)
    recorder = Recorder(page, budget, link_base)
    records = tuple(recorder.record(spans, sections_of(page, spans)))
    skipped = [*recorder.skipped, *skipped_blocks(page, found, recorder.headings_used)]
    warnings = [
        *recorder.warnings,
        *(Warned(line, "holds characters that are no text; shown as �") for line in unreadable),
    ]
    warnings += [Warned(line, "nested too deep; what is further inside is not read") for line in too_deep]
    styles = dict.fromkeys(recognised.style for recognised in found if recognised.spans)
    report = FileReport(
        path=path,
        style=", ".join(styles) or NO_STYLE,
        records=len(records),
        skipped=tuple(sorted(skipped, key=lambda entry: entry.line)),
        warnings=tuple(sorted(warnings, key=lambda warned: warned.line)),
    )
    return Document(records, report)
