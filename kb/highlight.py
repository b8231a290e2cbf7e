"""The sentence of an answer that answers the query: the one that shares most of its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from kb.answers import Highlight
from kb.text import analyse

# A sentence ends at a line end, a Chinese stop, or a Latin stop before white space. One pass, no backtracking.
_SENTENCE_END = re.compile(r"[。！？；\n]+|[.!?;](?=\s)")


def highlight(query: str, answer_text: str) -> Highlight:
    """Return the sentence with most of the query's distinct words, the earliest among equals."""
    wanted = frozenset(analyse(query))
    spans = list(_sentences(answer_text)) or [(0, len(answer_text))]
    start, end = max(spans, key=lambda span: (len(wanted & _words(answer_text[slice(*span)])), -span[0]))
    return Highlight(start, end, answer_text[start:end])


@lru_cache(maxsize=2_000)  # the same answers are shown again and again; a sentence's words take 5 kB
def _words(sentence: str) -> frozenset[str]:
    return frozenset(analyse(sentence))


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence without the white space around it."""
    start = 0
    for stop in (*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)):
        sentence = text[start:stop]
        if sentence.strip():
            lead = len(sentence) - len(sentence.lstrip())
            yield start + lead, start + len(sentence.rstrip())
        start = stop
