"""Answers from processes beside the server: the same ones, whatever becomes of the processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from process_support import children_of, lives
from server_support import DOCKER_QUESTION, ROOT, WEATHER_QUESTION, ServedProcess, copied_knowledge, make_record, served

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import InvalidQuery, KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.workers import asking
from faqkb.server.workers.staff import Staff, own_workers
from faqkb.server.workers.team import NobodyThere, Team, Worker

WORKERS = 2
OLD = [make_record("made/a", "How do I enlarge shared memory?", "Old answer.")]
NEW = [make_record("made/a", "How do I enlarge shared memory?", "New answer.")]


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def nursery_of(running: ServedProcess) -> psutil.Process | None:
    return next(iter(children_of(running.process.pid)), None)


def workers_of(running: ServedProcess) -> list[psutil.Process]:
    nursery = nursery_of(running)
    return [] if nursery is None else children_of(nursery.pid)


def metric(running: ServedProcess, name: str) -> float:
    lines = running.get("/metrics").content.decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


@contextmanager
def served_by_workers(folder: Path) -> Iterator[ServedProcess]:
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FAQ_WORKERS", str(WORKERS))
            running = stack.enter_context(served(folder))
        assert within(60, lambda: metric(running, "faq_workers") == WORKERS)
        yield running


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served_by_workers(kb_folder) as running:
        yield running


@contextmanager
def asked_all_the_time(running: ServedProcess, question: str, threads: int = 6) -> Iterator[list[Any]]:
    """Ask a question that never comes twice, from several connections; lend the list of what comes back."""
    replies: list[Any] = []
    stop = threading.Event()

    def ask(number: int) -> None:
        asked = 0
        while not stop.is_set():
            asked += 1
            replies.append(running.ask(f"{question} {number}-{asked}"))

    asking_now = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    for thread in asking_now:
        thread.start()
    try:
        yield replies
    finally:
        stop.set()
        for thread in asking_now:
            thread.join()


def told(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without what is another one each time."""
    return {name: value for name, value in document.items() if name not in {"took_ms", "answer_token"}}


ASKED = [
    {"question": DOCKER_QUESTION},
    {"question": DOCKER_QUESTION, "explain": True, "top_k": 10},
    {"question": WEATHER_QUESTION},
    {"question": "hello"},
    {"question": "How is the learning rate chosen? And what is shared memory for?", "min_confidence": 0.1},
    {"question": "那 GPU 呢？", "messages": [{"role": "user", "content": DOCKER_QUESTION}]},
    {"question": "x", "tags": ["no such tag"]},
]


@pytest.mark.parametrize("body", ASKED)
def test_workers_answer_as_the_server_itself_does(server, kb_folder, body):
    app = create_app(kb_folder)
    try:
        own = app.test_client().post("/api/v1/ask", json=body, base_url=server.url).get_json()
    finally:
        app.extensions[EXTENSION].close()
    theirs = server.send("POST", "/api/v1/ask", body=json.dumps(body).encode())
    assert theirs.status == 200
    assert told(theirs.json) == told(own)


def test_a_conversation_goes_on_whichever_worker_answers(server):
    body = {"question": DOCKER_QUESTION, "session_id": "a" * 32}
    server.send("POST", "/api/v1/ask", body=json.dumps(body).encode())
    again = server.send("POST", "/api/v1/ask", body=json.dumps(body | {"question": "还是不行"}).encode())
    assert again.json["no_answer"]["talk"] == "not_helped"


def test_searching_goes_by_them_too(server, knowledge):
    hits = server.get("/api/v1/search?q=shared%20memory&limit=5").json["hits"]
    assert [hit["id"] for hit in hits] == [hit.record.id for hit in knowledge.search("shared memory", limit=5)]


def test_workers_that_are_killed_cost_no_request_and_are_replaced(server):
    killed: set[int] = set()
    with asked_all_the_time(server, "训练时 loss 为 nan") as replies:
        for _ in range(8):
            for worker in workers_of(server)[: 1 + len(killed) % WORKERS]:
                killed.add(worker.pid)
                worker.kill()
            time.sleep(0.5)
    assert {reply.status for reply in replies} == {200}
    assert len(replies) > 30
    assert within(20, lambda: metric(server, "faq_workers") == WORKERS)
    assert not killed.intersection(worker.pid for worker in workers_of(server))
    assert metric(server, "faq_workers_lost_total") >= WORKERS


def test_without_the_process_that_starts_them_workers_go_on_and_are_replaced(server):
    assert within(20, lambda: len(workers_of(server)) == WORKERS)  # none is left over of a test before
    nursery, before = nursery_of(server), workers_of(server)
    assert nursery is not None
    nursery.kill()
    with asked_all_the_time(server, "显存不够") as replies:
        time.sleep(1)
        for worker in before:
            worker.kill()
        assert within(180, lambda: len(workers_of(server)) == WORKERS)
    assert {reply.status for reply in replies} == {200}


def test_a_snapshot_published_under_load_costs_no_request_and_mixes_no_answer(encoder, tmp_path):
    folder = tmp_path / "kb"
    build_snapshot(folder, OLD, encoder)
    answers = {current_snapshot(folder): "Old answer."}
    with served_by_workers(folder) as running:
        before = {worker.pid for worker in workers_of(running)}
        with asked_all_the_time(running, "How do I enlarge shared memory?") as replies:
            time.sleep(1)
            build_snapshot(folder, NEW, encoder)
            answers[current_snapshot(folder)] = "New answer."
            assert within(20, lambda: replies[-1].json["snapshot"] == current_snapshot(folder))
            assert within(
                20, lambda: len(now := {w.pid for w in workers_of(running)} - before) == WORKERS and bool(now)
            )
            time.sleep(1)
        assert {reply.status for reply in replies} == {200}
        assert {(reply.json["snapshot"], reply.json["answers"][0]["answer"]) for reply in replies} == set(
            answers.items()
        )
        assert within(20, lambda: not any(psutil.pid_exists(pid) for pid in before)), "those of the old one end"


