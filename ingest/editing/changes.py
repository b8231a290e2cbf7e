"""The two changes: a question gets other words, a new question is added without an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from faqkb.ingest.editing.source import SourceFile
from faqkb.ingest.editing.wordings import alt_comment, alt_value, heading_text, one_line
from faqkb.ingest.page.model import Block, Kind
from faqkb.ingest.readings.choice import Chosen
from faqkb.ingest.readings.metadata import is_metadata, read_metadata
from faqkb.ingest.styles.fillers import is_filler
from faqkb.kb.errors import ContentError
from faqkb.kb.feedback.questions import folded
from faqkb.kb.records import Record

_INDENT = re.compile(r"[ \t>]*")
_LEVELS = (2, 3, 1, 4)
_MDX = ".mdx"
_TRIED = "An answer stands here."  # read in place of the one to come, to see that the question becomes a record


def with_wordings(file: SourceFile, record_id: str, texts: Sequence[str]) -> SourceFile:
    """Return the file with other words for one of its records, in its metadata comment; those it has are not repeated.

    `record_id` is the id as the file alone gives it. Raises ContentError where the record's style takes no comment.
    """
    before = file.records()
    record = next((each for each in before if each.id == record_id), None)
    if record is None:
        raise ContentError(f"{file.name}: holds no record {record_id}; run `faq ingest` to see what it holds")
    has = {folded(text) for text in (record.question, *record.alternates)}
    new = [text for text in dict.fromkeys(map(one_line, texts)) if folded(text) and folded(text) not in has]
    if not new:
        return file
    wanted = (*record.alternates, *(read_metadata(f"faq: {alt_value(text)}").alternates[0] for text in new))
    expected = [replace(each, alternates=wanted) if each.id == record_id else each for each in before]
    for changed in _with_comment(file, record, new):
        if _are_same(changed.records(), expected):
            return changed
    raise ContentError(
        f"{file.name}:{record.source.line}: the question stands where no comment can follow it; add the words by hand:"
        f" {alt_comment(new)}"
    )


def with_question(file: SourceFile, question: str, note: str, *, like: str | None = None) -> SourceFile:
    """Return the file with a new question at its end, and a comment where its answer is to stand.

    Until there is one, it is no record. `like` is a record whose heading has the level to take.
    Raises ContentError where a question at the end would be read as something else, or change another one.
    """
    if file.name.lower().endswith(_MDX):
        raise ContentError(f"{file.name}: MDX takes no comments; write the question by hand: {one_line(question)}")
    before = file.records()
    comment = f"<!-- {alt_value(note)[5:-1]} -->"
    for level in dict.fromkeys((*_levels_like(file, like), *_LEVELS)):
        changed = _with_end(file, f"{'#' * level} {heading_text(question)}", comment)
        tried = _with_end(file, f"{'#' * level} {heading_text(question)}", comment, _TRIED).records()
        is_read = len(tried) == len(before) + 1 and _are_same(tried[:-1], before)
        if (
            is_read
            and folded(tried[-1].question) == folded(one_line(question))
            and _are_same(changed.records(), before)
        ):
            return changed
    raise ContentError(f"{file.name}: a question at its end is not read as one; write it by hand: {one_line(question)}")


def _with_comment(file: SourceFile, record: Record, texts: Sequence[str]) -> Iterator[SourceFile]:
    """Yield the file with the words in each place that may do, the likeliest first."""
    if file.name.lower().endswith(_MDX):
        return
    reading = file.reading()
    chosen = next((each for each in reading.chosen if each.span.line == record.source.line), None)
    if chosen is None:
        return
    comment = _comment_of(chosen, reading.page.blocks_between(chosen.span.answer_start, chosen.span.answer_end))
    if comment is not None:
        end = reading.page.source.index("-->", comment.start)
        row = reading.page.source.count("\n", 0, end)
        column = end - (reading.page.source.rfind("\n", 0, end) + 1)
        lines = file.lines
        added = " ".join(map(alt_value, texts))
        head = lines[row][:column]
        lines[row] = f"{head.rstrip()} {added} {lines[row][column:]}" if head.strip() else f"{added} {lines[row]}"
        yield file.with_lines(lines)
        return
    row = reading.page.source.count("\n", 0, chosen.span.answer_start)
    for at in dict.fromkeys((record.source.line, row, row + 1)):
        for indent in dict.fromkeys(("", _indent(file.lines[at:]))):
            for blank in (False, True):
                yield _with_line(file, at, f"{indent}{alt_comment(texts)}", blank=blank)


def _comment_of(chosen: Chosen, blocks: Sequence[Block]) -> Block | None:
    """Return the metadata comment that stands under a question before any text."""
    for block in blocks:
        if block.kind is Kind.COMMENT and is_metadata(block.text):
            return block
        if chosen.span.answer_start and not is_filler(block):
            return None
    return None


def _indent(lines: Sequence[str]) -> str:
    """Return what stands before the text of the next line that has any."""
    found = next((line for line in lines if line.strip()), "")
    match = _INDENT.match(found)
    return match.group() if match else ""


def _with_line(file: SourceFile, at: int, line: str, *, blank: bool) -> SourceFile:
    lines, end = file.lines, file.line_end
    if at and at <= len(lines) and not lines[at - 1].endswith(("\r", "\n")):
        lines[at - 1] += end
    return file.with_lines([*lines[:at], f"{line}{end}", *([end] if blank else []), *lines[at:]])


def _with_end(file: SourceFile, *paragraphs: str) -> SourceFile:
    lines, end = file.lines, file.line_end
    if lines and not lines[-1].endswith(("\r", "\n")):
        lines[-1] += end
    if lines and lines[-1].strip():
        lines.append(end)
    return file.with_lines([*lines, f"{end}{end}".join(paragraphs), end])


def _levels_like(file: SourceFile, like: str | None) -> Iterator[int]:
    line = next((record.source.line for record in file.records() if record.id == like), None)
    yield from (each.span.level for each in file.reading().chosen if each.span.line == line and each.span.level)


def _are_same(found: Sequence[Record], expected: Sequence[Record]) -> bool:
    """Return whether records are the same but for the lines that they stand on."""
    return [_placeless(record) for record in found] == [_placeless(record) for record in expected]


def _placeless(record: Record) -> Record:
    return replace(record, source=replace(record.source, line=0))
