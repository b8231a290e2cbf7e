"""What is asked in Milvus is answered as from files: same records, same confidence, same pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from milvus_support import CONFIDENCE_TOLERANCE, stored_in_lite
from server_support import make_record

from faqkb.kb.answers import Answer
from faqkb.kb.building import token_files
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.opening import MilvusBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import EVERY_RECORD, Filter
from faqkb.kb.snapshot.published import open_current

QUESTIONS = (
    "docker 里训练报 Blocking queue is killed 怎么办",
    "how do I save a model",
    "显存不够",
    "shared memory is too small",
    "what is the weather like",
    "Q1.3",
    "学习率怎么设",
    "bus error",
    "how to resume training",
    "怎么导出模型",
    "CUDA out of memory",
    "inferance is slow on cpu",
    "多卡训练卡住",
    "hello",
    "数据集格式",
)


@pytest.fixture(scope="module")
def remote(kb_folder: Path, model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    file = tmp_path_factory.mktemp("lite") / "faq.db"
    with closing(stored_in_lite(kb_folder, file)):
        base = MilvusBase(MilvusAddress(str(file)), model_folder)
        with closing(base), closing(base.open()) as knowledge:
            yield knowledge


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_from_milvus_is_that_from_files(
    question: str, knowledge: KnowledgeBase, remote: KnowledgeBase
) -> None:
    assert_same(knowledge, remote, question)


def test_every_stored_question_finds_the_same(knowledge: KnowledgeBase, remote: KnowledgeBase) -> None:
    for record in knowledge.all_records():
        assert_same(knowledge, remote, record.question)


def assert_same(knowledge: KnowledgeBase, remote: KnowledgeBase, question: str, wanted: Filter = EVERY_RECORD) -> None:
    here, there = (each.ask(question, filter=wanted) for each in (knowledge, remote))
    assert without_numbers(here) == without_numbers(there)
    assert confidences(there) == pytest.approx(confidences(here), abs=CONFIDENCE_TOLERANCE)


def without_numbers(answer: Answer) -> dict[str, Any]:
    document = answer.to_json()
    numbers = {"took_ms", "confidence"}
    hits = [{key: value for key, value in hit.items() if key not in numbers} for hit in document["answers"]]
    missing = document["no_answer"] and document["no_answer"] | {
        "suggestions": [each["id"] for each in document["no_answer"]["suggestions"]]
    }
    kept = {key: value for key, value in document.items() if key not in numbers}
    return kept | {"answers": hits, "no_answer": missing}


def confidences(answer: Answer) -> list[float]:
    return [answer.confidence, *(hit.confidence for hit in answer.hits)]


def test_token_vectors_of_several_linked_files_are_found(
    encoder: Encoder, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records that say the same share their token vectors then, and views no longer lie in their order."""
    monkeypatch.setattr(token_files, "_SMALL_BYTES", 0)
    topics = ("shared memory", "learning rates", "exported models", "data loaders", "label files", "mixed precision")
    many = [
        make_record(f"faq/{at}", f"What of {topic}?", f"Look at the page on {topic}. " * 40, alternates=(f"{topic}!",))
        for at, topic in enumerate(topics)
    ]
    build_snapshot(tmp_path / "kb", many, encoder)
    again = replace(many[0], id="faq/again")
    new = make_record("faq/new", "When do you open?", "At nine.")
    build_snapshot(tmp_path / "kb", [new, *reversed(many), again], encoder)
    with closing(open_current(tmp_path / "kb")) as files:
        assert len(files.token_paths) == 2
    file = tmp_path / "faq.db"
    with closing(stored_in_lite(tmp_path / "kb", file)), closing(KnowledgeBase.open(tmp_path / "kb")) as knowledge:
        base = MilvusBase(MilvusAddress(str(file)), model_folder)
        with closing(base), closing(base.open()) as remote:
            for question in ("When do you open?", *(f"tell me of {topic}" for topic in topics)):
                assert_same(knowledge, remote, question)
