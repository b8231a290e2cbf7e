"""Attempts to stop the server for others, as they were made against it: over real sockets, against the real process."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from access_support import bearer, new_key, small_kb
from server_support import DOCKER_QUESTION, ServedProcess, running_listener, send, served

from faqkb.kb.model.encoder import Encoder
from faqkb.server.http.load import FairQueue
from faqkb.server.limits import CLIENT_THREADS, CONNECTIONS_OF_PEER

ATTACKER = "127.0.0.2"  # every address that begins with 127 is this machine's, and another client's to the server
DRIPPING = 304
TURN = "how do I train the pruned model when the loss does not fall and docker says shm "
SIX_TURNS = json.dumps(
    {
        "question": "why?",
        "messages": [{"role": "user", "content": f"{number} {TURN * 20}"[:1_000]} for number in range(6)],
    }
).encode()
LONG_CHAT = json.dumps(
    {
        "model": "faq",
        "messages": [{"role": "user", "content": f"{number} {TURN * 900}"[:56_000]} for number in range(4)],
    }
).encode()


@contextmanager
def attacking(server: ServedProcess, path: str, body: bytes, connections: int = 16) -> Iterator[list[int]]:
    """Ask from another address on so many connections while the block runs; yields the statuses as they come."""
    statuses: list[int] = []
    over = threading.Event()

    def attack() -> None:
        while not over.is_set():
            with closing(server.connect()) as connection:
                connection.source_address = (ATTACKER, 0)
                statuses.append(send(connection, "POST", path, body=body).status)

    threads = [threading.Thread(target=attack) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    ("path", "body"), [("/api/v1/ask", SIX_TURNS), ("/v1/chat/completions", LONG_CHAT)], ids=["six turns", "long chat"]
)
def test_who_asks_for_much_meets_the_rate_limit_and_nobody_else_does(kb_folder, path, body):
    with served(kb_folder, "--rate-per-minute", "120") as running, attacking(running, path, body) as statuses:
        others = [running.ask(DOCKER_QUESTION).status for _ in range(20)]
        while 429 not in statuses and len(statuses) < 60:  # as many small requests would be let in, and 60 more
            time.sleep(0.05)
        others += [running.ask(DOCKER_QUESTION).status for _ in range(5)]
    assert 429 in statuses
    assert set(statuses) <= {200, 429, 503}
    assert others == [200] * 25


def test_a_conversation_costs_what_is_read_of_it_and_no_days_quota(tmp_path: Path, encoder: Encoder):
    folder = small_kb(tmp_path / "kb", encoder)
    key = bearer(new_key(folder, "read", rate_per_minute=100, quota_per_day=100))
    turns = [{"role": "user", "content": "How do I reset it?"}] * 50
    with served(folder) as running:
        asked = [
            running.send("POST", "/api/v1/ask", body=json.dumps(body).encode(), headers=key).headers["RateLimit"]
            for body in ({"question": "And then?"}, {"question": "And then?", "messages": turns})
        ]
    assert [_left(told) for told in asked] == [{"minute": 99, "day": 99}, {"minute": 82, "day": 98}]


def _left(told: str) -> dict[str, int]:
    parts = (part.strip().split(";") for part in told.split(","))
    return {name.strip('"'): int(left.removeprefix("r=")) for name, left, _ in parts}


def test_one_client_never_has_every_thread():
    release, busy = threading.Event(), threading.Semaphore(0)

    def slow(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["REMOTE_ADDR"] == ATTACKER:
            busy.release()
            release.wait(20)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with running_listener(slow) as listener:
        port = int(listener.effective_port)
        request = b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        held = [_opened(port, request, ATTACKER) for _ in range(200)]
        for _ in range(CLIENT_THREADS):
            assert busy.acquire(timeout=10)
        for _ in range(20):
            assert _status(_opened(port, request)) == 200
        release.set()
        statuses = [_status(connection) for connection in held]
    assert set(statuses) == {200, 503}, "more than may wait were told so"


def test_clients_take_turns_and_the_one_with_most_is_crowded_out():
    queue: FairQueue[str] = FairQueue(waiting=4, of_client=2)
    assert [queue.add("a", f"a{number}") for number in range(5)] == [None] * 4 + ["a4"]
    assert [queue.add("b", "b0"), queue.add("b", "b1"), queue.add("c", "c0")] == ["a3", "a2", "a1"]
    assert [queue.popleft() for _ in range(4)] == ["a0", "b0", "c0", "b1"]
    assert [queue.add("a", name) for name in ("a5", "a6")] == [None, None]
    assert queue.popleft() == "a5"
    assert not queue, "two of a's are being worked off"
    queue.done("a")
    assert queue.popleft() == "a6"


def test_connections_that_drip_keep_nobody_out(kb_folder):
    with served(kb_folder) as running:
        held = [_opened(running.port, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") for _ in range(DRIPPING)]
        over = threading.Event()
        dripping = threading.Thread(target=_drip, args=(held, over))
        dripping.start()
        try:
            time.sleep(2)
            answers = [running.get("/healthz").status for _ in range(10)]
            answers += [running.ask(DOCKER_QUESTION).status for _ in range(3)]
        finally:
            over.set()
            dripping.join()
        for connection in held:
            connection.close()
    assert answers == [200] * 13


def _drip(connections: list[socket.socket], over: threading.Event) -> None:
    """Send a byte on each, a second apart, so that none is ever silent."""
    while not over.wait(1):
        for connection in connections:
            try:
                connection.send(b"a")
            except OSError:  # closed by the server, which is the point
                continue


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 20),
        (b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", 45),
    ],
    ids=["header", "body"],
)
def test_a_request_that_drips_is_ended_however_steady_it_is(kb_folder, start, seconds):
    with served(kb_folder) as running, _opened(running.port, start) as slow:
        slow.settimeout(1)
        deadline = time.monotonic() + seconds
        reply = b""
        while not reply and time.monotonic() < deadline:
            slow.send(b"a")
            try:
                reply = slow.recv(65536)
            except TimeoutError:
                continue
    assert b" 408 " in reply.partition(b"\r\n")[0]
    assert b"application/problem+json" in reply


def test_blank_lines_do_not_hold_a_connection_for_ever(kb_folder):
    with served(kb_folder) as running:
        assert running.raw(b"\r\n\r\n", half_close=False).split(b" ", 2)[1] == b"400"


def test_one_address_has_no_more_than_its_share_of_connections(kb_folder):
    with served(kb_folder) as running:
        held = [_opened(running.port, b"G", ATTACKER) for _ in range(CONNECTIONS_OF_PEER + 50)]
        assert running.get("/healthz").status == 200
        closed = [connection for connection in held if _is_closed(connection)]
        for connection in held:
            connection.close()
    assert len(closed) >= 50


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


NEXT = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 5",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"transfer-encoding: Chunked\r\nTRANSFER-ENCODING:chunked",
        b"Transfer-Encoding:\r\n chunked, chunked",
        b"Transfer-Encoding: chunked,\r\n\tchunked",
        b"Content-Length: 5\r\nTransfer-Encoding: gzip",
    ],
)
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_a_body_whose_length_is_told_in_two_ways_is_refused_and_nothing_after_it_is_read(server, headers, version):
    request = b"POST /api/v1/ask HTTP/" + version + b"\r\nHost: x\r\nContent-Type: application/json\r\n" + headers
    reply = server.raw(request + b"\r\n\r\n" + NEXT, half_close=False)
    assert reply.split(b" ", 2)[1] == b"400"
    assert reply.count(b"HTTP/1.") == 1, "the connection is closed, and the bytes after it are no request"


def test_a_body_in_chunks_alone_is_taken(server):
    body = json.dumps({"question": DOCKER_QUESTION}).encode()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
    head += b"\r\nTransfer-Encoding: chunked"
    assert server.raw(head + b"\r\nConnection: close\r\n\r\n" + chunks).split(b" ", 2)[1] == b"200"


def test_blanks_before_a_value_hold_up_nobody(server):
    """The thread that watches the sockets reads each header; what it reads slowly, everybody waits for."""
    blanks, letters = (_seconds_of(server, b"X-Any: " + 15_000 * each + b"x") for each in (b" ", b"x"))
    assert blanks < max(5 * letters, 0.25)


def _seconds_of(server: ServedProcess, header: bytes) -> float:
    """Return the processor time of three requests with a header."""
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + b"\r\n\r\n"
    before = _used(server)
    for _ in range(3):
        assert server.raw(request).split(b" ", 2)[1] == b"200"
    return _used(server) - before


def _used(server: ServedProcess) -> float:
    user, system = (Path("/proc") / str(server.process.pid) / "stat").read_text().split()[13:15]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_blanks_are_taken_from_around_values_and_from_nowhere_else(server):
    def status(*lines: bytes) -> bytes:
        return server.raw(b"\r\n".join(lines) + b"\r\nConnection: close\r\n\r\n").split(b" ", 2)[1]

    assert status(b"GET /healthz HTTP/1.1", b"Host: \t localhost \t") == b"200"
    assert status(b"GET /a: b HTTP/1.1", b"Host: localhost") == b"400"
    assert status(b"GET /healthz HTTP/1.1", b"Host : localhost") == b"400"


def test_a_host_that_is_no_address_is_400(server):
    for host in (b"[::::]", b"[" + b":" * 9_000 + b"]"):
        reply = server.raw(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
        assert reply.split(b" ", 2)[1] == b"400"


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


@pytest.mark.parametrize("also", [(), (signal.SIGTERM,)], ids=["alone", "with SIGTERM"])
def test_a_hangup_answers_what_has_arrived(kb_folder, also):
    answered: list[int] = []

    def ask_until_closed() -> None:
        with closing(running.connect()) as connection:
            while True:
                body = json.dumps({"question": f"{DOCKER_QUESTION} {len(answered)}"}).encode()
                reply = send(connection, "POST", "/api/v1/ask", body=body)
                answered.append(reply.status)
                if reply.headers.get("Connection") == "close":
                    return

    lost: list[str] = []

    def ask() -> None:
        try:
            ask_until_closed()
        except (OSError, ValueError) as error:
            lost.append(repr(error))

    with served(kb_folder) as running:
        clients = [threading.Thread(target=ask) for _ in range(12)]
        for client in clients:
            client.start()
        time.sleep(1)
        for number in (signal.SIGHUP, *also):
            running.process.send_signal(number)
        code = running.process.wait(15)
    for client in clients:
        client.join()
    assert (code, lost, set(answered)) == (0, [], {200})


def _opened(port: int, content: bytes, address: str = "127.0.0.1") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(address, 0))
    connection.sendall(content)
    return connection


def _status(connection: socket.socket) -> int:
    with connection:
        return int(b"".join(iter(lambda: connection.recv(65536), b"")).split(b" ", 2)[1])
