"""Questions found in a document to records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from faqkb.ingest.ids import Ids, label_of, stem_of
from faqkb.ingest.language import languages_of
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.page.model import Kind, Page
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.readings.choice import Chosen
from faqkb.ingest.readings.features import answer_of
from faqkb.ingest.readings.metadata import Metadata, is_end, is_metadata, is_skip, read_metadata
from faqkb.ingest.rendering import OUTPUT_FACTOR, PictureOf, Rendered, render_answer
from faqkb.ingest.reports.report import Skipped, Warned
from faqkb.ingest.reports.skipped import NO_ANSWER
from faqkb.ingest.styles.fillers import is_filler
from faqkb.ingest.styles.footnotes import with_footnotes
from faqkb.ingest.styles.spans import Span
from faqkb.kb.language.codes import language_of_tag
from faqkb.kb.limits import ANSWER_CHARS, QUESTION_CHARS, TAG_CHARS, TAGS_MAX
from faqkb.kb.records import Record, Source

PicturesAt = Callable[[int], PictureOf]
"""Given the 1-based line of a question, returns what finds the pictures of its answer."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """A question whose answer can be shown."""

    chosen: Chosen
    answer: str
    rendered: Rendered

    @property
    def question(self) -> str:
        return self.chosen.span.name.question


@dataclass(slots=True)
class Recorder:
    """Makes the records of one document, and notes what it leaves out and what an author should look at."""

    page: Page
    budget: Budget
    link_base: str | None
    pictures_at: PicturesAt | None = None
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    relative: dict[str, int] = field(default_factory=dict)
    """Addresses in answers that lead nowhere without a link base, and the 1-based line of a question with each."""
    _ids: Ids = field(default_factory=Ids)
    _repeated: list[tuple[int, str]] = field(default_factory=list)
    _versions: tuple[str, ...] = ()
    """Of all records that name none of their own."""
    _comments_read: set[int] = field(default_factory=set)

    def record(self, chosen: Sequence[Chosen]) -> Iterator[Record]:
        """Yield a record for each question that has an answer, in order."""
        shared = self._metadata(0, chosen[0].span.start if chosen else len(self.page.source))
        self._versions = shared.versions or self._versions_of_front_matter()
        self.link_base = self.link_base or shared.link_base or None
        answered = [found for found in map(self._answered, chosen) if found]
        told = shared.language or self.page.front.language
        pairs = [(found.question, found.rendered.prose) for found in answered]
        languages = languages_of(pairs, declared=told, path=self.page.path)
        for found, language in zip(answered, languages, strict=True):
            yield self._record(found, language, shared)
        self._warn_of_repeats()
        self._warn_of_unread_comments()

    def _answered(self, one: Chosen) -> _Answered | None:
        """Return the question with its answer, None when it has none that can be shown."""
        self.budget.check(one.span.line - 1)
        answer = with_footnotes(answer_of(self.page, one.span), self.page.footnotes)
        reason = _why_not(one.span.name.question, answer)
        found = self.pictures_at(one.span.line) if self.pictures_at else None
        rendered = None if reason else render_answer(answer, self.page.references, self.budget, self.link_base, found)
        if rendered is None:
            self._skip(one.span, reason or _TOO_MUCH_HTML)
            return None
        self.relative.update(dict.fromkeys(rendered.relative, one.span.line))
        return _Answered(one, answer, rendered)

    def _record(self, found: _Answered, language: str, shared: Metadata) -> Record:
        span = found.chosen.span
        own = self._metadata(span.answer_start, span.answer_end)
        return Record(
            id=self._id(span, own),
            question=found.question,
            answer=found.answer,
            answer_text=found.rendered.text,
            answer_html=found.rendered.html,
            targets=found.rendered.targets,
            source=Source(self.page.path, span.line, span.anchor),
            language=language_of_tag(own.language) or language,
            alternates=own.alternates,
            section=tuple(block.text for block in found.chosen.above),
            tags=tuple(dict.fromkeys((*shared.tags, *own.tags))),
            checks=own.checks,
            versions=own.versions or self._versions,
            was=tuple(former if "/" in former else f"{stem_of(self.page.path)}/{former}" for former in own.was),
        )

    def _versions_of_front_matter(self) -> tuple[str, ...]:
        """Return the versions named there, and note those that are left out."""
        named = self.page.front.versions
        kept = tuple(version for version in named if len(version) <= TAG_CHARS)[:TAGS_MAX]
        if kept != named:
            wanted = f"expected at most {TAGS_MAX}, each of at most {TAG_CHARS} characters"
            self.warnings.append(
                Warned(1, f"front matter names {len(named)} versions ({wanted}); {len(kept)} are kept")
            )
        return kept

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
            is_order = is_skip(comment.text) or is_end(comment.text) or bool(read_metadata(comment.text).read)
            if comment.start not in self._comments_read and not is_order:
                self.warnings.append(
                    Warned(comment.line, "a faq comment is read only directly under its question; move it there")
                )


_NO_QUESTION = "a question without text"
_TOO_MUCH_HTML = f"an answer whose HTML is more than {OUTPUT_FACTOR} times as long (wide tables, long link addresses)"


def _why_not(question: str, answer: str) -> str:
    """Return why question and answer make no record, empty when they do."""
    if not question:
        return _NO_QUESTION
    if not answer:
        return NO_ANSWER
    if len(question) > QUESTION_CHARS:
        return f"a question of {len(question)} characters (limit {QUESTION_CHARS})"
    if len(answer) > ANSWER_CHARS:
        return f"an answer of {len(answer)} characters (limit {ANSWER_CHARS})"
    return ""
