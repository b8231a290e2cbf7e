"""Publishing to Milvus is one step: what dies before it changes nothing, what comes after it can be taken back."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aging import age
from picture_support import name_of, png, publish, write_faq
from server_support import make_record

from faqkb.kb import limits
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import ConfigError, KnowledgeBaseMissing, MilvusAway, ModelMissing, SnapshotNotFound
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.opening import MilvusBase
from faqkb.kb.milvus.publishing import list_stored, push_snapshot, roll_back
from faqkb.kb.model.encoder import Encoder

DIES_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.publishing import push_snapshot

def die(done, total):
    if done == total:
        os.kill(os.getpid(), signal.SIGKILL)

push_snapshot(Path(sys.argv[1]), sys.argv[2], Milvus(MilvusAddress(sys.argv[3])), die)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "faq.db"


@pytest.fixture
def milvus(file: Path) -> Iterator[Milvus]:
    with closing(Milvus(MilvusAddress(str(file)))) as connection:
        yield connection


@pytest.fixture
def base(file: Path, model_folder: Path) -> Iterator[MilvusBase]:
    with closing(MilvusBase(MilvusAddress(str(file)), model_folder)) as opened:
        yield opened


def published(folder: Path, encoder: Encoder, answer: str) -> str:
    return build_snapshot(folder, [make_record("faq/hours", "When do you open?", answer)], encoder).snapshot


def answer_of(base: MilvusBase) -> str:
    with closing(base.open()) as knowledge:
        return knowledge.ask("When do you open?").hits[0].record.answer


def test_what_is_published_answers_and_is_named_by_its_snapshot(
    tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase
) -> None:
    name = published(tmp_path, encoder, "At nine.")
    assert push_snapshot(tmp_path, name, milvus)
    assert base.live_name() == name
    assert answer_of(base) == "At nine."
    with closing(base.open()) as knowledge:
        assert knowledge.name == name


def test_publishing_the_same_again_stores_nothing(tmp_path: Path, encoder: Encoder, milvus: Milvus) -> None:
    name = published(tmp_path, encoder, "At nine.")
    push_snapshot(tmp_path, name, milvus)
    before = milvus.collections()
    assert not push_snapshot(tmp_path, name, milvus)
    assert milvus.collections() == before


def test_going_back_answers_as_before(tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase) -> None:
    names = []
    for answer in ("At nine.", "At ten."):
        names.append(published(tmp_path, encoder, answer))
        push_snapshot(tmp_path, names[-1], milvus)
    assert answer_of(base) == "At ten."
    assert roll_back(milvus, "previous") == names[0]
    assert answer_of(base) == "At nine."
    assert [snapshot.current for snapshot in list_stored(milvus)] == [True, False]
    with pytest.raises(SnapshotNotFound, match="faq snapshots"):
        roll_back(milvus, "previous")


def test_the_newest_five_are_kept(tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase) -> None:
    names = []
    for hour in range(limits.KEEP_SNAPSHOTS + 2):
        names.append(published(tmp_path, encoder, f"At {hour}."))
        push_snapshot(tmp_path, names[-1], milvus)
    assert [snapshot.name for snapshot in list_stored(milvus)] == names[-limits.KEEP_SNAPSHOTS :]
    assert len(milvus.collections()) == 4 * limits.KEEP_SNAPSHOTS
    assert roll_back(milvus, names[-limits.KEEP_SNAPSHOTS]) == names[-limits.KEEP_SNAPSHOTS]
    assert answer_of(base) == "At 2."


def test_a_publish_that_is_killed_leaves_the_old_answers_and_is_swept_by_the_next(
    tmp_path: Path, encoder: Encoder, file: Path, model_folder: Path
) -> None:
    file = tmp_path / "killed.db"  # of one process at a time
    first, second = published(tmp_path, encoder, "At nine."), published(tmp_path, encoder, "At ten.")
    push = DIES_HALF_WAY.replace("die)", ")")
    subprocess.run([sys.executable, "-c", push, str(tmp_path), first, str(file)], check=True)
    killed = subprocess.run([sys.executable, "-c", DIES_HALF_WAY, str(tmp_path), second, str(file)], check=False)
    assert killed.returncode == -9
    address = MilvusAddress(str(file))
    with closing(Milvus(address)) as milvus, closing(MilvusBase(address, model_folder)) as base:
        left = [name for name in milvus.collections() if address.snapshot_of(name) == second]
        assert left, "the kill came before anything was stored"
        assert [snapshot.name for snapshot in list_stored(milvus)] == [first]
        assert answer_of(base) == "At nine."
        push_snapshot(tmp_path, second, milvus)
        assert answer_of(base) == "At ten."
        push_snapshot(tmp_path, first, milvus)
        assert answer_of(base) == "At nine."


def test_two_knowledge_bases_on_one_server_leave_each_other_alone(
    tmp_path: Path, encoder: Encoder, file: Path, model_folder: Path
) -> None:
    answers = {"shop": "At nine.", "shop_de": "Um neun."}
    for name, answer in answers.items():
        with closing(Milvus(MilvusAddress(str(file), base=name))) as milvus:
            push_snapshot(tmp_path / name, published(tmp_path / name, encoder, answer), milvus)
    for name, answer in answers.items():
        with closing(MilvusBase(MilvusAddress(str(file), base=name), model_folder)) as base:
            assert answer_of(base) == answer


def test_an_answer_longer_than_a_field_and_a_record_of_many_tags_come_back_whole(
    tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase
) -> None:
    long = "字" * 40_000 + " the end"
    records = [
        make_record("faq/long", "What is long?", long, tags=tuple(f"t{number}" for number in range(300))),
        make_record("faq/short", "What is short?", "This."),
        make_record("faq/longer", "What is even longer?", long + "er"),
    ]
    push_snapshot(tmp_path, build_snapshot(tmp_path, records, encoder).snapshot, milvus)
    with closing(base.open()) as knowledge:
        assert [record.answer for record in knowledge.all_records()] == [record.answer for record in records]
        assert knowledge.record("faq/longer") == records[2]


def test_a_picture_is_read_back_as_it_was(tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase) -> None:
    snapshot = publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder).snapshot
    push_snapshot(tmp_path / "kb", snapshot, milvus)
    with closing(base.open()) as knowledge:
        assert knowledge.picture(name_of(png())) == png()
        assert knowledge.picture(name_of(png(1))) is None


def test_questions_are_answered_while_snapshots_are_published(
    tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase
) -> None:
    push_snapshot(tmp_path, published(tmp_path, encoder, "At 0."), milvus)
    heard: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            heard.append(answer_of(base))

    asking = threading.Thread(target=ask)
    asking.start()
    for hour in range(1, 4):
        push_snapshot(tmp_path, published(tmp_path, encoder, f"At {hour}."), milvus)
    done.set()
    asking.join()
    assert heard == sorted(heard), "an older snapshot answered after a newer one"
    assert set(heard) <= {f"At {hour}." for hour in range(4)}
    assert answer_of(base) == "At 3."


def test_an_id_that_is_no_more_leads_to_what_goes_on_under_another(
    tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase
) -> None:
    published(tmp_path, encoder, "At nine.")
    renamed = make_record("faq/opening", "When do you open?", "At nine.")
    push_snapshot(tmp_path, build_snapshot(tmp_path, [renamed], encoder).snapshot, milvus)
    with closing(base.open()) as knowledge:
        found = knowledge.resolve("faq/hours")
        assert found is not None
        assert found.id == "faq/opening"
        assert knowledge.moved() == {"faq/hours": "faq/opening"}
        assert knowledge.resolve("faq/never") is None


def test_an_empty_server_says_how_to_fill_it(base: MilvusBase) -> None:
    with pytest.raises(KnowledgeBaseMissing, match="faq ingest"):
        base.open()


def test_another_model_is_refused(
    tmp_path: Path, encoder: Encoder, milvus: Milvus, file: Path, tiny_prepared: Path
) -> None:
    push_snapshot(tmp_path, published(tmp_path, encoder, "At nine."), milvus)
    with (
        closing(MilvusBase(MilvusAddress(str(file)), tiny_prepared)) as base,
        pytest.raises(ModelMissing, match="faq model prepare"),
    ):
        base.open()


@pytest.mark.parametrize("address", ["", "127.0.0.1", "ftp://x", "http://a/b?c", "http://a b"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="milvus_address"):
        MilvusAddress(address)


def test_a_server_that_is_not_there_is_told_in_one_line(model_folder: Path) -> None:
    with (
        closing(MilvusBase(MilvusAddress("http://127.0.0.1:9"), model_folder)) as base,
        pytest.raises(MilvusAway, match=r"127\.0\.0\.1:9 does not answer .*try again$") as told,
    ):
        base.open()
    assert "\n" not in str(told.value)


def test_servers_know_when_each_answer_changed_last(
    tmp_path: Path, encoder: Encoder, milvus: Milvus, base: MilvusBase
) -> None:
    published(tmp_path / "kb", encoder, "At nine.")
    age(tmp_path / "kb", days=7)
    older = make_record("faq/hours", "When do you open?", "At nine.")
    name = build_snapshot(tmp_path / "kb", [older, make_record("faq/fee", "What is the fee?")], encoder).snapshot
    push_snapshot(tmp_path / "kb", name, milvus)
    with closing(base.open()) as knowledge:
        now = datetime.now(UTC)
        assert knowledge.changed_on("faq/hours") == (now - timedelta(7)).date()
        assert knowledge.changed_on("faq/fee") == now.date()
