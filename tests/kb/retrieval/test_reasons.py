"""Why a record won, or why nothing is said."""

from __future__ import annotations

import pytest

from faqkb.kb.answers import Status
from faqkb.kb.knowledge import KnowledgeBase


def test_a_word_that_no_record_mentions_is_named(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask("How do I renew my passport?")
    assert answer.status is Status.NO_ANSWER
    assert "*passport*" in answer.why
    assert "no record mentions" in answer.why


def test_what_an_answer_shares_with_the_question_is_named(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask("Do labels have to start from zero?")
    assert answer.why.startswith(f"“{answer.hits[0].record.question}” speaks of ")
    assert "*labels*" in answer.why
    assert "the next record" in answer.why


def test_it_is_told_only_to_who_asks_for_it(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask("Do labels have to start from zero?")
    assert "why" not in answer.to_json()
    assert answer.to_json(explain=True)["why"] == answer.why


@pytest.mark.parametrize("question", ["", "???", "\ufdfa" * 300, "的", "a"])
def test_a_question_of_no_words_needs_no_reason_and_breaks_nothing(knowledge: KnowledgeBase, question: str) -> None:
    assert isinstance(knowledge.ask(question).why, str)
