"""A write that is sent again is not done again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from server_support import DOCKER_QUESTION, copied_knowledge

from faqkb.kb import limits
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app

SHM = "faq_2021_s1/Q1.3"
VOTE = {"question": DOCKER_QUESTION, "record_id": SHM, "helpful": True}
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.fixture
def folder(kb_folder: Path, tmp_path: Path) -> Path:
    return copied_knowledge(kb_folder, tmp_path / "kb")


@pytest.fixture
def app(folder: Path) -> Iterator[Flask]:
    made = create_app(folder)
    yield made
    made.extensions[EXTENSION].close()


def vote(
    app: Flask,
    key: str | None,
    body: dict | None = None,
    path: str = "/api/v1/feedback",
    address: str = "127.0.0.1",
    **headers: str,
):
    given = headers if key is None else headers | {"Idempotency-Key": key}
    return app.test_client().post(path, json=body or VOTE, headers=given, environ_overrides={"REMOTE_ADDR": address})


def stored(folder: Path) -> int:
    return len(list(FeedbackStore(folder).events()))


def test_the_same_write_is_stored_once_and_answered_the_same(app, folder):
    first, again = vote(app, KEY), vote(app, KEY)
    assert (first.status_code, again.status_code, stored(folder)) == (204, 204, 1)
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")


def test_without_a_key_each_client_counts_once_a_day(app, folder):
    vote(app, None)
    vote(app, None)
    assert stored(folder) == 1
    vote(app, None, address="192.0.2.1")
    assert stored(folder) == 2


def test_the_key_is_known_after_a_restart(app, folder):
    vote(app, KEY)
    second = create_app(folder)
    again = vote(second, KEY)
    second.extensions[EXTENSION].close()
    assert (again.status_code, again.headers["Idempotent-Replayed"], stored(folder)) == (204, "true", 1)


def test_a_body_written_in_another_way_is_the_same_body(app, folder):
    vote(app, KEY)
    assert vote(app, KEY, dict(reversed(VOTE.items())) | {"tags": []}).status_code == 204
    assert stored(folder) == 1


def test_another_body_under_the_same_key_is_refused(app, folder):
    vote(app, KEY)
    reply = vote(app, KEY, VOTE | {"helpful": False})
    assert (reply.status_code, reply.content_type) == (422, "application/problem+json")
    assert "key of its own" in reply.get_json()["detail"]
    assert stored(folder) == 1


def test_quotes_are_of_the_header_and_not_of_the_key(app, folder):
    vote(app, KEY)
    assert vote(app, f'"{KEY}"').headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "a b", '"open', '""', "a,b", "a" * 256, "schlüssel", "a;b=1", '"a"b"', "'x'"])
def test_a_malformed_key_is_400_and_nothing_is_stored(app, folder, key):
    assert vote(app, key.encode("utf-8").decode("latin-1")).status_code == 400
    assert stored(folder) == 0


def test_the_same_key_for_another_address_or_of_another_client_is_another_key(app, folder):
    token = app.test_client().post("/api/v1/ask", json={"question": DOCKER_QUESTION}).get_json()["answer_token"]
    vote(app, KEY)
    click = vote(app, KEY, {"answer_token": token, "record_id": SHM}, path="/api/v1/clicks")
    other = vote(app, KEY, Authorization="Bearer another")
    elsewhere = vote(app, KEY, address="192.0.2.1")
    for reply in (click, other, elsewhere):
        assert (reply.status_code, "Idempotent-Replayed" in reply.headers) == (204, False)
    assert stored(folder) == 3


def test_a_click_sent_again_counts_once(app, folder):
    token = app.test_client().post("/api/v1/ask", json={"question": DOCKER_QUESTION}).get_json()["answer_token"]
    for _ in range(3):
        assert vote(app, KEY, {"answer_token": token, "record_id": SHM}, path="/api/v1/clicks").status_code == 204
    assert stored(folder) == 1


def test_a_write_that_was_refused_may_be_mended_under_its_key(app, folder):
    assert vote(app, KEY, VOTE | {"record_id": "none"}).status_code == 422
    assert vote(app, KEY).status_code == 204
    assert stored(folder) == 1


def test_a_reply_comes_again_after_its_token_has_expired(app, folder, monkeypatch):
    token = app.test_client().post("/api/v1/ask", json={"question": DOCKER_QUESTION}).get_json()["answer_token"]
    body = {"answer_token": token, "helpful": True}
    vote(app, KEY, body)
    monkeypatch.setattr("faqkb.server.answering.tokens.ANSWER_TOKEN_SECONDS", -1)
    assert vote(app, "another", body).status_code == 422
    assert vote(app, KEY, body).headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_its_time(app, folder, monkeypatch):
    vote(app, KEY)
    monkeypatch.setattr(limits, "ONCE_SECONDS", -1)
    assert "Idempotent-Replayed" not in vote(app, KEY).headers


def test_of_many_at_once_one_is_stored(app, folder):
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(vote(app, KEY))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status_code for reply in replies] == [204] * 16
    assert sum("Idempotent-Replayed" in reply.headers for reply in replies) == 15
    assert stored(folder) == 1


def test_neither_the_key_nor_the_question_is_on_disk(app, folder):
    vote(app, KEY, DNT="1")
    content = b"".join(path.read_bytes() for path in folder.glob("feedback.sqlite*"))
    assert KEY.encode() not in content
    assert DOCKER_QUESTION.encode() not in content
