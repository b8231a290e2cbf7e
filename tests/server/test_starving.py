"""One client that asks much and takes nothing: others are answered all the same, and the server can be stopped."""

from __future__ import annotations

import json
import os
import random
import socket
import string
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

from server_support import send, served

BATCH_HEAD = b"POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2025-03-26\r\n"
PIPELINED = b"GET /openapi.json HTTP/1.1\r\nHost:a\r\n\r\n"


@contextmanager
def attacked(kb_folder, *options):
    with served(kb_folder, *options) as running:
        try:
            yield running
        finally:
            running.process.kill()  # it may be beyond SIGTERM


def asked_by(running, source, method="GET", path="/healthz", body=None, headers=None, timeout=8.0):
    """Return the status that another address hears, None for no answer in time."""
    with closing(running.connect(timeout)) as connection:
        connection.source_address = (source, 0)
        try:
            return send(connection, method, path, body=body, headers=headers).status
        except OSError:
            return None


def ask(running, source="127.0.0.9", timeout=15.0):
    body = json.dumps({"question": f"docker shm {time.time()}"}).encode()
    return asked_by(running, source, "POST", "/api/v1/ask", body, timeout=timeout)


def connected(running, source, receive=4096):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", running.port))
    return connection


def call(name, **arguments):
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


def batch(number, name, **arguments):
    body = json.dumps([call(name, **arguments)] * number, separators=(",", ":")).encode()
    return BATCH_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_half_a_request_behind_a_large_reply_does_not_stop_the_thread_that_watches_the_sockets(kb_folder):
    """One client; the whole server is dead for ever, /healthz and SIGTERM too."""
    first, last = batch(78, "get_check", id="pretrained"), batch(20, "get_check", id="pretrained")
    room = 2 * 8192 - len(first) - len(last) - 1  # all of it is read with the end of the first request
    with attacked(kb_folder, "--public") as running, closing(connected(running, "127.0.0.2", 65536)) as connection:
        connection.sendall(first + PIPELINED * min(160, room // len(PIPELINED)) + last + b"G")
        connection.settimeout(0.5)
        until, silent = time.monotonic() + 30, 0
        while time.monotonic() < until and silent < 3:
            for _ in range(30):  # 300 kB a second: enough that it is never silent for 5 seconds
                try:
                    connection.recv(32768)
                except OSError:
                    break
                time.sleep(0.08)
            silent = 0 if asked_by(running, "127.0.0.9", timeout=4) else silent + 1
        assert silent < 3, "nobody hears anything from this server any more"


def test_who_takes_no_reply_holds_no_thread(kb_folder):
    """8 kB from each of 5 addresses, never read; every thread waits for ever."""
    with attacked(kb_folder, "--public") as running:
        held = [connected(running, f"127.0.0.{number}") for number in range(2, 7)]
        for connection in held:
            connection.sendall(PIPELINED * (8192 // len(PIPELINED)))
        time.sleep(8)
        seen = ask(running), asked_by(running, "127.0.0.9")
        for connection in held:
            connection.close()
    assert seen == (200, 200)


def test_batches_of_mcp_leave_threads_to_others(kb_folder):
    """5 batches from 2 addresses within their rate; nobody else is answered while they last."""
    letters = string.ascii_lowercase + " "

    def attack(source):
        calls = [call("ask", question="".join(random.choices(letters, k=399))) for _ in range(100)]
        headers = {"MCP-Protocol-Version": "2025-03-26"}
        asked_by(running, source, "POST", "/mcp", json.dumps(calls).encode(), headers, timeout=300)

    with attacked(kb_folder, "--public") as running:
        sources = ["127.0.0.2"] * 3 + ["127.0.0.3"] * 2
        threads = [threading.Thread(target=attack, args=[source], daemon=True) for source in sources]
        for thread in threads:
            thread.start()
        time.sleep(3)
        answered = ask(running, timeout=12)
    assert answered == 200


def test_a_body_that_is_wrong_in_130000_places_costs_no_more_than_a_question(kb_folder):
    """One request of the rate, 1.5 s of a core and 150 MB."""
    wrong = b'{"model":"faq","messages":[{"role":"user","content":[' + b",".join([b"1"] * 130_000) + b"]}]}"

    def seconds():
        used = (Path("/proc") / str(running.process.pid) / "stat").read_text().split()
        return (int(used[13]) + int(used[14])) / os.sysconf("SC_CLK_TCK")

    with attacked(kb_folder) as running:
        for _ in range(5):
            ask(running)
        begun = seconds()
        for _ in range(5):
            ask(running)
        question, begun = seconds() - begun, seconds()
        for _ in range(5):
            assert asked_by(running, "127.0.0.2", "POST", "/v1/chat/completions", wrong, timeout=60) == 400
        refusal = seconds() - begun
    assert refusal < 6 * max(question, 0.05), f"{refusal / 5:.2f} s to refuse, {question / 5:.2f} s to answer"
