"""Measures against figures worked out by hand, trec_eval and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from faqkb.kb.answers import Status
from faqkb.kb.evaluation import metrics
from faqkb.kb.evaluation.bootstrap import bootstrap_intervals
from faqkb.kb.evaluation.metrics import measure, to_columns
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.queries import figures_of
from faqkb.kb.evaluation.ranking_measures import measure_by_trec_eval, measure_plainly


def outcome(
    *ranks: int, relevant: int = 1, confidence: float = 0.5, answered: bool = False, choices: int = 0
) -> Outcome:
    """Return an outcome with twenty records found, of which those at `ranks` are relevant."""
    missing = {f"missing {number}" for number in range(relevant - len(ranks))}
    status = Status.ANSWERED if answered else Status.AMBIGUOUS if choices else Status.NO_ANSWER
    found = tuple(f"record {rank}" for rank in range(1, 21))
    return Outcome(found, frozenset({found[rank - 1] for rank in ranks} | missing), status, confidence, choices)


OUTCOMES = (
    outcome(1, confidence=0.9, answered=True),
    outcome(2, 4, relevant=2, confidence=0.8, answered=True),
    outcome(3, confidence=0.6, choices=3),
    outcome(12, confidence=0.4, choices=2),
    outcome(relevant=0, confidence=0.3, choices=2),
    outcome(relevant=0, confidence=0.7, answered=True),
)
FIGURES = figures_of(to_columns(OUTCOMES))

any_outcome = st.builds(
    lambda ranks, missing, confidence, answered, choices: outcome(
        *ranks, relevant=len(ranks) + missing, confidence=confidence / 8, answered=answered, choices=choices
    ),
    st.sets(st.integers(1, 20), max_size=3),
    st.integers(0, 2),
    st.integers(0, 8),
    st.booleans(),
    st.sampled_from([0, 2, 3]),
)


def test_recall_counts_queries_with_a_relevant_record_in_reach() -> None:
    assert [FIGURES[f"recall@{k}"] for k in (1, 3, 10)] == [0.25, 0.75, 0.75]


def test_mean_reciprocal_rank() -> None:
    assert FIGURES["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 12) / 4)


def test_ndcg_rewards_both_relevant_records() -> None:
    second = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert FIGURES["ndcg@10"] == pytest.approx((1 + second + 1 / 2 + 0) / 4)


@given(st.lists(any_outcome.filter(lambda outcome: outcome.in_scope), min_size=1, max_size=8))
def test_a_base_install_measures_what_trec_eval_measures(outcomes: list[Outcome]) -> None:
    for ours, theirs in zip(map(measure_plainly, outcomes), measure_by_trec_eval(outcomes), strict=True):
        assert ours == pytest.approx(theirs)


def test_any_record_id_can_be_measured() -> None:
    odd = Outcome(("\ud800", "\x00", "a b\n"), frozenset({"\x00", "\udfff"}), Status.NO_ANSWER, 0.1, 0)
    assert measure_by_trec_eval([odd])[0]["mrr"] == 0.5


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    assert FIGURES["auroc"] == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert figures_of(to_columns(OUTCOMES[:4]))["auroc"] is None


@given(st.lists(any_outcome, min_size=1, max_size=12), st.data())
def test_auroc_is_that_of_scikit_learn(outcomes: list[Outcome], drawn: st.DataObject) -> None:
    columns = to_columns((*outcomes, *OUTCOMES))
    times = st.integers(1, 3).map(float)
    weights = np.array([drawn.draw(st.lists(times, min_size=len(outcomes) + 6, max_size=len(outcomes) + 6))])
    want = roc_auc_score(columns.in_scope, columns.confidence, sample_weight=weights[0])
    assert metrics.auroc(columns.confidence, columns.in_scope, weights)[0] == pytest.approx(want)


def test_calibration_error_of_a_coin_that_is_sure() -> None:
    sure = to_columns([outcome(1, confidence=1.0), outcome(2, confidence=1.0)])
    honest = to_columns([outcome(1, confidence=0.5), outcome(2, confidence=0.5)])
    assert (figures_of(sure)["ece"], figures_of(honest)["ece"]) == (0.5, 0.0)


def test_coverage_stops_where_precision_falls() -> None:
    columns, once = to_columns(OUTCOMES), np.ones((1, 6))
    assert metrics.coverage_at_precision(columns, once, 0.9)[0] == 0.25
    assert metrics.coverage_at_precision(columns, once, 0.5)[0] == 0.5


def test_risk_grows_from_the_surest_to_all() -> None:
    risk, coverage = metrics.risk_coverage_curve(to_columns(OUTCOMES))
    assert coverage.tolist() == [0.25, 0.5, 0.5, 0.75, 1.0, 1.0]
    assert risk.tolist() == pytest.approx([0, 1 / 2, 2 / 3, 3 / 4, 4 / 5, 5 / 6])


def test_states_are_counted_as_the_reader_sees_them() -> None:
    assert FIGURES["answered_precision"] == pytest.approx(1 / 3)
    assert FIGURES["answered_coverage"] == 0.5
    assert FIGURES["shown_right"] == 0.5
    assert (FIGURES["false_answers"], FIGURES["false_choices"]) == (0.5, 0.5)


@given(st.lists(st.tuples(any_outcome, st.integers(0, 3)), min_size=1, max_size=8))
def test_a_weight_is_how_often_a_query_was_asked(asked: list[tuple[Outcome, int]]) -> None:
    repeated = [outcome for outcome, times in asked for _ in range(times)]
    weighted = measure(to_columns([outcome for outcome, _ in asked]), np.array([[float(times) for _, times in asked]]))
    if repeated:
        want = measure(to_columns(repeated), np.ones((1, len(repeated))))
        assert {name: value[0] for name, value in weighted.items()} == pytest.approx(
            {name: value[0] for name, value in want.items()}, nan_ok=True
        )


def test_an_interval_of_a_share_is_that_of_the_binomial() -> None:
    answers = np.repeat([1.0, 0.0], 200)
    intervals = bootstrap_intervals(lambda weights: {"share": weights @ answers / weights.sum(axis=1)}, 400)
    half = 1.96 * math.sqrt(0.5 * 0.5 / 400)
    assert intervals["share"] == pytest.approx((0.5 - half, 0.5 + half), abs=0.01)


def test_intervals_are_the_same_every_time_and_none_where_there_is_no_figure() -> None:
    def intervals() -> object:
        return bootstrap_intervals(lambda weights: measure(to_columns(OUTCOMES[:4]), weights), 4)

    assert intervals() == intervals()
    assert intervals()["auroc"] is None  # type: ignore[index]


def test_intervals_of_many_queries_are_those_of_few_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def intervals() -> object:
        return bootstrap_intervals(lambda weights: measure(to_columns(OUTCOMES), weights), 6)

    whole = intervals()
    monkeypatch.setattr("faqkb.kb.evaluation.bootstrap._CELLS", 100)
    assert intervals() == whole
