"""What a server records of what it is asked: every protocol, no reader presses anything, and no request waits."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import faq
from flask import Flask
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION, WEATHER_QUESTION, copied_knowledge, served

from faqkb.kb.answers import Status
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.server.app import create_app
from faqkb.server.feedback.recording import recorder_of
from faqkb.server.settings import ServerSettings

BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def app(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = create_app(copied_knowledge(kb_folder, tmp_path_factory.mktemp("recorded") / "kb"))
    yield made
    made.extensions["faq-knowledge"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def store(app: Flask) -> FeedbackStore:
    found: FeedbackStore = app.extensions["faq-feedback"]
    recorder_of(app).write()
    found._file.path.unlink(missing_ok=True)
    return found


def recorded(app: Flask, store: FeedbackStore) -> list[str]:
    recorder_of(app).write()
    return [each.question for each in store.questions.without_answer() for _ in range(each.times)]


def counts(app: Flask, store: FeedbackStore) -> dict[str, int]:
    recorder_of(app).write()
    return {day.status.value: day.times for day in store.questions.days()}


PROTOCOLS = {
    "ask": lambda client, question: client.post("/api/v1/ask", json={"question": question}),
    "batch": lambda client, question: client.post("/api/v1/ask:batch", json={"questions": [{"question": question}]}),
    "page": lambda client, question: client.get("/", query_string={"q": question}, headers=BROWSER),
    "chat": lambda client, question: client.post(
        "/v1/chat/completions", json={"model": "faq", "messages": [{"role": "user", "content": question}]}
    ),
    "stream": lambda client, question: (
        client.post(
            "/v1/chat/completions",
            json={"model": "faq", "stream": True, "messages": [{"role": "user", "content": question}]},
        ).data
    ),
    "responses": lambda client, question: client.post("/v1/responses", json={"model": "faq", "input": question}),
    "completions": lambda client, question: client.post("/v1/completions", json={"model": "faq", "prompt": question}),
    "azure": lambda client, question: client.post(
        "/language/:query-knowledgebases?projectName=faq&deploymentName=production&api-version=2021-10-01",
        json={"question": question},
    ),
    "mcp": lambda client, question: client.post(
        "/mcp",
        json={
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": question}},
        },
        headers={"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"},
    ),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_question_without_answer_is_recorded_whichever_way_it_is_asked(app, client, store, protocol):
    PROTOCOLS[protocol](client, WEATHER_QUESTION)
    assert recorded(app, store) == [WEATHER_QUESTION]
    assert counts(app, store) == {"no_answer": 1}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_answered_question_is_counted_with_its_record_and_keeps_no_words(app, client, store, protocol):
    PROTOCOLS[protocol](client, DOCKER_QUESTION)
    assert (recorded(app, store), counts(app, store)) == ([], {"answered": 1})
    assert sum(store.questions.records().values()) == 1


def test_what_is_no_question_is_not_recorded(app, client, store):
    client.get("/api/v1/search", query_string={"q": WEATHER_QUESTION})
    for said in ("", "???", "hello", "谢谢"):
        client.post("/api/v1/ask", json={"question": said})
    for address in ("/", "/healthz", "/readyz", "/metrics", "/openapi.json"):
        client.get(address, headers=BROWSER)
    assert counts(app, store) == {}


def test_while_a_reader_types_the_answer_is_the_same(client):
    answers = [
        client.post("/api/v1/ask", json={"question": DOCKER_QUESTION, "typing": typing}).get_json()
        for typing in (True, False)
    ]
    for answer in answers:
        del answer["took_ms"], answer["answer_token"]
    assert answers[0] == answers[1]


def test_each_question_of_one_message_is_recorded(app, client, store):
    asked = "How do I renew a passport in Portugal? And when does the museum of dinosaurs open?"
    reply = client.post("/api/v1/ask", json={"question": asked}).get_json()
    assert sum(counts(app, store).values()) == 1 + len(reply["others"])


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_a_browser_that_asks_for_privacy_is_counted_and_no_words_are_kept(app, client, store, header):
    client.post("/api/v1/ask", json={"question": WEATHER_QUESTION}, headers={header: "1"})
    assert (recorded(app, store), counts(app, store)) == ([], {"no_answer": 1})


def test_a_follow_up_is_recorded_as_what_it_was_understood_as(app, client, store):
    session = {"session_id": "0123456789abcdef0123456789abcdef"}
    client.post("/api/v1/ask", json={"question": DOCKER_QUESTION, **session})
    reply = client.post("/api/v1/ask", json={"question": "那天气呢？", **session}).get_json()
    if reply["status"] != "answered":
        assert recorded(app, store) == [reply["understood_as"]]


def test_where_it_is_switched_off_nothing_is_recorded(kb_folder, tmp_path):
    app = create_app(copied_knowledge(kb_folder, tmp_path / "kb"), settings=ServerSettings(record_questions=False))
    app.test_client().post("/api/v1/ask", json={"question": WEATHER_QUESTION})
    assert recorder_of(app) is None
    assert not (tmp_path / "kb" / "feedback.sqlite").exists()
    app.extensions["faq-knowledge"].close()


def test_a_disk_that_refuses_costs_no_answer_and_is_made_up_for(app, client, store, caplog):
    path = store._file.path
    path.write_bytes(b"not ours" * 512)
    for _ in range(2):
        assert client.post("/api/v1/ask", json={"question": WEATHER_QUESTION}).status_code == 200
        recorder_of(app).write()
    assert len([line for line in caplog.messages if "not written down yet" in line]) == 1
    path.unlink()
    assert recorded(app, store) == [WEATHER_QUESTION] * 2


@pytest.fixture(scope="module")
def folder(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_knowledge(kb_folder, tmp_path_factory.mktemp("served") / "kb")


def test_a_server_writes_within_seconds_and_the_last_when_it_is_stopped(folder):
    store = FeedbackStore(folder)
    with served(folder) as server:
        server.ask(WEATHER_QUESTION)
        until = time.monotonic() + 20
        while not store.questions.without_answer() and time.monotonic() < until:
            time.sleep(0.1)
        assert [each.question for each in store.questions.without_answer()] == [WEATHER_QUESTION]
        for number in range(5):
            server.ask(f"{WEATHER_QUESTION} {number}")
        assert server.terminate() == 0
    assert sum(day.times for day in store.questions.days() if day.status is Status.NO_ANSWER) == 6


@pytest.mark.parametrize("how", ["file", "variable"])
def test_the_setting_switches_it_off(kb_folder, tmp_path, monkeypatch, how):
    folder = copied_knowledge(kb_folder, tmp_path / "kb")
    if how == "file":
        (tmp_path / "faq.toml").write_text("[feedback]\nrecord_questions = false\n")
    else:
        monkeypatch.setitem(os.environ, "FAQ_RECORD_QUESTIONS", "0")
    with served(folder, cwd=tmp_path) as server:
        assert server.ask(WEATHER_QUESTION).json["status"] == "no_answer"
        server.terminate()
    assert not (folder / "feedback.sqlite").exists()


def test_an_ask_with_a_worker_is_recorded_once(kb_folder, tmp_path, monkeypatch):
    folder = copied_knowledge(kb_folder, tmp_path / "kb")
    monkeypatch.setitem(os.environ, "FAQ_WORKERS", "1")
    with served(folder) as server:
        server.ask(WEATHER_QUESTION)
        server.terminate()
    assert [(each.question, each.times) for each in FeedbackStore(folder).questions.without_answer()] == [
        (WEATHER_QUESTION, 1)
    ]


def test_asking_in_the_terminal_records_nothing(kb_folder, tmp_path):
    folder = copied_knowledge(kb_folder, tmp_path / "kb")
    done = faq("ask", WEATHER_QUESTION, "--kb", str(folder), "--json")
    assert json.loads(done.stdout)["status"] == "no_answer"
    assert not (folder / "feedback.sqlite").exists()


def test_while_a_reader_types_only_what_stands_is_recorded(app, client, store):
    for typed in (WEATHER_QUESTION[:3], WEATHER_QUESTION):
        client.post("/api/v1/ask", json={"question": typed, "typing": True})
    recorder_of(app).write()
    assert counts(app, store) == {}
    recorder_of(app).write(is_last=True)
    assert recorded(app, store) == [WEATHER_QUESTION]
