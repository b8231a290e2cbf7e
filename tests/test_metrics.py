"""Measures against figures worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from kb import metrics
from kb.encoder import Encoder
from kb.errors import ContentError
from kb.evaluation import evaluate, read_queries
from kb.knowledge import KnowledgeBase
from kb.metrics import Outcome


def outcome(
    *ranks: int, relevant: int = 1, confidence: float = 0.5, answered: bool = False, choices: int = 0
) -> Outcome:
    return Outcome(relevant > 0, ranks, relevant, confidence, answered, choices)


OUTCOMES = (
    outcome(1, confidence=0.9, answered=True),
    outcome(2, 4, relevant=2, confidence=0.8, answered=True),
    outcome(3, confidence=0.6, choices=3),
    outcome(12, confidence=0.4, choices=2),
    outcome(relevant=0, confidence=0.3, choices=2),
    outcome(relevant=0, confidence=0.7, answered=True),
)


def test_recall_counts_queries_with_a_relevant_record_in_reach() -> None:
    assert [metrics.recall_at_k(OUTCOMES, k) for k in (1, 3, 10)] == [0.25, 0.75, 0.75]


def test_mean_reciprocal_rank() -> None:
    assert metrics.mean_reciprocal_rank(OUTCOMES) == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 12) / 4)


def test_ndcg_rewards_both_relevant_records() -> None:
    second = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert metrics.ndcg_at_10(OUTCOMES) == pytest.approx((1 + second + 1 / 2 + 0) / 4)


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    assert metrics.auroc(OUTCOMES) == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert metrics.auroc(OUTCOMES[:4]) is None


def test_calibration_error_of_a_coin_that_is_sure() -> None:
    assert metrics.expected_calibration_error([outcome(1, confidence=1.0), outcome(2, confidence=1.0)]) == 0.5
    assert metrics.expected_calibration_error([outcome(1, confidence=0.5), outcome(2, confidence=0.5)]) == 0.0


def test_coverage_stops_where_precision_falls() -> None:
    assert metrics.coverage_at_precision(OUTCOMES, 0.9) == 0.25
    assert metrics.coverage_at_precision(OUTCOMES, 0.5) == 0.5


def test_states_are_counted_as_the_reader_sees_them() -> None:
    assert metrics.answered_precision(OUTCOMES) == pytest.approx(1 / 3)
    assert metrics.answered_coverage(OUTCOMES) == 0.5
    assert metrics.shown_right(OUTCOMES) == 0.5
    assert (metrics.false_answers(OUTCOMES), metrics.false_choices(OUTCOMES)) == (0.5, 0.5)


def test_stored_questions_are_found_by_id_and_by_text(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    records = knowledge.records(limit=100)
    lines = [{"query": record.question, "relevant": [record.id]} for record in records]
    lines += [{"query": record.question, "relevant": [f"`{record.question}`"], "lang": "xx"} for record in records]
    lines += [{"query": "今天晚上吃什么好", "relevant": []}]
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    report = evaluate(knowledge, read_queries(tmp_path / "q.jsonl")).to_json()
    assert (report["n"], report["n_out_of_scope"], report["recall@1"], report["unknown_relevant"]) == (41, 1, 1.0, [])
    assert set(report["by_language"]) == {"en", "zh", "xx"}
    assert (report["answered_precision"], report["false_answers"]) == (1.0, 0.0)


def test_an_entry_that_no_record_goes_by_is_named(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"query": "共享内存", "relevant": ["gone/Q9"]}\n')
    report = evaluate(knowledge, read_queries(tmp_path / "q.jsonl")).to_json()
    assert (report["unknown_relevant"], report["mrr"]) == (["gone/Q9"], 0.0)


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"query": 1, "relevant": []}', '{"query": "x"}', "\x00", "[" * 5000]
)
def test_a_broken_query_file_is_named_by_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "q.jsonl").write_text(content)
    with pytest.raises(ContentError, match=r"q\.jsonl"):
        read_queries(tmp_path / "q.jsonl")


def test_the_development_queries_keep_their_level(shared_data: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Five files of 138 real records; the figures that the README reports, with room for another processor."""
    from ingest import read_sources
    from kb.build import build_snapshot

    files = sorted((shared_data / "data/corpora/PaddlePaddle+PaddleClas").glob("docs__zh_CN__FAQ__*.md"))
    build_snapshot(tmp_path, read_sources(files).records, encoder)
    knowledge = KnowledgeBase.open(tmp_path)
    dev = shared_data / "data/dev"
    queries = read_queries(dev / "paddleclas_queries.jsonl") + read_queries(dev / "oos.jsonl")
    report = evaluate(knowledge, queries).to_json()
    knowledge.close()
    assert report["unknown_relevant"] == []
    assert report["recall@1"] >= 0.7
    assert report["auroc"] >= 0.92
    assert report["answered_precision"] >= 0.85
