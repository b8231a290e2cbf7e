"""How the odds of records with many wordings are shared out."""

from __future__ import annotations

import pytest

from faqkb.kb.fusion import PARTS
from faqkb.kb.retrieval.ranking import ScoredRecord, _shared_by_wordings


def hit(position: int, wordings: float) -> ScoredRecord:
    return ScoredRecord(
        position, 0, str(position), parts=dict.fromkeys(PARTS, 0.0) | {"wordings": wordings}, confidence=0.0
    )


def test_the_classifier_decides_among_records_it_knows_and_gives_them_no_more_together() -> None:
    odds = {0: 4.0, 1: 3.0, 2: 0.5}
    shared = _shared_by_wordings([hit(0, -2.0), hit(1, 3.0), hit(2, 0.0)], odds)
    assert shared[1] > shared[0]
    assert shared[0] + shared[1] == pytest.approx(7.0)
    assert shared[2] == 0.5  # has few wordings


def test_one_record_with_many_wordings_keeps_its_odds() -> None:
    odds = {0: 4.0, 1: 3.0}
    assert _shared_by_wordings([hit(0, 2.0), hit(1, 0.0)], odds) == odds
