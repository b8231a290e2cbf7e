"""The sentence or list item of an answer that answers the query: the one that late interaction scores highest.

`docs/quality.md` has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from faqkb.kb.answers import Highlight
from faqkb.kb.index.late_interaction import TokenIndex
from faqkb.kb.index.sentences import Sentence
from faqkb.kb.vectors import TokenVectors


def highlight(query: TokenVectors, answer_text: str, sentences: Sequence[Sentence], index: TokenIndex) -> Highlight:
    """Return the sentence that answers best, the earliest among equals; all of an answer without sentences."""
    if not sentences:
        return Highlight(0, len(answer_text), answer_text)
    best = sentences[int(np.argmax(index.scores(query, [sentence.tokens for sentence in sentences])))]
    return Highlight(best.start, best.end, answer_text[best.start : best.end])
