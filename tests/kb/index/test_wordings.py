"""The classifier over the wordings of records that have many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.passages import MANY_WORDINGS, Kind, Passage
from faqkb.kb.index.wordings import WordingClassifier, classifier_from, fit_wordings
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from tests.support.server_support import make_record

BALANCE = ("what is my balance", "how much money do I have", "show my account", "what's left on my card", "my funds")
WEATHER = ("will it rain today", "what's the forecast", "is it sunny outside", "how cold is it", "do I need a coat")


def cloud(centre: int, count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(scale=0.3, size=(count, 16))
    vectors[:, centre] += 1.0
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def wordings(counts: dict[int, int]) -> list[Passage]:
    return [Passage(at, Kind.ALTERNATE, f"{at} {number}") for at, count in counts.items() for number in range(count)]


def positions_of(passages: list[Passage]) -> np.ndarray:
    return np.array([passage.position for passage in passages], dtype=np.uint32)


def test_a_query_of_a_cloud_speaks_for_its_record() -> None:
    passages = wordings({0: 8, 3: 8, 4: 2})
    vectors = np.concatenate([cloud(0, 8, 1), cloud(1, 8, 2), cloud(2, 2, 3)])
    classifier = fit_wordings(positions_of(passages), vectors)
    assert classifier.positions == (0, 3)
    for query in cloud(1, 20, 9):
        evidence = classifier.evidence(query)
        assert evidence[3] > 0 > evidence[0]
    kept = classifier_from(classifier.to_bytes(), 5, 16)
    assert kept.evidence(query) == pytest.approx(evidence, abs=1e-5)


@pytest.mark.parametrize("counts", [{}, {0: MANY_WORDINGS}, {0: 1, 1: 2}])
def test_without_two_records_of_many_wordings_it_says_nothing(counts: dict[int, int]) -> None:
    passages = wordings(counts)
    classifier = fit_wordings(positions_of(passages), cloud(0, len(passages), 1))
    assert classifier.evidence(cloud(0, 1, 5)[0]) == {}
    assert classifier_from(classifier.to_bytes(), 0, 16).positions == ()


def test_wordings_that_are_all_the_same_break_nothing() -> None:
    vectors = np.repeat(cloud(0, 1, 1), 10, axis=0)
    evidence = fit_wordings(positions_of(wordings({0: 5, 1: 5})), vectors).evidence(vectors[0])
    assert evidence == pytest.approx({0: 0.0, 1: 0.0}, abs=1e-3)


def test_a_file_of_another_size_is_refused() -> None:
    with pytest.raises(SnapshotDamaged, match="faq ingest"):
        classifier_from(b"\x00" * 8, 2, 16)


@pytest.mark.parametrize("positions", [(0, 2), (1, 1), (1, 0)])
def test_a_classifier_of_other_records_is_refused(positions: tuple[int, int]) -> None:
    stored = WordingClassifier(positions, np.zeros((2, 17), dtype=np.float32)).to_bytes()
    with pytest.raises(SnapshotDamaged, match="faq ingest"):
        classifier_from(stored, 2, 16)


def test_a_record_is_found_by_what_its_wordings_have_in_common(encoder: Encoder, tmp_path: Path) -> None:
    records = [
        make_record("bot/balance", BALANCE[0], "Here it is.", alternates=BALANCE[1:]),
        make_record("bot/weather", WEATHER[0], "Look outside.", alternates=WEATHER[1:]),
    ]
    build_snapshot(tmp_path, records, encoder)
    knowledge = KnowledgeBase.open(tmp_path)
    _, (first, second) = knowledge.ask_ranked("tell me my current bank balance")
    knowledge.close()
    assert first.parts["wordings"] > 0 > second.parts["wordings"]
