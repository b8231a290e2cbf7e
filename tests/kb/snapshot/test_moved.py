"""Ids that were published once lead to what goes on in their place, for as long as there is such a record."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.evaluation.queries import LabelledQuery, relevant_ids
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record

ONE = make_record("faq/one", "How do I renew a card?", "At the desk, with your old card.")
TWO = make_record("faq/two", "When are you open?", "From nine to six.")
OTHER = make_record("faq/other", "Where do I park?", "Behind the house.")


def leads(folder: Path, encoder: Encoder, *published: Sequence[Record]) -> dict[str, str]:
    """Return what a knowledge base makes of former ids, after each of some publishes one after the other."""
    for records in published:
        build_snapshot(folder, records, encoder)
    with closing(KnowledgeBase.open(folder)) as knowledge:
        return knowledge.moved()


def test_a_record_with_the_same_question_or_the_same_answer_goes_on(encoder: Encoder, tmp_path: Path) -> None:
    asked_otherwise = replace(ONE, id="faq/renew", question="Can my card be renewed?")
    answered_otherwise = replace(TWO, id="hours/open", answer="From ten to five.")
    found = leads(tmp_path, encoder, [ONE, TWO, OTHER], [asked_otherwise, answered_otherwise, OTHER])
    assert found == {"faq/one": "faq/renew", "faq/two": "hours/open"}
    with closing(KnowledgeBase.open(tmp_path)) as knowledge:
        assert knowledge.record("faq/one") is None
        assert knowledge.resolve("faq/one") == asked_otherwise
        assert knowledge.resolve("faq/other") == OTHER
        assert knowledge.resolve("faq/never") is None


def test_a_record_says_itself_what_it_was(encoder: Encoder, tmp_path: Path) -> None:
    joined = make_record("faq/cards", "Everything about cards", "All of it.", was=("faq/one", "faq/two"))
    assert leads(tmp_path, encoder, [ONE, TWO], [joined]) == {"faq/one": "faq/cards", "faq/two": "faq/cards"}


def test_what_is_still_there_leads_nowhere_else(encoder: Encoder, tmp_path: Path) -> None:
    assert leads(tmp_path, encoder, [ONE, replace(TWO, was=("faq/one",))]) == {}


def test_later_publishes_keep_it_and_lead_on(encoder: Encoder, tmp_path: Path) -> None:
    second, third = replace(ONE, id="faq/1b"), replace(ONE, id="faq/1c")
    found = leads(tmp_path, encoder, [ONE, TWO], [second, TWO], [second, TWO, OTHER], [third, TWO, OTHER])
    assert found == {"faq/one": "faq/1c", "faq/1b": "faq/1c"}
    assert leads(tmp_path, encoder, [ONE, TWO, OTHER]) == {"faq/1b": "faq/one", "faq/1c": "faq/one"}, "it came back"


def test_a_successor_that_is_gone_leads_nowhere_until_it_is_back(encoder: Encoder, tmp_path: Path) -> None:
    second = replace(ONE, id="faq/1b")
    assert leads(tmp_path, encoder, [ONE, TWO], [second, TWO], [TWO]) == {}
    assert leads(tmp_path, encoder, [second, TWO]) == {"faq/one": "faq/1b"}


def test_publishing_the_same_again_changes_nothing(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path, [ONE, TWO], encoder)
    renamed = [replace(ONE, id="faq/1b"), TWO]
    first = build_snapshot(tmp_path, renamed, encoder)
    again = build_snapshot(tmp_path, renamed, encoder)
    assert (first.changed, again.changed, again.snapshot) == (True, False, first.snapshot)


@pytest.mark.parametrize("names", [("faq/one",), ("How do I renew a card?",)])
def test_labelled_queries_may_go_on_naming_it(encoder: Encoder, tmp_path: Path, names: tuple[str, ...]) -> None:
    leads(tmp_path, encoder, [ONE, TWO], [replace(ONE, id="faq/1b"), TWO])
    with closing(KnowledgeBase.open(tmp_path)) as knowledge:
        assert relevant_ids(knowledge, [LabelledQuery("renew?", names, "en")]) == (frozenset({"faq/1b"}),)
