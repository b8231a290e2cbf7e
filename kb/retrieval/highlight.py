"""The sentence, list item or table row of an answer that answers the query.

What the record's own question says, its whole answer is about; so a token of the query counts the more the less that
question matches it. A row of a table is read with the headings above it. `docs/quality.md` has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from faqkb.kb.answers import Highlight
from faqkb.kb.index.late_interaction import TokenReader
from faqkb.kb.index.sentences import Sentence
from faqkb.kb.vectors import TokenVectors

_SHARPNESS = 15.0  # a token whose cosine with the question is 0.1 lower counts e^1.5 times as much
NOTHING = Highlight(0, 0, "")


def highlight(
    query: TokenVectors, answer_text: str, sentences: Sequence[Sentence], index: TokenReader, question: range
) -> Highlight:
    """Return the sentence that answers best, the earliest among equals; all of an answer without sentences.

    `question` are the token rows of the record's question, with which the record begins.
    """
    if not sentences:
        return Highlight(0, len(answer_text), answer_text)
    headings = sorted({(own.header.start, own.header.stop) for own in sentences if own.header})
    first = question.start
    inside = [*(own.tokens for own in sentences), *(range(*heading) for heading in headings)]
    spans = [*(range(first + own.start, first + own.stop) for own in inside), question]
    matches = index.matches(query, spans)
    of_sentences, of_headings, known = matches[: len(sentences)], matches[len(sentences) : -1], matches[-1]
    for at, own in enumerate(sentences):
        if own.header:
            heading = of_headings[headings.index((own.header.start, own.header.stop))]
            of_sentences[at] = np.maximum(of_sentences[at], heading)
    weights = np.exp(-_SHARPNESS * (known - known.min()))
    best = sentences[int(np.argmax(of_sentences @ weights))]
    return Highlight(best.start, best.end, answer_text[best.start : best.end])
