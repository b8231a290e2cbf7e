"""Questions found in a document to records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faqkb.ingest.ids import Ids, label_of, stem_of
from faqkb.ingest.language import language_of
from faqkb.ingest.metadata import Metadata, is_metadata, read_metadata
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.rendering import OUTPUT_FACTOR, Rendered, render_answer
from faqkb.ingest.report import Skipped, Warned
from faqkb.ingest.styles.answers import answer_between
from faqkb.ingest.styles.fillers import is_filler
from faqkb.ingest.styles.spans import Span
from faqkb.kb.limits import ANSWER_CHARS, QUESTION_CHARS
from faqkb.kb.records import Record, Source


@dataclass(slots=True)
class Recorder:
    """Makes the records of one document, and notes what it leaves out and what an author should look at."""

    page: Page
    budget: Budget
    link_base: str | None
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    headings_used: set[int] = field(default_factory=set)
    """Offsets of the headings that stand above a record."""
    _ids: Ids = field(default_factory=Ids)
    _repeated: list[tuple[int, str]] = field(default_factory=list)
    _comments_read: set[int] = field(default_factory=set)

    def record(self, spans: Sequence[Span], sections: Sequence[Sequence[Block]]) -> Iterator[Record]:
        """Yield a record for each question that has an answer, in order."""
        shared = self._metadata(0, spans[0].start if spans else len(self.page.source))
        self.link_base = self.link_base or shared.link_base or None
        for span, above in zip(spans, sections, strict=True):
            self.budget.check(span.line - 1)
            answer = span.answer or answer_between(self.page, span.answer_start, span.answer_end)
            reason = _why_not(span.name.question, answer)
            rendered = None if reason else render_answer(answer, self.page.references, self.budget, self.link_base)
            if rendered is None:
                self._skip(span, reason or _TOO_MUCH_HTML)
                continue
            self.headings_used.update(block.start for block in above)
            yield self._record(span, answer, rendered, tuple(block.text for block in above), shared)
        self._warn_of_repeats()
        self._warn_of_unread_comments()

    def _record(
        self, span: Span, answer: str, rendered: Rendered, section: tuple[str, ...], shared: Metadata
    ) -> Record:
        own = self._metadata(span.answer_start, span.answer_end)
        question = span.name.question
        return Record(
            id=self._id(span, own),
            question=question,
            answer=answer,
            answer_text=rendered.text,
            answer_html=rendered.html,
            source=Source(self.page.path, span.line, span.anchor),
            language=own.language or shared.language or language_of(question, rendered.prose),
            alternates=own.alternates,
            section=section,
            tags=tuple(dict.fromkeys((*shared.tags, *own.tags))),
            checks=own.checks,
        )

    def _id(self, span: Span, own: Metadata) -> str:
        name = span.name
        label = label_of(given=own.id, number=name.number, anchor=span.anchor, question=name.question)
        wanted = f"{stem_of(self.page.path)}/{label}"
        unique = self._ids.take(wanted)
        if unique != wanted:
            self._repeated.append((span.line, label))
        return unique

    def _metadata(self, start: int, end: int) -> Metadata:
        """Return what the metadata comment says that stands between two offsets before any text, if there is one."""
        for block in self.page.blocks_between(start, end):
            if block.kind is Kind.COMMENT and is_metadata(block.text):
                self._comments_read.add(block.start)
                metadata = read_metadata(block.text)
                self.warnings += [Warned(block.line, problem) for problem in metadata.problems]
                return metadata
            if start and not is_filler(block):
                break
        return Metadata()

    def _skip(self, span: Span, reason: str) -> None:
        self.skipped.append(Skipped(span.line, reason, excerpt(span.name.question)))
        self.warnings.append(Warned(span.line, f"left out: {reason}; {_WAYS_OUT.get(reason, 'shorten or split it')}"))

    def _warn_of_repeats(self) -> None:
        if self._repeated:
            line, label = self._repeated[0]
            self.warnings.append(
                Warned(
                    line,
                    f"label `{label}` is used again ({len(self._repeated)} such in this file); the id ends in -2"
                    " and changes when such questions come or go: write <!-- faq: id=… --> under the question",
                )
            )

    def _warn_of_unread_comments(self) -> None:
        comments = (block for block in self.page.blocks if block.kind is Kind.COMMENT and is_metadata(block.text))
        for comment in comments:
            if comment.start not in self._comments_read:
                self.warnings.append(
                    Warned(comment.line, "a faq comment is read only directly under its question; move it there")
                )


_NO_QUESTION = "a question without text"
_NO_ANSWER = "a question without an answer"
_WAYS_OUT = {_NO_QUESTION: "write the question", _NO_ANSWER: "answer it or take it out"}
_TOO_MUCH_HTML = f"an answer whose HTML is more than {OUTPUT_FACTOR} times as long (wide tables, long link addresses)"


def _why_not(question: str, answer: str) -> str:
    """Return why question and answer make no record, empty when they do."""
    if not question:
        return _NO_QUESTION
    if not answer:
        return _NO_ANSWER
    if len(question) > QUESTION_CHARS:
        return f"a question of {len(question)} characters (limit {QUESTION_CHARS})"
    if len(answer) > ANSWER_CHARS:
        return f"an answer of {len(answer)} characters (limit {ANSWER_CHARS})"
    return ""