def test_stopping_under_load_answers_what_was_sent_and_leaves_no_process(kb_folder, tmp_path):
    question = json.dumps({"question": "怎么训练"}).encode()
    with served_by_workers(copied_knowledge(kb_folder, tmp_path / "kb")) as running:
        started = psutil.Process(running.process.pid).children(recursive=True)
        assert len(started) == 1 + WORKERS
        connections = [running.connect() for _ in range(24)]
        for number, connection in enumerate(connections):
            asked = question.replace(b"\\u8bad", str(number).encode() + b"\\u8bad")
            connection.request("POST", "/api/v1/ask", asked, {"Content-Type": "application/json"})
        for process in (*started, psutil.Process(running.process.pid)):  # as systemd does
            process.send_signal(signal.SIGTERM)
        assert {connection.getresponse().status for connection in connections} == {200}
        assert running.process.wait(60) == 0
    assert within(20, lambda: not any(map(lives, started)))


def test_a_server_that_is_killed_leaves_no_process(kb_folder, tmp_path):
    with served_by_workers(copied_knowledge(kb_folder, tmp_path / "kb")) as running:
        started = psutil.Process(running.process.pid).children(recursive=True)
        running.process.kill()
        running.process.wait(10)
        assert within(20, lambda: not any(map(lives, started)))


def test_on_one_core_there_are_none(kb_folder):
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert own_workers() == 0
        with served(kb_folder) as running:
            assert running.ask(DOCKER_QUESTION).status == 200
            assert psutil.Process(running.process.pid).children() == []
            assert metric(running, "faq_workers") == 0
    finally:
        os.sched_setaffinity(0, cores)


@pytest.fixture
def staff(kb_folder: Path, knowledge: KnowledgeBase) -> Iterator[Staff]:
    one = Staff(kb_folder, 1)
    one.follow(knowledge)
    assert within(60, lambda: one.count == 1)
    yield one
    one.close()
    assert asking.find_hits(knowledge, "answered here again"), "nobody is there any more"


def test_what_a_worker_refuses_is_refused_here(staff, knowledge):
    with pytest.raises(InvalidQuery, match="top_k is out of range"):
        asking.find_hits(knowledge, "shared memory", limit=10_000)
    assert staff.count == 1


def test_a_fault_in_a_worker_is_told_with_its_place_and_ends_nothing(staff, knowledge):
    with pytest.raises(RuntimeError, match=r"nursery\.py"):
        asking.find_hits(knowledge, "shared memory", limit="many")  # type: ignore[arg-type]
    assert asking.find_hits(knowledge, "shared memory")
    assert staff.count == 1


def test_a_snapshot_that_is_gone_leaves_the_server_to_answer(knowledge, tmp_path, caplog):
    nobody = Staff(tmp_path, 1)
    nobody.follow(knowledge)
    try:
        assert within(60, lambda: "no worker process can be started" in caplog.text)
        assert asking.find_hits(knowledge, "shared memory")
    finally:
        nobody.close()


DIES = "import socket, sys; socket.socket(fileno=int(sys.argv[1])).recv(1)"
IS_SLOW = """
import socket, sys, time
from faqkb.server.workers.wire import receive, send
connection = socket.socket(fileno=int(sys.argv[1]))
receive(connection)
time.sleep(1)
send(connection, ["done", []])
"""


@contextmanager
def made_worker(program: str) -> Iterator[Worker]:
    """Lend a worker that runs a program of ours."""
    own, other = socket.socketpair()
    command = [sys.executable, "-c", program, str(other.fileno())]
    with other:
        process = subprocess.Popen(command, pass_fds=[other.fileno()], cwd=ROOT)
    with process:
        yield Worker(process.pid, own)


def test_a_question_that_ends_several_workers_is_refused_and_asked_of_no_other():
    lost: list[bool] = []
    team = Team(4, lambda: lost.append(True))
    with ExitStack() as stack:
        for _ in range(4):
            team.add(stack.enter_context(made_worker(DIES)))
        with pytest.raises(KbError, match="ended 3 worker processes"):
            team.do("search", ("a question", 1, ()))
        assert (team.count, team.missing, len(lost)) == (1, 3, 3)
        team.retire()


def test_where_all_are_dead_whoever_asks_is_told_and_does_not_wait():
    team = Team(1, lambda: None)
    with made_worker(DIES) as worker:
        team.add(worker)
        os.kill(worker.process, signal.SIGKILL)
        assert within(20, lambda: not worker.is_alive)
    with pytest.raises(NobodyThere):
        team.do("search", ("a question", 1, ()))


def test_whoever_waits_for_a_team_that_is_sent_away_is_told_and_the_task_at_work_is_finished():
    team = Team(1, lambda: None)
    given: list[Any] = []

    def ask() -> None:
        try:
            given.append(team.do("search", ("a question", 1, ())))
        except NobodyThere:
            given.append("nobody")

    with made_worker(IS_SLOW) as worker:
        team.add(worker)
        asking_now = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
        for thread in asking_now:
            thread.start()
        time.sleep(0.3)
        team.retire()
        for thread in asking_now:
            thread.join(10)
    assert sorted(map(str, given)) == ["()", "nobody", "nobody", "nobody"]
    assert (team.count, team.missing) == (0, 0)
