"""Questions as people type them: in capitals, with swapped or doubled letters, in another language."""

from __future__ import annotations

import pytest

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval.spelling import as_meant

STORED = {"docker", "kubectl", "juicefs", "labels", "shm"}


def meant(text: str) -> str:
    return as_meant(text, lambda word: int(word in STORED))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("wheer are the logs writtne", "where are the logs written"),
        ("my dokcer container is slow", "my docker container is slow"),
        ("the adress was occured twice", "the address was occurred twice"),
        ("HOW DO I CANCEL MY ORDER", "how do i cancel my order"),
        ("dokcer 里训练报错", "docker 里训练报错"),
    ],
)
def test_a_typing_error_is_read_as_it_was_meant(typed: str, read: str) -> None:
    assert meant(typed) == read


@pytest.mark.parametrize(
    "text",
    [
        "kubectl cannot reach juicefs",  # stored names are no typing errors, whatever they are one swap from
        "does numpy read a .npz of tpu weights",  # strangers' names either
        "set num_wokrers in dataloadre.py to --wokrers=4",  # identifiers, files and options are copied, not typed
        "CUDA OOM",  # a name in capitals
        "Fehler beim Satrten des Dienstes, was kann ich tun",  # English says nothing of German
        "训练时 NaN 是什么原因",
        "",
        "é" * 500,
    ],
)
def test_what_may_be_meant_as_it_stands_is_left_alone(text: str) -> None:
    assert meant(text) == text


def test_a_question_full_of_errors_takes_no_time_and_is_not_rewritten_whole() -> None:
    text = " ".join(f"zxqv{'w' * (at % 7)}jk" for at in range(200))
    assert meant(text) == text


def test_the_reader_is_told_how_the_question_was_read(knowledge: KnowledgeBase) -> None:
    typed = knowledge.ask("do labels haev to strat from zero?")
    assert (typed.question, typed.read_as) == (
        "do labels haev to strat from zero?",
        "do labels have to start from zero?",
    )
    assert typed.hits[0].record.id == knowledge.ask(typed.read_as).hits[0].record.id
