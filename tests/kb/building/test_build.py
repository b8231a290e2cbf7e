"""Building: only what is new is embedded, and the result is the same as from scratch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from faqkb.kb.building import derived
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import Busy, ModelDamaged, SnapshotDamaged, StorageFailed
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record, Source
from faqkb.kb.snapshot.published import COARSE_FILE, current_snapshot

QUESTIONS = (
    "共享内存不足怎么办",
    "How do I speed up inference?",
    "标签必须从 0 开始吗",
    "蒸馏效果不好",
    "类别不均衡怎么处理",
)


@pytest.fixture(scope="module")
def encoder(model_folder: Path) -> Encoder:
    """Return an encoder that embeds all it is given, again and again: that is what is tested here."""
    return Encoder(model_folder)


def record(number: int, question: str) -> Record:
    answer = f"{question} 的答案，第 {number} 条。"
    return Record(f"f/Q{number}", question, answer, answer, f"<p>{answer}</p>", Source("f.md", number + 1), "zh")


RECORDS = tuple(record(number, question) for number, question in enumerate(QUESTIONS))


def hash_of(folder: Path) -> str:
    return current_snapshot(folder).rpartition("-")[2]


def test_only_the_changed_record_is_embedded_again(encoder: Encoder, tmp_path: Path) -> None:
    first = build_snapshot(tmp_path, RECORDS, encoder)
    changed = (*RECORDS[:2], replace(RECORDS[2], answer_text="新的答案"), *RECORDS[3:])
    second = build_snapshot(tmp_path, changed, encoder)
    assert (first.embedded, second.embedded) == (10, 1), "the answer piece alone"


def test_moving_records_embeds_nothing(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path, RECORDS, encoder)
    assert build_snapshot(tmp_path, RECORDS[::-1], encoder).embedded == 0


def test_building_the_same_again_publishes_nothing(encoder: Encoder, tmp_path: Path) -> None:
    first = build_snapshot(tmp_path, RECORDS, encoder)
    second = build_snapshot(tmp_path, RECORDS, encoder)
    assert (second.changed, second.snapshot) == (False, first.snapshot)


@pytest.mark.parametrize("before", [RECORDS[:2], RECORDS[::-1], (record(7, "别的问题"), *RECORDS[3:])])
def test_an_incremental_build_has_the_bytes_of_a_fresh_one(
    encoder: Encoder, tmp_path: Path, before: tuple[Record, ...]
) -> None:
    build_snapshot(tmp_path / "incremental", before, encoder)
    build_snapshot(tmp_path / "incremental", RECORDS, encoder)
    build_snapshot(tmp_path / "fresh", RECORDS, encoder)
    assert hash_of(tmp_path / "incremental") == hash_of(tmp_path / "fresh")


def test_every_stored_question_finds_itself_first(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path, RECORDS, encoder)
    knowledge = KnowledgeBase.open(tmp_path)
    found = [knowledge.search(entry.question, limit=1)[0].record.id for entry in RECORDS]
    knowledge.close()
    assert found == [entry.id for entry in RECORDS]


def test_the_shipped_confidence_was_fitted_with_the_bundled_encoder(encoder: Encoder, tmp_path: Path) -> None:
    assert build_snapshot(tmp_path, RECORDS, encoder).calibrated


def test_very_many_passages_are_looked_through_by_codes_first(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_snapshot(tmp_path / "exact", RECORDS, encoder)
    monkeypatch.setattr(derived, "WORTH_IT", 3)  # 100,000 passages would take an hour to embed
    build_snapshot(tmp_path / "twice", RECORDS[:3], encoder)
    build_snapshot(tmp_path / "twice", RECORDS, encoder)
    build_snapshot(tmp_path / "fresh", RECORDS, encoder)
    assert hash_of(tmp_path / "twice") == hash_of(tmp_path / "fresh") != hash_of(tmp_path / "exact")
    exact, twice = KnowledgeBase.open(tmp_path / "exact"), KnowledgeBase.open(tmp_path / "twice")
    for entry in RECORDS:
        one, other = exact.ask(entry.question), twice.ask(entry.question)
        assert [hit.record.id for hit in other.hits] == [hit.record.id for hit in one.hits] != []
        assert other.confidence == pytest.approx(one.confidence, abs=1e-6)
    exact.close()
    twice.close()
    path = next((tmp_path / "twice").glob(f"snapshots/{current_snapshot(tmp_path / 'twice')}/{COARSE_FILE}"))
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(SnapshotDamaged, match=COARSE_FILE):
        KnowledgeBase.open(tmp_path / "twice")


def test_a_knowledge_base_copied_elsewhere_answers_alone(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path / "made", RECORDS, encoder)
    shutil.copytree(tmp_path / "made", tmp_path / "copied")
    shutil.rmtree(tmp_path / "made")
    environment = os.environ | {"FAQ_MODEL": str(tmp_path / "nowhere"), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "faqkb", "ask", "标签必须从 0 开始吗", "--kb", str(tmp_path / "copied")]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "标签必须从 0 开始吗 的答案" in answer.stdout, answer.stderr


def test_a_second_ingest_at_the_same_time_is_refused_and_nothing_is_lost(encoder: Encoder, tmp_path: Path) -> None:
    refused: list[Busy] = []

    def embed_and_be_disturbed(done: int, total: int) -> None:
        if done == 1:
            disturber.start()
            disturber.join()

    def disturb() -> None:
        try:
            build_snapshot(tmp_path, RECORDS[:1], encoder)
        except Busy as error:
            refused.append(error)

    disturber = threading.Thread(target=disturb)
    published = build_snapshot(tmp_path, RECORDS, encoder, embed_and_be_disturbed)
    assert len(refused) == 1
    assert current_snapshot(tmp_path) == published.snapshot


def test_a_damaged_model_publishes_nothing(encoder: Encoder, model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(model_folder, tmp_path / "model")
    copied = Encoder(tmp_path / "model")
    with (tmp_path / "model" / "model.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"\xff\x00\xff")
    with pytest.raises(ModelDamaged, match=r"model\.onnx"):
        build_snapshot(tmp_path / "kb", RECORDS, copied)
    assert not (tmp_path / "kb").exists()


def test_a_folder_that_cannot_be_made_is_named(encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="file"):
        build_snapshot(tmp_path / "file" / "kb", RECORDS, encoder)


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs root and unshare for a small tmpfs")
def test_a_full_disk_keeps_the_old_snapshot(encoder: Encoder, tmp_path: Path) -> None:
    script = f"""
mount -t tmpfs -o size=84m tmpfs {tmp_path} && cd {Path(__file__).resolve().parents[3]}
{sys.executable} -m faqkb ingest content/en --kb {tmp_path}/kb >/dev/null || exit 10
head -c 100m /dev/zero > {tmp_path}/filler 2>/dev/null
{sys.executable} -m faqkb ingest content --kb {tmp_path}/kb; test $? = 2 || exit 11
rm {tmp_path}/filler
{sys.executable} -m faqkb ask 'shared memory in docker' --kb {tmp_path}/kb --json; test $? -le 1 || exit 12
"""
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "No space left on device; nothing was published" in done.stderr
