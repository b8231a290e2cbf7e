"""Labelled queries: how they are read, what they got, which went wrong, and what differs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from faqkb.kb.answers import Status
from faqkb.kb.errors import ContentError
from faqkb.kb.evaluation.comparison import compare
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.plots import draw_plots
from faqkb.kb.evaluation.queries import Asked, Evaluation, LabelledQuery, evaluate, read_queries
from faqkb.kb.knowledge import KnowledgeBase


def asked(rank: int, confidence: float, *, status: Status = Status.ANSWERED, in_scope: bool = True) -> Asked:
    """Return a query whose one relevant record is at a rank; 0 where it was not found."""
    found = tuple("right" if at == rank else f"wrong {at}" for at in range(1, 5))
    relevant = frozenset({"right"}) if in_scope else frozenset()
    query = LabelledQuery(f"query at {rank}", tuple(relevant), "en")
    return Asked(query, Outcome(found, relevant, status, confidence, 0), "first", 1.0)


GOOD = Evaluation("good", (*[asked(1, 0.9)] * 20, asked(0, 0.2, status=Status.NO_ANSWER, in_scope=False)), ())
BAD = replace(GOOD, snapshot="bad", asked=(*[asked(1, 0.9)] * 10, *[asked(3, 0.6)] * 10, GOOD.asked[-1]))


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
    "content",
    [
        "",
        "{",
        "[1]",
        '{"query": 1, "relevant": []}',
        '{"query": "x"}',
        "\x00",
        "[" * 5000,
        r'{"query": "\ud800", "relevant": []}',
    ],
)
def test_a_broken_query_file_is_named_by_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "q.jsonl").write_text(content)
    with pytest.raises(ContentError, match=r"q\.jsonl"):
        read_queries(tmp_path / "q.jsonl")


def test_the_development_queries_keep_their_level(shared_data: Path, paddleclas_folder: Path) -> None:
    """Five files of 138 real records; the figures that the README reports, with room for another processor."""
    knowledge = KnowledgeBase.open(paddleclas_folder)
    dev = shared_data / "data/dev"
    queries = read_queries(dev / "paddleclas_queries.jsonl") + read_queries(dev / "oos.jsonl")
    report = evaluate(knowledge, queries).to_json()
    knowledge.close()
    assert report["unknown_relevant"] == []
    assert report["recall@1"] >= 0.7
    assert report["auroc"] >= 0.92
    assert report["answered_precision"] >= 0.85


def test_a_line_separator_inside_a_query_ends_no_line(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"query": "one\u2028two", "relevant": []}\r\n\n', encoding="utf-8")
    assert [query.query for query in read_queries(tmp_path / "q.jsonl")] == ["one\u2028two"]


def test_every_figure_has_an_interval_around_it() -> None:
    report = BAD.to_json()
    assert report["by_language"]["en"]["intervals"] == report["intervals"]
    for figure, interval in report["intervals"].items():
        assert interval[0] <= report[figure] <= interval[1], figure


def test_near_and_far_queries_are_told_apart() -> None:
    """Both are out of scope; what is answered, and how surely, is told for each, against the same in-scope queries."""
    near, far = (
        [replace(one, query=replace(one.query, kind=kind)) for one in asked_again]
        for kind, asked_again in {
            "near": [asked(0, 0.95, in_scope=False), asked(0, 0.2, status=Status.NO_ANSWER, in_scope=False)],
            "far": [asked(0, 0.1, status=Status.NO_ANSWER, in_scope=False)],
        }.items()
    )
    report = replace(GOOD, asked=(*GOOD.asked[:4], *near, *far)).to_json()
    kinds = report["by_kind"]
    assert {kind: own["n"] for kind, own in kinds.items()} == {"near": 2, "far": 1}
    assert (kinds["near"]["false_answers"], kinds["far"]["false_answers"]) == (0.5, 0.0)
    assert (kinds["near"]["auroc"], kinds["far"]["auroc"]) == (0.5, 1.0)


def test_a_language_without_out_of_scope_queries_has_no_auroc_and_no_interval_of_it() -> None:
    report = replace(GOOD, asked=GOOD.asked[:3]).to_json()
    assert (report["auroc"], report["intervals"]["auroc"], report["intervals"]["false_answers"]) == (None, None, None)


def test_a_miss_tells_what_came_first_and_where_the_right_record_was() -> None:
    miss = asked(3, 0.4, status=Status.AMBIGUOUS)
    assert replace(GOOD, asked=(asked(1, 0.9), miss)).misses == (miss,)
    assert miss.to_json() == {
        "query": "query at 3",
        "lang": "en",
        "relevant": ["right"],
        "status": "ambiguous",
        "confidence": 0.4,
        "first": {"id": "wrong 1", "question": "first"},
        "rank": 3,
    }


@pytest.mark.parametrize(
    ("status", "missed"), [(Status.ANSWERED, True), (Status.AMBIGUOUS, True), (Status.NO_ANSWER, False)]
)
def test_an_out_of_scope_query_is_missed_unless_it_gets_nothing(status: Status, missed: bool) -> None:
    assert asked(0, 0.4, status=status, in_scope=False).missed is missed


def test_a_record_named_twice_is_one_relevant_record(knowledge: KnowledgeBase) -> None:
    record = knowledge.records(limit=1)[0]
    twice = LabelledQuery(record.question, (record.id, record.question), record.language)
    assert evaluate(knowledge, [twice]).to_json()["ndcg@10"] == 1.0


def test_a_difference_beyond_chance_is_marked() -> None:
    differences = compare(GOOD, BAD)
    recall = differences["recall@1"]
    assert (recall.this, recall.other, recall.difference, recall.differs) == (1.0, 0.5, 0.5, True)
    assert differences["recall@3"].to_json() == {
        "this": 1.0,
        "against": 1.0,
        "difference": 0.0,
        "interval": (0.0, 0.0),
        "differs": False,
    }


def test_the_other_way_round_the_interval_is_mirrored() -> None:
    there, back = compare(GOOD, BAD)["mrr"].interval, compare(BAD, GOOD)["mrr"].interval
    assert there is not None
    assert back == pytest.approx((-there[1], -there[0]))


def test_an_evaluation_does_not_differ_from_itself() -> None:
    assert not any(difference.differs for difference in compare(BAD, BAD).values())


def test_plots_are_svg_that_says_what_is_measured(tmp_path: Path) -> None:
    reliability, risk = draw_plots(BAD, tmp_path / "new" / "plots")
    for path in (reliability, risk):
        assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert f"ECE {BAD.to_json()['ece']:.3f}" in reliability.read_text()
    assert "n=10" in reliability.read_text()
    assert "default threshold: risk 0.50 at coverage 1.00" in risk.read_text()


def test_the_same_evaluation_draws_the_same_bytes(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in draw_plots(BAD, tmp_path / "a")]
    assert first == [path.read_bytes() for path in draw_plots(BAD, tmp_path / "b")]


def test_plots_of_out_of_scope_queries_alone_are_drawn(tmp_path: Path) -> None:
    assert all(path.exists() for path in draw_plots(replace(GOOD, asked=GOOD.asked[-1:]), tmp_path))


def test_a_file_of_queries_without_end_is_refused(tmp_path: Path) -> None:
    long = tmp_path / "long.jsonl"
    with long.open("wb") as file:
        file.truncate(17_000_001)
    for path in (long, Path("/dev/zero")):
        with pytest.raises(ContentError, match="more than 17,000,000 bytes of queries"):
            read_queries(path)
