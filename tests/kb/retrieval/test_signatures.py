"""Known errors: found by their words, and the records they belong to come first."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_support import make_record

from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.check_header import parse_check
from faqkb.kb.checks import Signature
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Filter
from faqkb.kb.retrieval.signatures import KNOWN_ERROR_CONFIDENCE, known_error

FULL = Signature("disk-full", ("No space left on device", "write … failed: ENOSPC"), ("faq/disk",))
SLOW = Signature("slow", ("took too long",))
SCRIPT = """# /// script
# [tool.faq-check]
# id = "disk"
# title = "Is there room?"
# [[tool.faq-check.signatures]]
# error = "disk-full"
# words = ["E1234 quota"]
# answers = ["faq/disk", "faq/gone"]
# ///
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("OSError: [Errno 28] no space LEFT on device: 'x'", "disk-full"),
        ("OSError: No space\n    left  on\tdevice", "disk-full"),
        ("write(3) to checkpoint failed: ENOSPC", "disk-full"),
        ("failed: ENOSPC in write", None),
        (f"write {'x' * 500} failed: ENOSPC", None),
        (f"write {'x' * 500} write failed: ENOSPC", "disk-full"),
        ("it took too long, no space left on device", "disk-full"),
        ("it took too long", "slow"),
        ("", None),
    ],
)
def test_words_decide_the_first_signature_first(text: str, error: str | None) -> None:
    known = known_error(text, [FULL, SLOW])
    assert (known and known.error) == error


@given(st.text(), st.text())
def test_words_are_found_wherever_they_stand(before: str, after: str) -> None:
    known = known_error(f"{before} took too long {after}", [SLOW])
    assert known is SLOW


def test_a_text_made_to_take_long_does_not() -> None:
    evil = Signature("evil", ("ab … ab … ab … c",))
    started = time.process_time()
    known_error("ab " * 200_000, [evil])
    assert time.process_time() - started < 5


@pytest.fixture(scope="module")
def small(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory):
    """Two records, and a check that knows an error of one of them."""
    folder = tmp_path_factory.mktemp("small")
    records = [make_record("faq/disk", "How much room is needed?"), make_record("faq/fan", "Why is the fan loud?")]
    build_snapshot(folder, records, encoder, checks=[parse_check(SCRIPT.encode(), "disk")])
    knowledge = KnowledgeBase.open(folder)
    yield knowledge
    knowledge.close()


def test_a_known_error_raises_its_record_however_long_the_log(small: KnowledgeBase) -> None:
    log = "epoch 1\n" * 1000 + "E1234 quota\n" + "shutting down the fan\n" * 50
    answer = small.ask(log)
    assert (answer.status, answer.hits[0].record.id) == (Status.ANSWERED, "faq/disk")
    assert answer.hits[0].confidence >= KNOWN_ERROR_CONFIDENCE
    assert answer.hits[0].explanation.known_error
    assert all(hit.confidence <= 1 - KNOWN_ERROR_CONFIDENCE + 1e-9 for hit in answer.hits[1:])


def test_the_same_log_without_the_error_is_not_raised(small: KnowledgeBase) -> None:
    answer = small.ask("epoch 1\n" * 1000 + "E9999 other\n")
    assert answer.confidence < KNOWN_ERROR_CONFIDENCE


def test_search_keeps_the_order_of_ask(small: KnowledgeBase) -> None:
    assert [hit.record.id for hit in small.search("the fan is loud: E1234 quota")] == ["faq/disk", "faq/fan"]


def test_tags_still_decide_what_may_answer(encoder: Encoder, tmp_path: Path) -> None:
    records = [
        make_record("faq/disk", "How much room is needed?", tags=("a",)),
        make_record("faq/fan", "Why is the fan loud?", tags=("b",)),
    ]
    build_snapshot(tmp_path, records, encoder, checks=[parse_check(SCRIPT.encode(), "disk")])
    knowledge = KnowledgeBase.open(tmp_path)
    try:
        assert "faq/disk" not in {hit.record.id for hit in knowledge.search("E1234 quota", filter=Filter(tags=("b",)))}
    finally:
        knowledge.close()


def test_checks_survive_the_store(small: KnowledgeBase) -> None:
    (check,) = small.checks()
    assert check == parse_check(SCRIPT.encode(), "disk")
    assert small.check("disk") == check
    assert small.check("other") is None
    bound = replace(make_record("x", "y"), checks=("disk", "unknown"))
    assert small.checks_of(bound) == (check.link,)
