"""The sentence of an answer that answers the query: the one that shares most of its words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.answers import Highlight
from kb.text import analyse

# A sentence ends at a line end, a Chinese stop, or a Latin stop before white space. One pass, no backtracking.
_SENTENCE_END = re.compile(r"[。！？\n]+|[.!?](?=\s)")


def highlight(query: str, answer_text: str) -> Highlight:
    """Return the sentence with most of the query's distinct words, the earliest among equals."""
    wanted = frozenset(analyse(query))

    def shared_words(span: tuple[int, int]) -> tuple[int, int]:
        sentence = answer_text[slice(*span)].casefold()
        return sum(word in sentence for word in wanted), -span[0]

    start, end = max(_sentences(answer_text), key=shared_words, default=(0, len(answer_text)))
    return Highlight(start, end, answer_text[start:end])


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence without the white space around it."""
    start = 0
    for stop in (*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)):
        sentence = text[start:stop]
        if sentence.strip():
            lead = len(sentence) - len(sentence.lstrip())
            yield start + lead, start + len(sentence.rstrip())
        start = stop
