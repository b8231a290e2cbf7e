"""How answers of several knowledge bases become one."""

from __future__ import annotations

from typing import Any

import pytest

from faqkb.server.bases.merging import Said, merge_answers, merge_hits, shown_records


def said(base: str, status: str, *confidences: float, near: tuple[float, ...] = ()) -> Said:
    no_answer: dict[str, Any] | None = None
    if status == "no_answer":
        suggestions = [{"id": f"{base}{at}", "confidence": each} for at, each in enumerate(near)]
        no_answer = {"reason": "not_confident", "message": "", "suggestions": suggestions}
    entries = [{"id": f"{base}{at}", "confidence": each} for at, each in enumerate(confidences)]
    best = max((*confidences, *near), default=0.0)
    return Said(base, {"status": status, "confidence": best, "answers": entries, "no_answer": no_answer})


def shown(merged: Any) -> list[str]:
    return [entry["id"] for _, entry in merged.answers]


def test_the_surest_record_comes_first_whichever_base_it_is_of():
    merged = merge_answers([said("a", "answered", 0.8, 0.1), said("b", "answered", 0.9, 0.3)], 3)
    assert (merged.status, shown(merged), merged.confidence) == ("answered", ["b0", "a0", "b1"], 0.9)


def test_of_two_that_are_equally_sure_the_base_named_first_comes_first():
    assert shown(merge_answers([said("b", "answered", 0.9), said("a", "answered", 0.9)], 2)) == ["b0", "a0"]


@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        (said("a", "answered", 0.9), said("b", "no_answer"), "answered"),
        (said("a", "ambiguous", 0.6, 0.5), said("b", "answered", 0.9), "answered"),
        (said("a", "ambiguous", 0.8, 0.5), said("b", "answered", 0.7), "ambiguous"),
        (said("a", "ambiguous", 0.6, 0.5), said("b", "no_answer", near=(0.2,)), "ambiguous"),
        (said("a", "no_answer"), said("b", "no_answer"), "no_answer"),
    ],
)
def test_the_base_of_the_first_record_says_whether_it_is_an_answer(one, other, status):
    assert merge_answers([one, other], 3).status == merge_answers([other, one], 3).status == status


def test_an_ambiguous_question_has_two_choices_at_least():
    assert len(merge_answers([said("a", "ambiguous", 0.6, 0.5, 0.4)], 1).answers) == 2


def test_where_nothing_answers_what_is_near_comes_from_all():
    merged = merge_answers([said("a", "no_answer", near=(0.1, 0.05)), said("b", "no_answer", near=(0.2,))], 2)
    assert [entry["id"] for _, entry in merged.suggestions] == ["b0", "a0"]


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ([said("a", "answered", 0.9), said("b", "no_answer")], {"a"}),
        ([said("a", "ambiguous", 0.6, 0.5), said("b", "ambiguous", 0.55, 0.5), said("c", "no_answer")], {"a", "b"}),
        ([said("a", "no_answer"), said("b", "no_answer")], {"a", "b"}),
    ],
)
def test_a_question_counts_where_it_was_answered_or_everywhere_in_vain(told, asked):
    assert merge_answers(told, 4).asked == asked


def test_hits_are_in_one_order_and_no_more_than_asked_for():
    found = [("a", [{"confidence": 0.5}, {"confidence": 0.1}]), ("b", [{"confidence": 0.3}])]
    assert [(base, hit["confidence"]) for base, hit in merge_hits(found, 2)] == [("a", 0.5), ("b", 0.3)]


def test_beside_the_first_record_those_in_its_language_are_shown_that_are_sure_enough():
    answers = [
        ("a", {"id": "a0", "confidence": 0.1, "language": "en"}),
        ("b", {"id": "b0", "confidence": 0.4, "language": "zh"}),
        ("b", {"id": "b1", "confidence": 0.15, "language": "en"}),
        ("a", {"id": "a1", "confidence": 0.14, "language": "en"}),
    ]
    assert [entry["id"] for _, entry in shown_records(answers, 0.15)] == ["a0", "b1"]
    assert shown_records([], 0.15) == []
