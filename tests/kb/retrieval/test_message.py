"""Messages: several questions in one, and a question behind a preface."""

from __future__ import annotations

import pytest

from faqkb.kb.answers import Status
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval.message import asking_sentences

LABELS = "Do labels have to start from zero?"
SHM = "Why does training in Docker run out of shared memory?"


@pytest.mark.parametrize(
    ("message", "asking"),
    [
        (f"{LABELS} {SHM}", (LABELS, SHM)),
        ("昨天升级了 v1.2.3。标签必须从零开始吗？Docker 里共享内存不够怎么办", None),
        ("how do I renew my card", ()),
        ("My training is stuck. What can I do?", ()),  # the question alone says nothing
        ("Traceback (most recent call last):\n  a\n  b\nValueError: what is this? why is it?\n", ()),
        ("?" * 5000, ()),
        ("", ()),
        (". ".join(["Is this a question of mine"] * 40), ()),
    ],
)
def test_sentences_that_ask_are_told_from_those_that_tell(message: str, asking: tuple[str, ...] | None) -> None:
    if asking is None:
        asking = ("标签必须从零开始吗？", "Docker 里共享内存不够怎么办")
    assert asking_sentences(message) == asking


def test_several_questions_get_an_answer_each(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask(f"{LABELS} {SHM}")
    alone = [knowledge.ask(question) for question in (LABELS, SHM)]
    assert answer.read_as == LABELS
    assert [each.hits[0].record.id for each in (answer, *answer.others)] == [each.hits[0].record.id for each in alone]
    document = answer.to_json()
    assert document["question"].startswith("Do labels")
    assert [other["understood_as"] for other in document["others"]] == [SHM]


def test_a_preface_does_not_hide_the_question(knowledge: KnowledgeBase) -> None:
    preface = "Hello everyone, we moved to a new office last month and half of the machines are still in boxes. "
    preface += "The weather is fine and the coffee machine works again, which cheered everybody up. "
    answer = knowledge.ask(preface + LABELS)
    assert answer.status is Status.ANSWERED
    assert answer.read_as == LABELS
    assert answer.others == ()


def test_two_ways_of_asking_one_thing_are_one_question(knowledge: KnowledgeBase) -> None:
    answer = knowledge.ask(f"{LABELS} Must the first class of the label file be number zero?")
    assert answer.others == ()
    assert answer.hits[0].record.id == knowledge.ask(LABELS).hits[0].record.id


def test_where_nothing_asks_the_last_sentence_is_read_alone() -> None:
    told = "We moved to a new office last month. The export stops halfway with an error"
    assert asking_sentences(told) == ("The export stops halfway with an error",)
    assert asking_sentences("The export stops halfway with an error. Thanks") == ()
