"""Batches of every protocol: their time is bounded, and a server that stops still answers them."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time

import pytest
from server_support import DOCKER_QUESTION, running_listener, served

from faqkb.server.http.load import EXTENSION, ServerLoad
from faqkb.server.limits import BATCH_QUESTIONS, DRAIN_SECONDS

TALK = "user: why?\nassistant: It is so.\nuser: and then?\nassistant:"
CALLS = [{"jsonrpc": "2.0", "id": number, "method": "ping"} for number in range(3)]


def in_no_time(client, path, body):
    client.application.extensions[EXTENSION] = lambda: ServerLoad(ends_at=time.monotonic())
    return client.post(path, json=body)


def test_what_the_time_does_not_reach_is_a_problem_to_be_sent_again(client):
    answers = in_no_time(client, "/api/v1/ask:batch", {"questions": [{"question": "shm"}] * 2}).json["answers"]
    assert [answer["status"] for answer in answers] == [503, 503]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/completions", {"model": "faq", "prompt": [TALK, TALK]}),
        ("/v1/embeddings", {"model": "faq", "input": ["shm"] * 20}),
    ],
    ids=["completions", "embeddings"],
)
def test_what_has_no_answer_in_part_is_refused_as_a_whole(client, path, body):
    reply = in_no_time(client, path, body)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "1")
    one = {name: value[:1] if isinstance(value, list) else value for name, value in body.items()}
    assert in_no_time(client, path, one).status_code == 200, "one alone is no batch"


def test_messages_of_agents_are_told_to_be_sent_again(client):
    replies = in_no_time(client, "/mcp", CALLS).json
    assert [reply["id"] for reply in replies] == [0, 1, 2]
    assert all("send it again" in reply["error"]["message"] for reply in replies)


def test_a_server_that_stops_answers_the_batch_at_work_and_ends_in_time(kb_folder):
    questions = [{"question": f"{number} {DOCKER_QUESTION} {'bus error ' * 60}"} for number in range(BATCH_QUESTIONS)]
    replies = []
    with served(kb_folder) as running:
        body = json.dumps({"questions": questions}).encode()
        sending = threading.Thread(target=lambda: replies.append(running.send("POST", "/api/v1/ask:batch", body=body)))
        sending.start()
        time.sleep(0.3)
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        code, took = running.process.wait(20), time.monotonic() - began
        sending.join()
    assert (code, replies[0].status, len(replies[0].json["answers"])) == (0, 200, BATCH_QUESTIONS)
    assert took < DRAIN_SECONDS + 0.7


def test_a_thread_that_hangs_does_not_hold_up_the_end():
    """`running_listener` stops it once more at the end, when the number of its trigger may be another file's."""
    release, busy = threading.Event(), threading.Event()

    def hangs(_environ, start_response):
        busy.set()
        release.wait(30)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with running_listener(hangs) as listener:
        with socket.create_connection(("127.0.0.1", listener.effective_port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert busy.wait(10)
            began = time.monotonic()
            listener.stop()
            assert connection.recv(100) == b""
            took = time.monotonic() - began
        release.set()
    assert took < DRAIN_SECONDS + 0.5
