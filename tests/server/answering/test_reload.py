"""A new snapshot is served within a second, a damaged one never."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import KnowledgeBaseMissing, SnapshotDamaged
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.kb.snapshot.publishing import rollback
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.answering.reload import KnowledgeHolder
from faqkb.server.app import create_app

OLD = [make_record("made/a", "How do I enlarge shared memory?", "Old answer.")]
NEW = [make_record("made/a", "How do I enlarge shared memory?", "New answer.")]


@pytest.fixture(scope="module")
def old_folder(encoder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    build_snapshot(folder, OLD, encoder)
    return folder


@pytest.fixture
def folder(old_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(old_folder, tmp_path / "kb")


@pytest.fixture
def client(folder: Path) -> Iterator[FlaskClient]:
    app = create_app(folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def answer(client: FlaskClient) -> str:
    return client.get("/api/v1/records/made/a").get_json()["answer"]


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def damage(folder: Path, file: str) -> str:
    """Flip one bit in the middle of a file of the live snapshot; return the snapshot's name."""
    name = current_snapshot(folder)
    path = folder / "snapshots" / name / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.unlink()
    path.write_bytes(bytes(content))
    return name


def test_a_new_snapshot_is_served_by_itself(client, folder, encoder):
    assert answer(client) == "Old answer."
    build_snapshot(folder, NEW, encoder)
    assert within(20, lambda: answer(client) == "New answer.")
    assert client.get("/readyz").get_json()["snapshot"] == current_snapshot(folder)


def test_going_back_to_an_old_snapshot_is_followed(client, folder, encoder):
    before = current_snapshot(folder)
    build_snapshot(folder, NEW, encoder)
    assert within(20, lambda: answer(client) == "New answer.")
    rollback(folder, before)
    assert within(20, lambda: answer(client) == "Old answer.")


@pytest.mark.parametrize("file", ["records.sqlite", "passages.faiss", "manifest.json", "model/model.onnx"])
def test_a_damaged_snapshot_is_not_served_and_readiness_says_why(folder, encoder, file):
    before = current_snapshot(folder)
    app = create_app(folder)
    holder: KnowledgeHolder = app.extensions[EXTENSION]
    holder._stopping.set()  # the test looks by itself, after the damage is done
    build_snapshot(folder, NEW, encoder)
    damaged = damage(folder, file)
    holder.look()
    ready = app.test_client().get("/readyz")
    assert answer(app.test_client()) == "Old answer."
    holder.close()
    told = ready.get_json()
    assert (ready.status_code, told["snapshot"], told["refused"]["snapshot"]) == (200, before, damaged)
    assert Path(file).name in told["refused"]["reason"]
    assert str(folder) not in ready.text


def test_a_missing_pointer_leaves_the_old_snapshot_in_service(client, folder):
    (folder / "current").unlink()
    assert within(20, lambda: client.get("/readyz").get_json()["refused"] is not None)
    assert answer(client) == "Old answer."


def test_a_good_snapshot_after_a_damaged_one_is_served(client, folder, encoder):
    (folder / "current").write_text("nonsense\n")
    assert within(20, lambda: client.get("/readyz").get_json()["refused"] is not None)
    build_snapshot(folder, NEW, encoder)
    assert within(20, lambda: answer(client) == "New answer.")
    assert client.get("/readyz").get_json()["refused"] is None


def test_a_request_keeps_its_snapshot_until_it_ends(folder, encoder):
    holder = KnowledgeHolder(folder)
    with holder.lease() as knowledge:
        build_snapshot(folder, NEW, encoder)
        assert within(20, lambda: _live_name(holder) != knowledge.name)
        assert knowledge.ask("how do I get more shared memory").hits[0].record.answer == "Old answer."
    holder.close()


def _live_name(holder: KnowledgeHolder) -> str:
    with holder.lease() as knowledge:
        return knowledge.name


def test_an_answer_is_of_one_snapshot_while_snapshots_change(client, folder, encoder):
    stop, mixed = threading.Event(), []
    app = client.application

    def ask_on() -> None:
        while not stop.is_set():
            reply = app.test_client().post("/api/v1/ask", json={"question": "enlarge shared memory"})
            told = reply.get_json()
            if reply.status_code != 200 or told["snapshot"] != reply.headers["X-KB-Generation"]:
                mixed.append(told)
            seen.add((told["snapshot"], told["answers"][0]["answer"]))

    seen: set[tuple[str, str]] = set()
    askers = [threading.Thread(target=ask_on) for _ in range(4)]
    [asker.start() for asker in askers]
    for turn in range(4):
        build_snapshot(folder, [make_record("made/a", OLD[0].question, f"Answer {turn}.")], encoder)
        time.sleep(0.6)
    stop.set()
    [asker.join() for asker in askers]
    assert mixed == []
    assert len(seen) == len({name for name, _ in seen}) >= 3


def test_a_folder_without_knowledge_is_refused_at_the_start(tmp_path):
    with pytest.raises(KnowledgeBaseMissing):
        create_app(tmp_path)


def test_a_damaged_model_is_refused_at_the_start(folder):
    damage(folder, "model/model.onnx")
    with pytest.raises(SnapshotDamaged, match=r"model\.onnx"):
        create_app(folder)
