"""Known errors in a pasted text: which class of error it shows, by words that stand in it as they are.

No pattern of anybody's is compiled: a text is only looked through for words, so no text takes long.
"""

from __future__ import annotations

from collections.abc import Sequence

from faqkb.kb import limits
from faqkb.kb.checks import Signature

# The record was right for 31 of 31 held-out error texts whose class has one: (31 + 1) / (31 + 2), Laplace's rule.
KNOWN_ERROR_CONFIDENCE = 0.97
_GAP = " … "  # between words of a signature: anything else, for a line or two
_GAP_CHARS = 200


def known_error(text: str, signatures: Sequence[Signature]) -> Signature | None:
    """Return the first signature whose words the text holds; of a long text only the end is read.

    Case, line breaks and runs of white space do not count.
    """
    folded = " ".join(text[-limits.SIGNATURE_CHARS :].casefold().split())
    return next((known for known in signatures if any(_holds(folded, words) for words in known.words)), None)


def _holds(folded: str, words: str) -> bool:
    first, *others = words.casefold().split(_GAP)
    start = folded.find(first)
    while start >= 0:
        if _followed(folded, start + len(first), others):
            return True
        start = folded.find(first, start + 1)
    return False


def _followed(folded: str, at: int, parts: Sequence[str]) -> bool:
    """Say whether the parts come in order, each near the one before."""
    for part in parts:
        found = folded.find(part, at, at + _GAP_CHARS + len(part))
        if found < 0:
            return False
        at = found + len(part)
    return True
