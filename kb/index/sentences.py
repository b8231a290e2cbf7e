"""The sentences, list items and table rows of an answer, each with its tokens.

Which tokens a sentence is made of is worked out at ingest; they are those of the whole piece of the answer, so a
sentence is read in its context.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faqkb.kb.index.tables import TableRow

# A sentence ends at a line end, a Chinese stop, or a Latin stop before white space. One pass, no backtracking.
_SENTENCE_END = re.compile(r"[。！？；\n]+|[.!?](?=\s)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer's plain text, or the part of one that a piece holds."""

    start: int
    """First character of the sentence."""
    end: int
    """Character after its last."""
    tokens: range
    """Its tokens, counted from the first of the record."""
    header: range = range(0)
    """Tokens of the headings above it, counted so: a row of a table says nothing without them."""


@dataclass(frozen=True, slots=True)
class PieceTokens:
    """A piece of an answer with the characters of its tokens."""

    text: str
    """The piece, as it stands in the answer."""
    spans: Sequence[range]
    """Characters of `text` of each token; of the question in front they lie below 0."""
    first_row: int
    """The first token, counted from the first of the record."""


def sentences_of(answer_text: str, pieces: Sequence[PieceTokens], rows: Sequence[TableRow] = ()) -> Iterator[Sentence]:
    """Yield the sentences of an answer that have tokens, in order; `rows` are those of its tables.

    A row is one sentence, however it is punctuated; the headings of a table state nothing and are none.
    """
    headings = {row.span.start for row in rows if row.is_header}
    header_of = {row.span.start: row.header.start for row in rows if row.header is not None}
    tokens_of_heading: dict[int, range] = {}
    for start, end, tokens in _bounds_with_tokens(answer_text, pieces, [row.span for row in rows]):
        if start in headings:
            tokens_of_heading.setdefault(start, tokens)
        else:
            yield Sentence(start, end, tokens, tokens_of_heading.get(header_of.get(start, -1), range(0)))


def _bounds_with_tokens(
    answer_text: str, pieces: Sequence[PieceTokens], whole: Sequence[range]
) -> Iterator[tuple[int, int, range]]:
    """Yield (start, end, token rows) of each sentence, or part of one that a piece holds."""
    bounds = list(_sentence_bounds(answer_text, whole))
    starts = [start for start, _ in bounds]
    end = 0
    for piece in pieces:
        offset = answer_text.index(piece.text, end)
        end = offset + len(piece.text)
        owners = [bisect_right(starts, span.stop - 1 + offset) - 1 if span.start >= 0 else -1 for span in piece.spans]
        for number in sorted(set(owners) - {-1}):
            first = owners.index(number)
            count = owners.count(number)  # tokens are in reading order, so those of a sentence stand together
            yield (*bounds[number], range(piece.first_row + first, piece.first_row + first + count))


def _sentence_bounds(text: str, whole: Sequence[range]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence without the white space around it; lines in `whole` are not cut."""
    start = 0
    inside = [line.start for line in whole]
    for stop in (*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)):
        line = bisect_right(inside, stop - 1) - 1
        if line >= 0 and stop < whole[line].stop:
            continue
        sentence = text[start:stop]
        if sentence.strip():
            lead = len(sentence) - len(sentence.lstrip())
            yield start + lead, start + len(sentence.rstrip())
        start = stop
