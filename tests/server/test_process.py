"""The server as it runs: over sockets, under load, while it stops."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server_support import DOCKER_QUESTION, ROOT, ServedProcess, running_listener, send, served

from faqkb.kb.errors import ConfigError
from faqkb.server.http.listener import Listener
from faqkb.server.http.security import SECURITY_HEADERS
from faqkb.server.limits import CLIENT_THREADS, QUEUED_REQUESTS

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
ASK = json.dumps({"question": DOCKER_QUESTION}).encode()


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


def status_of(raw: bytes) -> int:
    return int(raw.split(b" ", 2)[1])


def in_threads(work: Callable[[], None], count: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_it_answers_over_http(server):
    reply = server.ask(DOCKER_QUESTION)
    assert (reply.status, reply.json["answers"][0]["id"]) == (200, "faq_2021_s1/Q1.3")


def test_it_does_not_say_what_it_is(server):
    for path in ("/", "/nope", "/api/v1/records"):
        assert {"server", "via", "x-powered-by"} & {name.lower() for name in server.get(path).headers} == set()


@pytest.mark.parametrize("size", [70_000, 300_000, 1_000_000, 5_000_000])
def test_a_body_that_is_too_large_is_told_so_and_not_cut_off(server, size):
    reply = server.send("POST", "/api/v1/ask", body=b'{"question": "' + b"a" * size + b'"}')
    assert (reply.status, reply.json["status"]) == (413, 413)
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_a_body_of_exactly_64_kib_is_taken(server):
    body = ASK + b" " * (65_536 - len(ASK))
    assert server.send("POST", "/api/v1/ask", body=body).status == 200


def test_headers_that_are_too_large_are_refused(server):
    reply = server.get("/healthz", **{"X-Filler": "a" * 17_000})
    assert (reply.status, reply.json["status"]) == (431, 431)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET /health\x00z HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\nHost: x\n\n",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_nonsense_gets_an_error_or_nothing_and_leaves_the_server_alive(server, request_bytes):
    reply = server.raw(request_bytes)
    assert reply == b"" or 400 <= status_of(reply) < 600
    assert b"Traceback" not in reply
    assert server.get("/healthz").status == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nBad Header\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 17_000 + b"\r\n\r\n", 431),
        (b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_an_error_below_the_application_is_a_problem_document_with_every_header(server, request_bytes, status):
    head, _, body = server.raw(request_bytes).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert status_of(head) == json.loads(body)["status"] == status
    assert headers["Content-Type"] == "application/problem+json"
    sent = {name.lower(): value for name, value in headers.items()}
    assert {name: sent.get(name.lower()) for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)


@pytest.mark.parametrize("cut", [16_000, 16_390, 16_598, 16_599, 16_600, 16_601])
def test_a_header_that_is_too_large_is_answered_wherever_it_is_cut(server, cut):
    start = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: "
    request = start + b"a" * (16_598 - len(start)) + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request[:cut])
        time.sleep(0.2)  # so that the server reads the two parts one after the other
        connection.sendall(request[cut:])
        assert status_of(connection.recv(65536)) == 431


def test_an_allowed_page_may_read_that_its_question_was_too_large(kb_folder):
    body = b'{"question": "' + b"a" * 300_000 + b'"}'
    with served(kb_folder, "--allow-origin", "https://docs.example.org") as running:
        for origin in ("https://docs.example.org", "https://evil.example"):
            reply = running.send("POST", "/api/v1/ask", body=body, headers={"Origin": origin})
            told = reply.headers["Access-Control-Allow-Origin"]
            assert (reply.status, told) == (413, origin if "docs" in origin else None)


def test_an_old_health_check_that_names_no_host_is_answered(server):
    assert status_of(server.raw(b"GET /healthz HTTP/1.0\r\n\r\n")) == 200


def test_clients_that_never_finish_their_request_do_not_keep_others_out(server):
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(250)]
    for connection in idle:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    started = time.monotonic()
    assert [server.get("/healthz").status for _ in range(10)] == [200] * 10
    assert time.monotonic() - started < 4  # before the first of them is let go
    deadline = time.monotonic() + 30  # 5 s of silence, 2 s between looks, and room for a loaded machine
    for connection in idle:
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        assert connection.recv(1) == b""
        connection.close()


def test_answers_are_the_same_from_every_thread(server):
    questions = [DOCKER_QUESTION, "标签", "how to shrink the fc layer", "ssld 蒸馏不涨点"]
    serial = {question: _lasting(server.ask(question).json) for question in questions}
    differing: list[str] = []

    def ask_all() -> None:
        connection = server.connect()
        for question in questions * 3:
            body = json.dumps({"question": question}).encode()
            if _lasting(send(connection, "POST", "/api/v1/ask", body=body).json) != serial[question]:
                differing.append(question)
        connection.close()

    for thread in in_threads(ask_all, 8):
        thread.join()
    assert differing == []


def _lasting(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what belongs to one reply: its time, and the token that tells it from others."""
    return {name: value for name, value in document.items() if name not in {"took_ms", "answer_token"}}


