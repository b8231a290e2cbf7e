"""A server without a snapshot of its own answers from Milvus, follows what is published, and outlives its absence."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cli_support import error_line, faq
from milvus_support import Cable, lite_behind_cable
from server_support import DOCKER_QUESTION, ROOT, ServedProcess, make_record, served

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.publishing import push_snapshot, roll_back
from faqkb.kb.model.encoder import Encoder

BACK_SECONDS = 20  # until a client tries a server again that was away


@pytest.fixture
def cable(kb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cable]:
    monkeypatch.setenv("FAQ_STORE", "milvus")
    with lite_behind_cable(kb_folder, tmp_path / "faq.db") as cable:
        monkeypatch.setenv("FAQ_MILVUS_ADDRESS", cable.address)
        yield cable


@pytest.fixture
def server(cable: Cable, tmp_path: Path) -> Iterator[ServedProcess]:
    with served(tmp_path / "stateless") as server:
        yield server


def first_of(server: ServedProcess, question: str = DOCKER_QUESTION) -> str:
    reply = server.ask(question)
    assert reply.status == 200, reply.content
    return str(reply.json["answers"][0]["id"])


def eventually(server: ServedProcess, question: str, expected: int) -> None:
    deadline = time.monotonic() + BACK_SECONDS
    while server.ask(question).status != expected:
        assert time.monotonic() < deadline, server.ask(question).content
        time.sleep(0.2)


def follows(server: ServedProcess, snapshot: str) -> None:
    deadline = time.monotonic() + BACK_SECONDS
    while server.get("/readyz").json["snapshot"] != snapshot:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_pages_and_api_answer_without_a_snapshot_on_the_machine(server: ServedProcess, tmp_path: Path) -> None:
    record_id = first_of(server)
    assert record_id == "faq_2021_s1/Q1.3"
    assert not (tmp_path / "stateless" / "snapshots").exists()
    assert server.get(f"/q/{record_id}").status == 200
    assert server.get(f"/api/v1/records/{record_id}").json["id"] == record_id
    assert server.get("/api/v1/records?limit=5").json["records"]
    assert server.get("/readyz").status == 200


def test_while_milvus_is_away_questions_get_503_and_afterwards_answers(server: ServedProcess, cable: Cable) -> None:
    record_id = first_of(server)
    cable.cut()
    started = time.monotonic()
    away = server.ask("an entirely new question about shared memory")
    assert time.monotonic() - started < 5
    assert (away.status, away.headers["Retry-After"]) == (503, "1")
    assert away.headers["Content-Type"] == "application/problem+json"
    assert "127.0.0.1" not in away.content.decode()
    assert server.get("/healthz").status == 200
    assert first_of(server) == record_id, "what was asked before is still remembered"
    cable.mend()
    eventually(server, "another new question about shared memory", 200)


def test_a_server_follows_what_is_published_and_taken_back(
    server: ServedProcess, cable: Cable, encoder: Encoder, tmp_path: Path
) -> None:
    first_of(server)
    records = [make_record("faq/hours", "When do you open?", "At nine.")]
    name = build_snapshot(tmp_path / "new", records, encoder).snapshot
    before = server.get("/readyz").json["snapshot"]
    with closing(Milvus(MilvusAddress(cable.address))) as milvus:
        push_snapshot(tmp_path / "new", name, milvus)
        follows(server, name)
        assert first_of(server, "When do you open?") == "faq/hours"
        roll_back(milvus, before)
        follows(server, before)
        assert first_of(server) == "faq_2021_s1/Q1.3"


def test_a_command_answers_from_milvus_and_says_in_one_line_when_it_is_away(cable: Cable, tmp_path: Path) -> None:
    answered = faq("ask", DOCKER_QUESTION, "--json", FAQ_KB=str(tmp_path / "none"))
    assert answered.returncode == 0, answered.stderr
    assert '"faq_2021_s1/Q1.3"' in answered.stdout
    cable.cut()
    away = faq("ask", DOCKER_QUESTION, FAQ_KB=str(tmp_path / "none"))
    assert away.returncode == 2
    assert cable.address in error_line(away)
    assert error_line(away).endswith("see that it runs, and try again")


def test_what_is_ingested_is_live_in_milvus_and_listed(cable: Cable, tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text("# FAQ\n\n## When do you open?\n\nAt nine.\n", encoding="utf-8")
    done = faq("ingest", tmp_path / "faq.md", FAQ_KB=str(tmp_path / "kb"))
    assert done.returncode == 0, done.stderr
    assert "is live in Milvus" in done.stderr
    listed = faq("snapshots", FAQ_KB=str(tmp_path / "none")).stdout.splitlines()
    assert [line[0] for line in listed] == [" ", "*"]
    back = faq("snapshots", "--rollback", "previous", FAQ_KB=str(tmp_path / "none")).stdout.splitlines()
    assert [line[0] for line in back] == ["*", " "]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"FAQ_STORE": "paper"}, "expected files or milvus"),
        ({"FAQ_STORE": "milvus", "FAQ_MILVUS_ADDRESS": "nowhere"}, "expected http://host:19530"),
        ({"FAQ_STORE": "milvus", "FAQ_MILVUS_BASE": "a b"}, "milvus_base"),
    ],
)
def test_a_mistaken_setting_is_told_with_what_it_should_be(
    tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    done = faq("ask", "hello", cwd=tmp_path, FAQ_KB=str(tmp_path / "kb"), **variables)
    assert done.returncode == 2
    assert said in error_line(done)


def test_workers_beside_milvus_are_refused_with_what_to_do_instead(tmp_path: Path) -> None:
    done = faq("serve", "--port", "0", cwd=tmp_path, FAQ_KB=str(tmp_path / "kb"), FAQ_STORE="milvus", FAQ_WORKERS="2")
    assert done.returncode == 2
    assert error_line(done).startswith('faq: with store = "milvus" there are no workers (got 2')
    assert "start more servers" in error_line(done)


def test_a_question_to_files_loads_nothing_of_milvus(kb_folder: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "faqkb", "ask", DOCKER_QUESTION, "--kb", kb_folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "faqkb.kb.knowledge" in loaded
    of_milvus = re.compile(r"(pymilvus|milvus_lite|grpc|pandas|pyarrow|faqkb\.kb\.milvus)\b")
    assert not list(filter(of_milvus.match, loaded))


def test_where_the_client_is_not_installed_one_line_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQ_STORE", "milvus")
    monkeypatch.setenv("FAQ_KB", str(tmp_path / "kb"))
    code = "import sys; sys.modules['pymilvus'] = None; from faqkb.faq.main import run; run()"
    command = [sys.executable, "-c", code, "ask", DOCKER_QUESTION]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.endswith("run pip install 'faqkb[milvus]'\n")
