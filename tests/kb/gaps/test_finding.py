"""Gaps of a real knowledge base: what closes, what is suggested, and votes for records that were renamed since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.gaps.finding import find_gaps
from faqkb.kb.gaps.gap import ALT_CHARS, ALTS, Gap, Remedy, digest_of
from faqkb.kb.gaps.missed import Missed
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder

AT = "2026-11-25T06:00:00.000Z"


def missed(question: str, weight: float = 1.0, **more) -> Missed:
    known = {"no_answer": 1, "ambiguous": 0, "chosen": {}, "against": {}}
    return Missed(question, weight, first=AT, last=AT, **(known | more))


@pytest.fixture(scope="module")
def knowledge(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder: Path = tmp_path_factory.mktemp("finding")
    records = [
        make_record("faq/loan", "How do I renew a loan?", alternates=("keep a book longer",)),
        make_record("faq/hours", "When are you open?"),
        make_record("faq/card", "How do I get a library card?"),
    ]
    build_snapshot(folder, records, encoder)
    with closing(KnowledgeBase.open(folder)) as opened:
        yield opened


def test_what_is_answered_or_stands_beside_a_record_by_now_closes(knowledge):
    found = find_gaps(
        knowledge, [missed("How do I renew a loan"), missed("Keep a book longer!"), missed("3d printer?")]
    )
    assert ([gap.question for gap in found.open], found.closed) == (["3d printer?"], 2)


def test_an_answer_that_readers_voted_against_stays_open_while_it_is_given(knowledge):
    against = missed("When are you open?", no_answer=0, against={"faq/hours": 2})
    (gap,) = find_gaps(knowledge, [against]).open
    assert gap.record_id != "faq/hours"


def test_what_readers_opened_is_suggested_whatever_the_confidence(knowledge):
    (gap,) = find_gaps(knowledge, [missed("my novel is not finished yet", chosen={"faq/loan": 1})]).open
    assert (gap.remedy, gap.record_id, gap.nearest[0].chosen) == (Remedy.ALT, "faq/loan", 1)


def test_a_record_that_is_gone_is_suggested_to_nobody(knowledge):
    (gap,) = find_gaps(knowledge, [missed("can I borrow a telescope", chosen={"faq/gone": 9})]).open
    assert all(near.id != "faq/gone" for near in gap.nearest)
    assert gap.remedy is Remedy.NEW


def test_a_rejected_question_hides_its_gap(knowledge):
    question = "can I borrow a telescope"
    found = find_gaps(knowledge, [missed(question)], {digest_of("Can I borrow a telescope?")})
    assert (found.open, found.rejected) == ((), 1)


def test_pastes_and_redacted_words_become_no_wordings():
    texts = ["a" * (ALT_CHARS + 1), "mail [email] about it", *(f"wording {number}" for number in range(9))]
    gap = Gap(tuple(missed(text) for text in texts), (), Remedy.NEW, None)
    assert gap.alternates == tuple(f"wording {number}" for number in range(ALTS))


def test_what_time_is_not_left_for_is_told_and_the_weightiest_come_first(knowledge):
    asked = [missed("can I borrow a telescope"), missed("is there a fax"), missed("where is the toilet")]
    found = find_gaps(knowledge, asked, most=2)
    assert (len(found.open), found.read, found.unread) == (2, 2, 1)
    assert {gap.question for gap in found.open} == {"can I borrow a telescope", "is there a fax"}
    told: list[tuple[int, int]] = []
    find_gaps(knowledge, asked, most=2, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    late = find_gaps(knowledge, asked, seconds=-1.0)
    assert (late.open, late.closed, late.read, late.unread) == ((), 0, 0, 3)
