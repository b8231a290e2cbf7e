"""Asking: three states, one confidence, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from faqkb.ingest import parse_document
from faqkb.kb.answers import LIKELY, Reason, Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import InvalidQuery, SnapshotDamaged
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Filter

OUT_OF_SCOPE = [
    "今天晚上吃什么好",
    "How do I renew my passport?",
    "minikube 启动失败提示虚拟化没开",
    "who won the match last night",
]


UNSURE = ["docker out of shared memory", "Docker 容器怎么开机自启动", "标签", "训练", "inference 慢", "模型", "精度低"]


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("docker 里训练报 Blocking queue is killed 怎么办", "Q1.3"),
        ("导出的 inference 模型精度很低", "Q1.1"),
        ("training in docker fails with bus error in the data loader", "Q1.3"),
        ("Do labels have to start from zero?", "Q2.1"),
    ],
)
def test_a_question_in_other_words_finds_its_record(knowledge: KnowledgeBase, question: str, label: str) -> None:
    assert knowledge.ask(question).hits[0].record.id.endswith(f"/{label}")


def test_every_stored_question_is_answered_by_its_own_record(knowledge: KnowledgeBase) -> None:
    for record in knowledge.records(limit=100):
        answer = knowledge.ask(record.question)
        assert (answer.status, answer.hits[0].record.id) == (Status.ANSWERED, record.id)


def test_a_remembered_question_is_answered_as_the_first_time(kb_folder: Path, knowledge: KnowledgeBase) -> None:
    remembering = KnowledgeBase.open(kb_folder, remembered=4)
    questions = [("docker", ()), ("docker", ("no such tag",)), ("Docker", ()), ("?", ()), ("x" * 500, ())]
    for text, tags in [*questions, *questions]:
        again, plain = (kb.ask(text, filter=Filter(tags=tags)) for kb in (remembering, knowledge))
        assert replace(again, took_ms=0) == replace(plain, took_ms=0)
        assert remembering.search(text, limit=2, filter=Filter(tags=tags)) == knowledge.search(
            text, limit=2, filter=Filter(tags=tags)
        )
    remembering.close()


@pytest.mark.parametrize("question", OUT_OF_SCOPE)
def test_an_unrelated_question_is_not_answered(knowledge: KnowledgeBase, question: str) -> None:
    answer = knowledge.ask(question)
    assert answer.status is Status.NO_ANSWER
    assert answer.no_answer is not None
    assert answer.no_answer.reason is Reason.NOT_CONFIDENT
    assert all(near.confidence >= 0.05 for near in answer.no_answer.suggestions)


def test_the_askers_language_comes_first(knowledge: KnowledgeBase) -> None:
    assert knowledge.ask("class imbalance in the training set").hits[0].record.language == "en"
    assert knowledge.ask("训练集类别不均衡").hits[0].record.language == "zh"


def test_two_records_of_one_language_are_no_translations(
    encoder: Encoder, knowledge: KnowledgeBase, tmp_path: Path
) -> None:
    record = next(entry for entry in knowledge.records(limit=100) if entry.language == "zh")
    copies = [replace(record, id=f"{folder}faq/Q1") for folder in ("", "cn/")]
    build_snapshot(tmp_path, copies, encoder)
    opened = KnowledgeBase.open(tmp_path)
    answer = opened.ask(record.question)
    opened.close()
    assert answer.status is Status.AMBIGUOUS, "both fit equally well, and neither stands for the other"


def test_confidence_does_not_depend_on_how_many_are_asked_for(knowledge: KnowledgeBase) -> None:
    question = "docker 共享内存不足 bus error"
    few, many = knowledge.ask(question, top_k=1), knowledge.ask(question, top_k=20)
    assert few.confidence == many.confidence
    assert many.hits[0].confidence == few.hits[0].confidence


def test_confidence_falls_with_rank_and_is_a_probability(knowledge: KnowledgeBase) -> None:
    confidences = [hit.confidence for hit in knowledge.search("C++ 预测怎么加速", limit=20)]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0.0 <= confidence <= 1.0 for confidence in confidences)


def test_search_has_the_order_of_ask(knowledge: KnowledgeBase) -> None:
    question = "docker 里训练报 Blocking queue is killed 怎么办"
    asked = [hit.record.id for hit in knowledge.ask(question, top_k=5).hits]
    assert asked == [hit.record.id for hit in knowledge.search(question, limit=5)]


def test_a_lower_threshold_answers_more_and_a_higher_one_less(knowledge: KnowledgeBase) -> None:
    question = "显卡驱动怎么装"
    assert knowledge.ask(question, min_confidence=0.0).status is Status.ANSWERED
    assert knowledge.ask(question, min_confidence=1.0).status is not Status.ANSWERED


def test_an_ambiguous_question_gets_two_choices_even_when_one_hit_was_asked_for(knowledge: KnowledgeBase) -> None:
    question = "docker 里训练报 Blocking queue is killed 怎么办"
    answer = knowledge.ask(question, top_k=1, min_confidence=1.0)
    assert answer.status is Status.AMBIGUOUS
    assert len(answer.hits) == 2
    assert {hit.record.language for hit in answer.hits} == {"zh"} or len(
        {hit.record.id[-4:] for hit in answer.hits}
    ) == 2


@pytest.mark.parametrize("question", ["", "   ", "？！", "\x00", "..."])
def test_an_empty_question_is_told_apart(knowledge: KnowledgeBase, question: str) -> None:
    answer = knowledge.ask(question)
    assert answer.no_answer is not None
    assert answer.no_answer.reason is Reason.EMPTY_QUESTION


@pytest.mark.parametrize(
    "question",
    ["ﷺ" * 1000, "a" * 1_000_000, "\ud800", "🙂🙂", "مرحبا كيف", "慢", "'; DROP TABLE records; --", '" OR "'],
)
def test_no_question_breaks_it(knowledge: KnowledgeBase, question: str) -> None:
    document = knowledge.ask(question).to_json(explain=True)
    assert document["status"] in {"answered", "ambiguous", "no_answer"}


@pytest.mark.parametrize("parameters", [{"top_k": 0}, {"top_k": 21}, {"min_confidence": 1.5}])
def test_parameters_out_of_range_are_refused(knowledge: KnowledgeBase, parameters: dict[str, object]) -> None:
    with pytest.raises(InvalidQuery, match=r"got .* expected"):
        knowledge.ask("共享内存", **parameters)  # type: ignore[arg-type]


def test_the_highlight_is_part_of_the_answer(knowledge: KnowledgeBase) -> None:
    hit = knowledge.ask("docker 里 /dev/shm 默认多大").hits[0]
    mark = hit.highlight
    assert hit.record.answer_text[mark.start : mark.end] == mark.text
    assert "64" in mark.text


@pytest.mark.parametrize(
    ("question", "row"),
    [("how long can I borrow a violin", "Musical instruments 6 weeks"), ("how many days for a film", "DVDs 7 days")],
)
def test_a_row_of_a_table_is_marked_for_its_column_and_no_heading(
    question: str, row: str, encoder: Encoder, tmp_path: Path
) -> None:
    rows = ("Item | Loan period", "--- | ---", "Books | 3 weeks", "DVDs | 7 days", "Musical instruments | 6 weeks")
    table = "\n".join(f"| {row} |" for row in rows)
    markdown = f"# FAQ\n\n## How long may I borrow things?\n\nLoan periods begin on the day you borrow.\n\n{table}\n"
    build_snapshot(tmp_path, parse_document(markdown, "faq.md").records, encoder)
    with closing(KnowledgeBase.open(tmp_path)) as knowledge:
        assert knowledge.search(question)[0].highlight.text == row


def test_a_choice_that_hardly_answers_has_no_marked_sentence(knowledge: KnowledgeBase) -> None:
    hits = [hit for question in UNSURE for hit in knowledge.ask(question, min_confidence=0.99).hits]
    assert {bool(hit.highlight.text) for hit in hits if hit.confidence >= LIKELY} == {True}
    assert {bool(hit.highlight.text) for hit in hits if hit.confidence < LIKELY} == {False}


def test_a_tag_limits_the_records(knowledge: KnowledgeBase) -> None:
    tag = next(record.tags[0] for record in knowledge.records(limit=100) if record.tags)
    assert all(tag in hit.record.tags for hit in knowledge.search("训练", limit=20, filter=Filter(tags=(tag,))))
    nothing = knowledge.ask("训练", filter=Filter(tags=("no-such-tag",))).no_answer
    assert nothing is not None
    assert nothing.reason is Reason.EMPTY_INDEX


def test_threads_get_the_answers_of_one_thread(knowledge: KnowledgeBase) -> None:
    questions = [record.question[:20] for record in knowledge.records(limit=100)] * 3
    serial = [knowledge.ask(question).confidence for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: knowledge.ask(question).confidence, questions)) == serial


@pytest.fixture
def empty(encoder: Encoder, tmp_path: Path) -> Iterator[KnowledgeBase]:
    build_snapshot(tmp_path, (), encoder)
    opened = KnowledgeBase.open(tmp_path)
    yield opened
    opened.close()


def test_a_knowledge_base_without_records_says_so(empty: KnowledgeBase) -> None:
    answer = empty.ask("共享内存")
    assert answer.no_answer is not None
    assert answer.no_answer.reason is Reason.EMPTY_INDEX
    assert answer.confidence == 0.0


def test_the_next_snapshot_takes_the_encoder_over(encoder: Encoder, kb_folder: Path, tmp_path: Path) -> None:
    before = KnowledgeBase.open(kb_folder)
    build_snapshot(tmp_path, before.records(limit=3), encoder)
    after = KnowledgeBase.open(tmp_path, before=before)
    before.close()
    answer = after.ask(after.records(limit=1)[0].question)
    after.close()
    assert answer.status is Status.ANSWERED
    assert after._encoder is before._encoder


def test_swapped_files_are_not_served(encoder: Encoder, kb_folder: Path, tmp_path: Path) -> None:
    """Index and records of two builds, each whole, do not go together."""
    import shutil

    shutil.copytree(kb_folder, tmp_path / "kb")
    build_snapshot(tmp_path / "other", (), encoder)
    index = next((tmp_path / "kb").glob("snapshots/*/passages.faiss"))
    index.write_bytes(next((tmp_path / "other").glob("snapshots/*/passages.faiss")).read_bytes())
    with pytest.raises(SnapshotDamaged, match=r"passages\.faiss"):
        KnowledgeBase.open(tmp_path / "kb")
