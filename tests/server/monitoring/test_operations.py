"""What who runs a server sees: metrics, logs, health and readiness."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from server_support import DOCKER_QUESTION, ROOT, WEATHER_QUESTION, ServedProcess, served

from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.http.listener import Listener
from faqkb.server.http.load import EXTENSION as LOAD_EXTENSION
from faqkb.server.http.load import ServerLoad
from faqkb.server.limits import CLIENT_THREADS
from faqkb.server.monitoring import health as health_module

SECRET = "my-password-is-hunter2"


@pytest.fixture
def client(kb_folder: Path) -> Iterator[FlaskClient]:
    app = create_app(kb_folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def samples(client: FlaskClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    reply = client.get("/metrics")
    assert reply.status_code == 200
    families = text_string_to_metric_families(reply.text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def of(name: str, /, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return name, tuple(sorted(labels.items()))


def test_questions_are_counted_by_what_they_got_and_where_they_were_asked(client):
    client.post("/api/v1/ask", json={"question": DOCKER_QUESTION})
    client.post("/api/v1/ask", json={"question": WEATHER_QUESTION})
    client.get("/", query_string={"q": DOCKER_QUESTION})
    messages = [{"role": "user", "content": DOCKER_QUESTION}]
    client.post("/v1/chat/completions", json={"model": "faq", "messages": messages})
    call = {"name": "ask", "arguments": {"question": DOCKER_QUESTION}}
    client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
    got = samples(client)
    for via, status in [("api", "answered"), ("api", "no_answer"), ("page", "answered"), ("chat", "answered")]:
        assert got[of("faq_answers_total", status=status, via=via)] == 1, (via, status)
    assert got[of("faq_answers_total", status="answered", via="mcp")] == 1
    assert got[of("faq_answer_confidence_count")] == 5


def test_requests_are_timed_by_route_and_status(client):
    client.post("/api/v1/ask", json={"question": DOCKER_QUESTION})
    client.post("/api/v1/ask", data=b"{")
    for path in ("/nowhere/a", "/nowhere/b"):
        client.get(path)
    got = samples(client)
    count, total = "faq_request_seconds_count", "faq_request_seconds_sum"
    asked = {"method": "POST", "route": "/api/v1/ask", "status": "200"}
    assert got[of(count, **asked)] == 1
    assert 0 < got[of(total, **asked)] < 60
    assert got[of(count, **asked | {"status": "415"})] == 1
    assert got[of(count, method="GET", route="unknown", status="404")] == 2, "guessed addresses make one series"


def test_methods_that_nobody_uses_make_one_series_however_many_are_sent(client):
    for number in range(300):
        client.open("/nowhere", method="".join(chr(ord("A") + int(digit)) for digit in f"{number:09}"))
    methods = {dict(labels)["method"] for name, labels in samples(client) if name == "faq_request_seconds_count"}
    assert methods <= {"GET", "OTHER"}


def test_the_snapshot_and_the_process_are_told(client, knowledge):
    got = samples(client)
    assert got[of("faq_snapshot", name=knowledge.name)] == 1
    assert got[of("faq_snapshot_records")] == knowledge.record_count
    assert 0 < got[of("faq_snapshot_age_seconds")] < 24 * 3600
    assert got[of("faq_snapshot_refused")] == 0
    assert got[of("process_resident_memory_bytes")] > 1_000_000
    client.post("/api/v1/ask", json={"question": DOCKER_QUESTION, "session_id": "a"})
    assert samples(client)[of("faq_sessions")] == 1


def test_open_metrics_are_given_to_who_asks_for_them(client):
    reply = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert reply.content_type.startswith("application/openmetrics-text")
    assert {family.name for family in openmetrics(reply.text)} >= {"faq_answers", "faq_request_seconds"}


def test_the_id_of_a_proxy_is_kept_and_nothing_else_is(client):
    told = "trace-0123.abc_DEF"
    assert client.get("/healthz", headers={"X-Request-Id": told}).headers["X-Request-Id"] == told
    for odd in ("short", "x" * 65, "with space in", 'quo"te-12345678', "<script>12345678"):
        assert client.get("/healthz", headers={"X-Request-Id": odd}).headers["X-Request-Id"] != odd


def test_the_json_log_has_a_line_for_each_request_with_its_id_and_no_question(kb_folder, tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as stderr, served(kb_folder, "--log-format", "json", stderr=stderr) as server:
        given = server.send(
            "POST", "/api/v1/ask", body=json.dumps({"question": SECRET}).encode(), headers={"X-Request-Id": "abc-12345"}
        )
        assert given.headers["X-Request-Id"] == "abc-12345"
        server.get(f"/?q={SECRET}")
        server.get(f"/{SECRET}")
    written = log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in written.splitlines()]
    asked = next(line for line in lines if line.get("request_id") == "abc-12345")
    assert asked["logger"] == "faq.access"
    assert (asked["method"], asked["route"], asked["status"]) == ("POST", "/api/v1/ask", 200)
    assert (asked["answer"], asked["record"]) == ("no_answer", None)
    assert asked["milliseconds"] > 0
    assert asked["snapshot"] == given.headers["X-KB-Generation"]
    assert [line["route"] for line in lines if line["logger"] == "faq.access"] == ["/api/v1/ask", "/", "unknown"]
    assert SECRET not in written


def test_the_text_log_is_quiet_while_all_is_well(kb_folder, tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as stderr, served(kb_folder, stderr=stderr) as server:
        server.ask(DOCKER_QUESTION)
    assert log.read_text(encoding="utf-8") == ""


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


def test_waiting_for_a_thread_is_measured(server):
    server.ask(DOCKER_QUESTION)
    told = server.get("/metrics").content.decode()
    waits = next(f for f in text_string_to_metric_families(told) if f.name == "faq_wait_seconds")
    (count,) = (sample.value for sample in waits.samples if sample.name == "faq_wait_seconds_count")
    assert count >= 2


def test_it_is_unhealthy_once_no_thread_takes_what_waits(client, monkeypatch):
    monkeypatch.setattr(health_module, "STUCK_SECONDS", 0.05)
    release, busy = threading.Event(), threading.Semaphore(0)
    app = client.application

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/hang":
            busy.release()
            release.wait(20)
        return app(environ, start_response)

    listener = Listener(application, "127.0.0.1", 0)
    app.extensions[LOAD_EXTENSION] = listener.load
    with running(listener):
        assert b" 200 " in first_line(listener, "/healthz")
        hanging = [opened(listener, "/hang") for _ in range(CLIENT_THREADS)]
        assert all(busy.acquire(timeout=10) for _ in hanging)
        hanging.append(opened(listener, "/hang"))
        deadline = threading.Event()
        for _ in range(100):
            if b" 503 " in first_line(listener, "/healthz"):
                break
            deadline.wait(0.05)
        else:
            pytest.fail("it stayed healthy")
        release.set()
        for connection in hanging:
            connection.recv(100)
            connection.close()
        assert b" 200 " in first_line(listener, "/healthz")


def test_it_stays_healthy_while_one_client_waits_long_for_its_own_requests(client, monkeypatch):
    monkeypatch.setattr(health_module, "STUCK_SECONDS", 1.0)
    app = client.application

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            time.sleep(0.3)
        return app(environ, start_response)

    listener = Listener(application, "127.0.0.1", 0)
    app.extensions[LOAD_EXTENSION] = listener.load
    with running(listener):
        slow = [opened(listener, "/slow") for _ in range(CLIENT_THREADS * 8)]
        time.sleep(1.5)  # the last of them have waited longer than that
        told = first_line(listener, "/healthz")
        waited = listener.load().waiting
        for connection in slow:
            connection.close()
    assert b" 200 " in told
    assert waited > 0


def test_it_is_not_ready_while_it_stops(client):
    assert client.get("/readyz").status_code == 200
    client.application.extensions[LOAD_EXTENSION] = lambda: ServerLoad(ends_at=0.0)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


@contextmanager
def running(listener: Listener) -> Iterator[None]:
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        yield
    finally:
        listener.stop()
        thread.join()


def opened(listener: Listener, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(listener.effective_port)), timeout=20)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return connection


def first_line(listener: Listener, path: str) -> bytes:
    with opened(listener, path) as connection:
        return connection.recv(100).partition(b"\r\n")[0]


def test_an_unknown_form_of_the_log_is_refused():
    command = [sys.executable, "-m", "faqkb", "serve", "--log-format", "xml"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "--log-format" in done.stderr