def test_stopping_an_idle_server_is_clean(kb_folder):
    with served(kb_folder) as running:
        started = time.monotonic()
        assert running.terminate() == 0
        assert time.monotonic() - started < 5


def test_stopping_under_load_answers_everything_that_was_sent(kb_folder):
    answered: list[int] = []
    lost: list[str] = []

    def ask_until_told_to_stop() -> None:
        connection = running.connect()
        try:
            while True:
                reply = send(connection, "POST", "/api/v1/ask", body=ASK)
                answered.append(reply.status)
                if reply.headers.get("Connection") == "close":
                    return
        except (OSError, http.client.HTTPException) as error:
            lost.append(repr(error))
        finally:
            connection.close()

    with served(kb_folder) as running:
        clients = in_threads(ask_until_told_to_stop, 24)  # three times the threads, so that some wait
        time.sleep(1)
        code = running.terminate()
    for client in clients:
        client.join()
    assert (code, lost, set(answered)) == (0, [], {200})
    assert len(answered) > len(clients)


def test_a_client_that_never_finishes_does_not_hold_up_the_stop(kb_folder):
    with served(kb_folder) as running, socket.create_connection(("127.0.0.1", running.port)) as slow:
        slow.sendall(b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.3)
        started = time.monotonic()
        assert running.terminate() == 0
        assert time.monotonic() - started < 6


ASKED = b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def test_more_than_can_wait_are_told_at_once_to_come_back_and_health_answers_on():
    release, busy = threading.Event(), threading.Semaphore(0)

    def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            busy.release()
            release.wait(20)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with running_listener(slow) as listener:
        filling = [_open(listener, ASKED) for _ in range(CLIENT_THREADS)]
        assert all(busy.acquire(timeout=10) for _ in range(CLIENT_THREADS)), "every thread it may have has a request"
        filling += [_open(listener, ASKED) for _ in range(QUEUED_REQUESTS)]
        time.sleep(1)  # the queue fills; nothing tells from outside when it has
        # Answered while these threads are still held: nobody waits for one to hear that none is free.
        refused = [_read_all(_open(listener, content)) for content in (ASKED, ASKED.replace(b"/api/v1/ask", b"/v1/x"))]
        assert status_of(_read_all(_open(listener, HEALTH))) == 200
        release.set()
        statuses = [status_of(_read_all(connection)) for connection in filling]
    assert [status_of(raw) for raw in refused] == [503, 503]
    assert all(b"Retry-After: 1\r\n" in raw for raw in refused)
    assert b'"status": 503' in refused[0]
    assert b'"type": "server_error"' in refused[1], "OpenAI's clients are told in their own form"
    assert statuses.count(200) == len(filling)


def _open(listener: Listener, content: bytes = HEALTH) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(listener.effective_port)), timeout=20)
    connection.sendall(content)
    return connection


def _read_all(connection: socket.socket) -> bytes:
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_port_that_is_taken_is_an_error_with_a_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}: .*; choose another --port"):
            Listener(lambda *_: [], "127.0.0.1", port)


def test_an_address_that_is_not_ours_is_an_error_with_a_way_out():
    with pytest.raises(ConfigError, match="cannot listen on"):
        Listener(lambda *_: [], "203.0.113.7", 0)


def test_the_server_never_loads_the_training_libraries(kb_folder):
    script = (
        "import sys, pathlib; from faqkb.server.app import create_app\n"
        "app = create_app(pathlib.Path(sys.argv[1])); client = app.test_client()\n"
        "assert client.post('/api/v1/ask', json={'question': 'docker shm'}).status_code == 200\n"
        "assert client.get('/?q=docker').status_code == 200\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'markdown_it'} & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(kb_folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr
