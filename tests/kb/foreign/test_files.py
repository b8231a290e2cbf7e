"""Files of a folder from elsewhere: nobody waits for a pipe or reads a device for ever, and no number is too big."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from cli_support import error_line, faq
from forged import honest, reseal, with_field, with_statements
from server_support import copied_knowledge

from faqkb.kb.errors import KbError, SnapshotDamaged
from faqkb.kb.fusion import default_ranking
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import read_manifest as read_model_manifest
from faqkb.kb.snapshot.published import RANKING_FILE, current_snapshot
from faqkb.kb.snapshot.tuned import ranking_file, tuned_ranking
from faqkb.server.answering.tokens import KEY_FILE, AnswerTokens

BEYOND = 10**400  # more than any float


@pytest.fixture(scope="module")
def made(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest(tmp_path_factory.mktemp("honest") / "kb", encoder)


@pytest.fixture
def kb(made: Path, tmp_path: Path) -> Path:
    return copied_knowledge(made, tmp_path / "kb")


@pytest.fixture(params=["pipe", "device", "folder"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What no reader comes to the end of, or can read."""
    path = tmp_path / "odd"
    if request.param == "pipe":
        os.mkfifo(path)
    return {"pipe": path, "device": Path("/dev/zero"), "folder": tmp_path}[request.param]


def in_place_of(path: Path, odd: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(odd)


def test_what_names_the_live_snapshot_is_read_to_no_end(kb: Path, odd: Path) -> None:
    in_place_of(kb / "current", odd)
    with pytest.raises(SnapshotDamaged, match="current"):
        current_snapshot(kb)


def test_a_manifest_is_read_to_no_end(kb: Path, odd: Path) -> None:
    in_place_of(kb / "snapshots" / current_snapshot(kb) / "manifest.json", odd)
    with pytest.raises(SnapshotDamaged, match=r"manifest\.json"):
        KnowledgeBase.open(kb)
    assert "manifest.json" in error_line(faq("ask", "docker", "--kb", kb))


def test_what_was_learned_is_read_to_no_end(kb: Path, odd: Path) -> None:
    in_place_of(ranking_file(kb), odd)
    with pytest.raises(KbError, match="faq tune --reset"):
        tuned_ranking(kb)


def test_the_manifest_of_a_model_is_read_to_no_end(tmp_path: Path, odd: Path) -> None:
    in_place_of(tmp_path / "model" / "manifest.json", odd)
    with pytest.raises(KbError, match="cannot be read"):
        read_model_manifest(tmp_path / "model")


def test_a_key_that_is_no_file_stops_no_answer(tmp_path: Path, odd: Path) -> None:
    in_place_of(tmp_path / "tokens" / KEY_FILE, odd)
    assert len(AnswerTokens(tmp_path / "tokens").digest("question")) > 0


def test_a_ranking_with_a_number_beyond_all_is_refused(kb: Path) -> None:
    ranking = json.loads(default_ranking().to_json()) | {"intercept": BEYOND}
    reseal(kb, lambda folder: (folder / RANKING_FILE).write_text(json.dumps(ranking)))
    with pytest.raises(SnapshotDamaged, match="not a ranking"):
        KnowledgeBase.open(kb)


def test_a_check_with_a_limit_beyond_all_is_refused(kb: Path) -> None:
    reseal(kb, with_statements(with_field("checks", "limit_seconds", BEYOND, "1")))
    with pytest.raises(SnapshotDamaged, match="check that is none"), closing(KnowledgeBase.open(kb)) as knowledge:
        knowledge.checks()
