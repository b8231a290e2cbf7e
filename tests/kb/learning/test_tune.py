"""Learning from labelled queries: what helps is kept, what does not is said and dropped."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from server_support import copied_knowledge

from faqkb.faq.bootstrap import encoder_folder
from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import ContentError, RankingDamaged
from faqkb.kb.evaluation.queries import LabelledQuery, read_queries
from faqkb.kb.fusion import default_ranking
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.attempt import Attempt, Change, Score, Truth, attempt_of
from faqkb.kb.learning.fitting import LEFT_OUT
from faqkb.kb.learning.lessons import Split, labelled_lessons, split_lessons
from faqkb.kb.learning.tune import tune_encoder, tune_ranking
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.kb.snapshot.tuned import forget_tuning, ranking_file, tuned_model


def dev_queries(shared_data: Path) -> tuple[LabelledQuery, ...]:
    dev = shared_data / "data/dev"
    return read_queries(dev / "paddleclas_queries.jsonl") + read_queries(dev / "oos.jsonl")


def split_queries(queries) -> Split:
    return split_lessons(labelled_lessons(queries))


@pytest.fixture
def overconfident(paddleclas_folder: Path, tmp_path: Path, encoder: Encoder) -> Path:
    """Return a knowledge base whose own ranking is far too sure of itself."""
    folder = copied_knowledge(paddleclas_folder, tmp_path / "kb")
    wrong = replace(default_ranking(), intercept=default_ranking().intercept + 6)
    ranking_file(folder).parent.mkdir()
    ranking_file(folder).write_text(wrong.to_json(), encoding="utf-8")
    with closing(KnowledgeBase.open(folder)) as knowledge:
        records = tuple(knowledge.all_records())
    build_snapshot(folder, records, encoder)
    return folder


def test_a_bad_ranking_is_mended_and_what_mends_nothing_is_dropped(overconfident: Path, shared_data: Path) -> None:
    split = split_queries(dev_queries(shared_data))
    before = current_snapshot(overconfident)
    far = "今天晚上吃什么好"
    with closing(KnowledgeBase.open(overconfident)) as knowledge:
        too_sure = knowledge.ask(far).confidence
    attempt = tune_ranking(overconfident, split)
    assert attempt.accepted
    assert attempt.after.log_likelihood > attempt.before.log_likelihood
    tuned = current_snapshot(overconfident)
    assert tuned != before
    with closing(KnowledgeBase.open(overconfident)) as knowledge:
        assert knowledge.ranking.queries == len(split.learned)
        assert knowledge.ask(far).confidence < too_sure / 2
    assert not tune_ranking(overconfident, split).accepted
    assert current_snapshot(overconfident) == tuned


def test_what_was_learned_survives_an_ingest_and_can_be_forgotten(
    kb_folder: Path, knowledge: KnowledgeBase, encoder: Encoder, tmp_path: Path
) -> None:
    records = tuple(knowledge.all_records())
    build_snapshot(tmp_path, records, encoder)
    learned = replace(default_ranking(), answered_above=0.99, queries=77)
    ranking_file(tmp_path).parent.mkdir()
    ranking_file(tmp_path).write_text(learned.to_json(), encoding="utf-8")
    build_snapshot(tmp_path, records[:-1], encoder)
    with closing(KnowledgeBase.open(tmp_path)) as opened:
        assert opened.ranking == learned
    assert forget_tuning(tmp_path)
    assert not forget_tuning(tmp_path)
    build_snapshot(tmp_path, records, encoder)
    with closing(KnowledgeBase.open(tmp_path)) as opened:
        assert opened.ranking == default_ranking()


def test_a_damaged_ranking_stops_the_ingest_and_the_old_snapshot_stays(
    knowledge: KnowledgeBase, encoder: Encoder, tmp_path: Path
) -> None:
    records = tuple(knowledge.all_records())
    build_snapshot(tmp_path, records, encoder)
    before = current_snapshot(tmp_path)
    ranking_file(tmp_path).parent.mkdir()
    ranking_file(tmp_path).write_text("{", encoding="utf-8")
    with pytest.raises(RankingDamaged, match=r"ranking\.json"):
        build_snapshot(tmp_path, records[:-1], encoder)
    assert current_snapshot(tmp_path) == before


def test_too_few_queries_are_refused() -> None:
    with pytest.raises(ContentError, match="got 19 labelled queries; expected at least 20"):
        split_queries([LabelledQuery(f"q{number}", ("a",), "en") for number in range(19)])
    with pytest.raises(ContentError, match="some with an answer"):
        split_queries([LabelledQuery(f"q{number}", (), "en") for number in range(50)])


def test_the_same_queries_are_held_out_in_any_order() -> None:
    queries = [LabelledQuery(f"q{number}", ("a",), "en") for number in range(100)]
    assert split_queries(queries) == split_queries(queries[::-1])
    split = split_queries(queries)
    assert (len(split.learned), len(split.held_out)) == (60, 40)
    assert not set(split.learned) & set(split.held_out)


def test_a_few_queries_mend_what_is_far_off_and_are_each_judged_without_themselves(
    overconfident: Path, shared_data: Path
) -> None:
    queries = dev_queries(shared_data)
    split = split_queries([*[each for each in queries if each.relevant][:14], *queries[-10:]])
    assert split.crossed
    attempt = tune_ranking(overconfident, split)
    assert attempt.accepted
    assert attempt.gained[0] > 0
    assert not tune_ranking(overconfident, split).accepted, "what is well fitted already is left alone"


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        (Score(-1.0, 0.5), Score(-0.9, 0.5), True),
        (Score(-1.0, 0.5), Score(-0.9, 0.4), False),
        (Score(-1.0, 0.5), Score(-1.0, 0.9), False),
    ],
)
def test_only_a_clear_gain_without_a_loss_is_kept(before: Score, after: Score, accepted: bool) -> None:
    assert Attempt("ranking", before, after, (0.01, 0.2)).accepted is accepted
    assert not Attempt("ranking", before, after, (-0.01, 0.2)).accepted, "a gain that may be chance is none"


def test_an_attempt_names_the_queries_that_went_over() -> None:
    before = {"a": Truth(-1.0, True), "b": Truth(-2.0, False), "c": Truth(-0.1, None), "lost": Truth(-1.0, True)}
    after = {"a": Truth(-1.5, False), "b": Truth(-0.5, True), "c": Truth(-0.1, None)}
    attempt = attempt_of("ranking", *({("votes", key): own[key] for key in own} for own in (before, after)))
    assert attempt.changes == (
        Change("a", False, "first right", "first wrong", "votes"),
        Change("b", True, "first wrong", "first right", "votes"),
    )
    assert attempt.after.log_likelihood - attempt.before.log_likelihood == pytest.approx(1 / 3)
    assert attempt.gained[0] <= 1 / 3 <= attempt.gained[1]


def test_what_helps_on_the_whole_but_makes_one_source_worse_is_not_kept() -> None:
    before = {("wordings", str(at)): Truth(-1.0, True) for at in range(40)}
    after = {key: Truth(-0.5, True) for key in before}
    voted = {("votes", str(at)): Truth(-1.0, True) for at in range(10)}
    assert attempt_of("ranking", before | voted, after | voted).accepted
    worse = {key: Truth(-1.1, True) for key in voted}
    assert not attempt_of("ranking", before | voted, after | worse).accepted


def test_what_answers_more_wrong_questions_than_promised_is_not_kept() -> None:
    before = {("queries", str(at)): Truth(-1.0, at % 4 != 0, answered=at % 4 != 0) for at in range(40)}
    sure = {key: Truth(-0.5, truth.right, answered=True) for key, truth in before.items()}
    attempt = attempt_of("ranking", before, sure)
    assert attempt.after.answered_precision == 0.75
    assert not attempt.accepted


def test_where_nobody_says_what_has_no_answer_none_fewer_may_get_theirs() -> None:
    before = {("gaps", str(at)): Truth(-1.0, True, answered=True) for at in range(30)}
    after = {key: Truth(-0.5, True, answered=False) for key in before}
    left_out = {(LEFT_OUT, str(at)): Truth(-1.0, None, is_left_out=True) for at in range(30)}
    told = {("queries", str(at)): Truth(-1.0, None) for at in range(30)}
    assert not attempt_of("ranking", before | left_out, after | left_out).accepted
    assert attempt_of("ranking", before | told, after | told).accepted


TOPICS = ("loss nan", "batch size", "显存不足", "the batch is nan", "怎么办", "size of loss")


def test_an_encoder_is_fine_tuned_and_judged(tiny_model: Path, tiny_prepared: Path, tmp_path: Path) -> None:
    page = tmp_path / "faq.md"
    page.write_text("# FAQ\n\n" + "\n\n".join(f"## {topic}?\n\n{topic} a b c." for topic in TOPICS), encoding="utf-8")
    folder = tmp_path / "kb"
    build_snapshot(folder, read_sources([page]).records, Encoder(tiny_prepared))
    queries = [
        LabelledQuery(f"{topic} {extra}", (f"{topic}?",), "en")
        for topic in TOPICS
        for extra in ["a", "b", "c", "d", "e", "the", "is", *"fghijklmno"]
    ]
    before = current_snapshot(folder)
    told: list[str] = []
    attempt = tune_encoder(folder, split_queries(queries), str(tiny_model), told.append)
    assert attempt.what == "encoder"
    assert any(line.startswith("fine-tuning: step") for line in told)
    assert tuned_model(folder).is_dir() is attempt.accepted
    assert (current_snapshot(folder) != before) is attempt.accepted
    if attempt.accepted:
        assert encoder_folder(folder) == tuned_model(folder)
        with closing(KnowledgeBase.open(folder, verify_model=True)) as knowledge:
            assert knowledge.encoder.id == Encoder(tuned_model(folder)).id != Encoder(tiny_prepared).id


def test_queries_of_unknown_records_teach_nothing(knowledge: KnowledgeBase) -> None:
    from faqkb.kb.learning.examples import tuning_set

    found = tuning_set(knowledge, [LabelledQuery("x", ("gone/Q1",), "en"), LabelledQuery("今天吃什么", (), "zh")])
    assert [query.text for query in found.queries] == ["今天吃什么"]
    assert json.dumps(sorted(found.records))
