"""Keys and limits of the server as it runs: what official clients see, what survives a kill, what refuses to listen."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest
from access_support import QUESTION, basic, bearer, new_key
from cli_support import error_line, faq
from server_support import ROOT, ServedProcess, served

from faqkb.kb.keys.ring import KeyStore

MODELS = "/v1/models"


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "kb")


@pytest.fixture(scope="module")
def key_and_server(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ServedProcess]]:
    folder = shutil.copytree(built, tmp_path_factory.mktemp("keyed") / "kb")
    key = new_key(folder, "read", "feedback")
    with served(folder) as server:
        yield key, server


def until(is_so: Callable[[], bool], seconds: float = 1.5) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def official(server: ServedProcess, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


def ask(client: openai.OpenAI) -> str:
    reply = client.chat.completions.create(model="faq", messages=[{"role": "user", "content": QUESTION}])
    return reply.choices[0].message.content or ""


def test_openais_client_comes_in_with_a_key_and_is_told_by_its_own_error_without(key_and_server):
    key, server = key_and_server
    with official(server, key) as client:
        assert "ten seconds" in ask(client)
    with official(server, "sk-none") as client, pytest.raises(openai.AuthenticationError) as refused:
        ask(client)
    assert (refused.value.status_code, refused.value.code) == (401, "invalid_api_key")
    with official(server, key) as client, pytest.raises(openai.AuthenticationError):
        client.with_options(default_headers={"X-API-Key": key[:-2] + "aa"}).models.list()


def test_openais_client_is_told_when_it_asks_too_often(folder):
    key = new_key(folder, rate_per_minute=1)
    with served(folder) as server, official(server, key) as client:
        ask(client)
        with pytest.raises(openai.RateLimitError) as refused:
            ask(client)
    assert refused.value.code == "rate_limit_exceeded"
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 60


def test_a_browsers_login_opens_the_pages(key_and_server):
    key, server = key_and_server
    assert server.get("/").status == 401
    page = server.get("/q/faq/Q1", **basic(key))
    assert (page.status, b"Hold the button" in page.content) == (200, True)


def test_agents_bring_the_same_key(key_and_server):
    key, server = key_and_server
    ping = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
    statuses = [
        server.send("POST", "/mcp", body=ping, headers=headers | {"Content-Type": "application/json"}).status
        for headers in ({}, bearer(key))
    ]
    assert statuses == [401, 200]


@pytest.mark.parametrize(
    "lines",
    [
        ["Authorization: Bearer {key}", "Authorization: Bearer {key}"],
        ["Authorization: Bearer {key}", "Authorization: Bearer x"],
        ["X-API-Key: {key}", "X-API-Key: {key}"],
        ["Authorization : Bearer {key}"],
        ["Authorization: Bearer {key}\tx"],
        ["X_API_Key: {key}"],
        ["X-API-Key: " + "k" * 10_240],
    ],
)
def test_smuggled_headers_open_nothing(key_and_server, lines):
    key, server = key_and_server
    sent = "\r\n".join(["GET /v1/models HTTP/1.1", "Host: x", *lines]).replace("{key}", key)
    reply = server.raw(f"{sent}\r\nConnection: close\r\n\r\n".encode())
    assert int(reply.split(b" ", 2)[1]) in {400, 401}
    assert server.get(MODELS, **bearer(key)).status == 200


def test_a_forwarded_address_is_not_this_machine_and_not_another_client(folder):
    with served(folder, "--public", "--rate-per-minute", "2") as server:
        statuses = [server.get(MODELS, **{"X-Forwarded-For": f"10.0.0.{n}"}).status for n in range(3)]
    assert statuses == [200, 200, 429]


def test_a_trusted_proxy_tells_clients_apart(folder):
    with served(folder, "--public", "--rate-per-minute", "1", "--behind-proxy", "1") as server:
        statuses = [server.get(MODELS, **{"X-Forwarded-For": f"6.6.6.6, 10.0.0.{n}"}).status for n in (1, 2, 1)]
    assert statuses == [200, 200, 429]


def test_keys_made_by_the_command_count_within_a_second_and_revoked_ones_stop(folder):
    with served(folder) as server:
        assert server.get(MODELS).status == 200
        made = json.loads(faq("keys", "add", "bot", "--kb", folder, "--json").stdout)
        until(lambda: server.get(MODELS).status == 401)
        assert server.get(MODELS, **bearer(made["key"])).status == 200
        rotated = json.loads(faq("keys", "rotate", made["id"], "--grace", "0", "--kb", folder, "--json").stdout)
        until(lambda: server.get(MODELS, **bearer(made["key"])).status == 401)
        assert server.get(MODELS, **bearer(rotated["key"])).status == 200
        assert faq("keys", "revoke", made["id"], "--kb", folder).returncode == 0
        until(lambda: server.get(MODELS, **bearer(rotated["key"])).status == 401)


def test_a_quota_survives_a_kill_but_for_its_last_second(folder):
    key = new_key(folder, quota_per_day=3)
    with served(folder) as server:
        assert [server.get(MODELS, **bearer(key)).status for _ in range(2)] == [200, 200]
        until(lambda: any(use.count == 2 for use in KeyStore(folder).uses().values()), 3)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(10)
    with served(folder) as server:
        assert [server.get(MODELS, **bearer(key)).status for _ in range(2)] == [200, 429]


def test_a_stop_writes_down_what_was_used(folder):
    key = new_key(folder, quota_per_day=3)
    with served(folder) as server:
        server.get(MODELS, **bearer(key))
        assert server.terminate() == 0
    assert [use.count for use in KeyStore(folder).uses().values()] == [1]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_it_does_not_listen_for_others_without_a_key(folder, host):
    told = error_line(faq("serve", "--host", host, "--port", "0", "--kb", folder))
    assert "faq keys add" in told
    assert "--public" in told


def test_a_revoked_key_is_none_when_it_comes_to_listening(folder):
    new_key(folder)
    KeyStore(folder).revoke(KeyStore(folder).read()[0].id)
    assert "got no key" in error_line(faq("serve", "--host", "0.0.0.0", "--port", "0", "--kb", folder))


def test_it_refuses_before_it_builds_anything(tmp_path):
    started = time.monotonic()
    error_line(faq("serve", "--host", "0.0.0.0", FAQ_KB=str(tmp_path / "none")))
    assert not (tmp_path / "none").exists()
    assert time.monotonic() - started < 10  # building takes longer, and a loaded machine takes a few to start


def test_damaged_keys_do_not_open_the_server(folder):
    (folder / "keys.sqlite").write_bytes(b"no keys" * 1000)
    assert "keys.sqlite" in error_line(faq("serve", "--port", "0", "--kb", folder))


def test_with_a_key_or_in_public_it_listens_for_others(folder):
    with served(folder, "--host", "0.0.0.0", "--public") as server:
        assert server.get(MODELS).status == 200
    key = new_key(folder)
    with served(folder, "--host", "0.0.0.0") as server:
        assert (server.get(MODELS).status, server.get(MODELS, **bearer(key)).status) == (401, 200)
        assert (server.get("/healthz").status, server.get("/readyz").status) == (200, 200)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("FAQ_PUBLIC", "maybe"), ("FAQ_RATE_PER_MINUTE", "-1"), ("FAQ_BEHIND_PROXY", "99"), ("FAQ_RETENTION_DAYS", "1e3")],
)
def test_a_variable_that_cannot_be_used_is_told_by_name(folder, variable, value):
    told = error_line(faq("serve", "--port", "0", "--kb", folder, **{variable: value}))
    assert variable in told
    assert value in told


@pytest.mark.parametrize("line", ["public = 1", 'rate_per_minute = "many"', "behind_proxy = true", "key = 'x'"])
def test_a_setting_that_cannot_be_used_is_told_by_name(folder, tmp_path, line):
    (tmp_path / "faq.toml").write_text(f"[serve]\n{line}\n")
    told = error_line(faq("serve", "--port", "0", "--kb", folder, cwd=tmp_path, PYTHONPATH=str(ROOT)))
    assert line.split()[0] in told


# The audit log


def test_the_log_says_who_asked_and_what_came_of_it_without_the_words(folder, tmp_path):
    key, log = new_key(folder), tmp_path / "audit.jsonl"
    with served(folder, "--audit-log", str(log)) as server:
        body = json.dumps({"question": f"{QUESTION} I am me@example.com"}).encode()
        headers = bearer(key) | {"Content-Type": "application/json"}
        reply = server.send("POST", "/api/v1/ask", body=body, headers=headers)
        server.get("/q/faq/Q2?x=private-words")
        server.get("/healthz")
        server.get("/static/style.css")
    first, second = map(json.loads, log.read_text().splitlines())
    assert (first["request"], first["key"]) == (reply.headers["X-Request-Id"], key.split("_")[1])
    assert (first["method"], first["route"], first["status"]) == ("POST", "/api/v1/ask", 200)
    assert (first["address"], first["answers"][0]["record"]) == ("127.0.0.0/24", "faq/Q1")
    assert first["ms"] > 0
    assert (second["status"], second["key"], second["route"]) == (401, None, "/q/<path:record_id>")
    assert not any(word in log.read_text() for word in ("reset", "private-words", key, "example.com"))
    assert oct(log.stat().st_mode & 0o777) == "0o600"


def test_questions_are_logged_when_wanted_and_redacted_even_then(folder, tmp_path):
    log = tmp_path / "audit.jsonl"
    settings = f'[serve]\naudit_log = "{log.name}"\naudit_questions = true\n'
    (tmp_path / "faq.toml").write_text(settings)
    environment = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", str(folder), "--port", "0"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        server = ServedProcess(process, next(w for w in process.stdout.readline().split() if w.startswith("http")))
        server.ask(f"{QUESTION} mail me@example.com")
        call = {"name": "ask", "arguments": {"question": "Is it waterproof?"}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        server.send("POST", "/mcp", body=json.dumps(message).encode())
        server.terminate()
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert [entry["answers"][0]["question"] for entry in entries] == [
        f"{QUESTION} mail [email]",
        "Is it waterproof?",
    ]


def test_a_full_disk_stops_no_answer_and_is_said_once(folder):
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", str(folder), "--port", "0", "--audit-log", "/dev/full"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        server = ServedProcess(process, next(w for w in process.stdout.readline().split() if w.startswith("http")))
        assert [server.ask(QUESTION).status for _ in range(3)] == [200, 200, 200]
        server.terminate()
        assert process.stderr.read().count("No space left") == 1


def test_a_log_that_cannot_be_opened_is_an_error_at_the_start(folder, tmp_path):
    told = error_line(faq("serve", "--port", "0", "--kb", folder, "--audit-log", tmp_path / "none" / "audit.jsonl"))
    assert "audit log" in told


def test_an_ipv6_loopback_needs_no_key(folder):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with served(folder, "--host", "::1") as server:
        assert server.url.startswith("http://[::1]:")
