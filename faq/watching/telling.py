"""A round in one line."""

from __future__ import annotations

from faqkb.faq.showing.differences import difference_sentence
from faqkb.faq.watching.rounds import Round


def round_sentence(told: Round) -> str:
    """Return what a round published, one that did."""
    assert told.published is not None  # noqa: S101 - the caller asks of a round that published
    if not told.published.changed:
        return f"unchanged {told.published.snapshot}"
    changes = f": {difference_sentence(told.changes)}" if told.changes else ""
    return f"published {told.published.snapshot}{changes}"
