"""Several questions at once are answered as each alone, and nobody else waits for them."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION, WEATHER_QUESTION, ServedProcess, served

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.knowledge import KnowledgeBase

QUESTIONS = [DOCKER_QUESTION, WEATHER_QUESTION, "", "模型", "how do I export a model?", "shm", DOCKER_QUESTION]


def batch(client: FlaskClient, *questions: object):
    return client.post("/api/v1/ask:batch", json={"questions": list(questions)})


def without_what_differs(document: dict) -> dict:
    return {name: value for name, value in document.items() if name not in {"took_ms", "answer_token"}}


def test_each_answer_is_the_one_that_it_would_get_alone(client):
    reply = batch(client, *({"question": question, "top_k": 5, "explain": True} for question in QUESTIONS)).get_json()
    for question, answer in zip(QUESTIONS, reply["answers"], strict=True):
        alone = client.post("/api/v1/ask", json={"question": question, "top_k": 5, "explain": True}).get_json()
        assert without_what_differs(answer) == without_what_differs(alone)


def test_all_are_of_the_snapshot_that_the_reply_names(client):
    reply = batch(client, *({"question": question} for question in QUESTIONS))
    document = reply.get_json()
    assert set(document) == {"answers", "snapshot", "took_ms"}
    assert {answer["snapshot"] for answer in document["answers"]} == {document["snapshot"]}
    assert reply.headers["X-KB-Generation"] == document["snapshot"]


def test_feedback_is_taken_on_each_answer(client):
    for answer in batch(client, {"question": DOCKER_QUESTION}, {"question": "模型"}).get_json()["answers"]:
        assert answer["answer_token"]


def test_a_hundred_questions_are_taken_and_no_more(client):
    assert len(batch(client, *[{"question": "shm"}] * 100).get_json()["answers"]) == 100
    assert batch(client, *[{"question": "shm"}] * 101).status_code == 422
    assert batch(client).status_code == 422


def test_a_hundred_long_questions_fit(client):
    assert batch(client, *[{"question": "长" * 700}] * 100).status_code == 200
    assert batch(client, *[{"question": "长" * 1000}] * 100).status_code == 413


def test_a_wrong_field_is_named_with_its_place(client):
    reply = batch(client, {"question": "shm"}, {"question": "shm", "top_k": 0, "session_id": "s"})
    assert reply.status_code == 422
    assert {error["field"] for error in reply.get_json()["errors"]} == {"questions.1.top_k", "questions.1.session_id"}


def test_a_question_that_fails_is_a_problem_in_its_place(client, monkeypatch):
    ask = KnowledgeBase.ask_ranked

    def failing(self, question, **options):
        if question == "fail":
            raise SnapshotDamaged("/srv/secret: bad")
        return ask(self, question, **options)

    monkeypatch.setattr(KnowledgeBase, "ask_ranked", failing)
    reply = batch(client, {"question": "shm"}, {"question": "fail"}, {"question": "shm"})
    first, second, third = reply.get_json()["answers"]
    assert (reply.status_code, second["status"], second["type"]) == (200, 503, "about:blank")
    assert "secret" not in reply.text
    assert first["answers"] == third["answers"]


def test_one_batch_at_a_time_and_single_questions_do_not_wait(kb_folder: Path):
    with served(kb_folder) as running:
        assert running.ask(DOCKER_QUESTION).status == 200
        replies = []
        body = b'{"questions": [%s]}' % b", ".join([b'{"question": "docker %s"}' % (b"bus error " * 60)] * 100)
        sending = threading.Thread(target=lambda: replies.append(running.send("POST", "/api/v1/ask:batch", body=body)))
        sending.start()
        time.sleep(0.2)
        second = running.send("POST", "/api/v1/ask:batch", body=body)
        answered = answered_during(running, sending)
        sending.join()
    assert (second.status, second.headers["Retry-After"]) == (503, "1")
    assert replies[0].status == 200
    assert answered >= 5  # had they waited for the batch, there were one


def answered_during(running: ServedProcess, sending: threading.Thread) -> int:
    """Return how many single questions were answered, one after the other, while a batch was at work."""
    answered = 0
    while sending.is_alive():
        assert running.ask(DOCKER_QUESTION).status == 200
        answered += 1
    return answered
