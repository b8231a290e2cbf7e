"""Conversations over the JSON API: by a session id, or by the messages sent along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION, WEATHER_QUESTION

from faqkb.server.access.decision import AccessSettings
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.answering.tokens import answer_tokens
from faqkb.server.app import create_app
from faqkb.server.feedback.judging import EXTENSION as FEEDBACK
from faqkb.server.settings import ServerSettings


@pytest.fixture(scope="module")
def public_client(kb_folder: Path) -> Iterator[FlaskClient]:
    app = create_app(kb_folder, settings=ServerSettings(access=AccessSettings(public=True, rate_per_minute=0)))
    yield app.test_client()
    app.extensions[EXTENSION].close()


SHM = "faq_2021_s1/Q1.3"


def ask(client: FlaskClient, question: str, **fields: object) -> dict:
    reply = client.post("/api/v1/ask", json={"question": question, **fields})
    assert reply.status_code == 200, reply.text
    return reply.get_json()


def test_a_follow_up_is_understood_by_the_session(client):
    ask(client, DOCKER_QUESTION, session_id="a")
    answer = ask(client, "为什么？", session_id="a")
    assert (answer["status"], answer["answers"][0]["id"]) == ("answered", SHM)
    assert answer["question"] == "为什么?"


def test_sessions_are_told_apart(client):
    ask(client, DOCKER_QUESTION, session_id="b")
    assert not ask(client, "为什么？", session_id="c")["answered"]
    assert not ask(client, "为什么？")["answered"]


def test_a_follow_up_is_understood_by_the_messages(client):
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": DOCKER_QUESTION},
        {"role": "assistant", "content": "…"},
    ]
    assert ask(client, "why?", messages=messages)["answers"][0]["id"] == SHM


@pytest.mark.parametrize(("text", "word"), [("谢谢", "不客气"), ("thank you!", "welcome")])
def test_small_talk_gets_a_polite_word_in_its_language(client, text, word):
    answer = ask(client, text, session_id=f"d {word}")
    assert (answer["status"], answer["answers"]) == ("no_answer", [])
    assert answer["no_answer"]["reason"] == "small_talk"
    assert word in answer["no_answer"]["message"]
    assert answer["no_answer"]["suggestions"] == []
    assert answer["answer_token"]


@pytest.mark.parametrize(("text", "word"), [("hi", "just ask"), ("你好", "请直接输入")])
def test_a_greeting_is_greeted_outside_of_a_conversation_too(client, text, word):
    answer = ask(client, text)
    assert (answer["no_answer"]["reason"], answer["answers"]) == ("small_talk", [])
    (batched,) = client.post("/api/v1/ask:batch", json={"questions": [{"question": text}]}).get_json()["answers"]
    assert batched["no_answer"] == answer["no_answer"]
    page = client.get("/", query_string={"q": text}).text
    assert answer["no_answer"]["message"] == ask(client, text, session_id="greeting")["no_answer"]["message"]
    assert word in answer["no_answer"]["message"]
    assert word in page
    forms = 'name="answer_token"'
    assert page.count(forms) == client.get("/").text.count(forms), "nothing to tell the maintainer"


def test_a_choice_is_picked_by_its_number(client):
    for question in ("训练", "模型", "精度", "速度慢", "accuracy", "network", "classes"):
        first = ask(client, question, session_id=question)
        shown = first["answers"] or (first["no_answer"] or {})["suggestions"]
        if first["status"] != "answered" and len(shown) > 1:
            picked = ask(client, "第二个", session_id=question)
            assert (picked["status"], picked["answers"][0]["id"]) == ("answered", shown[1]["id"])
            return
    pytest.fail("no question was ambiguous")


@pytest.mark.parametrize("messages", [[{"role": "robot", "content": "x"}], [{"role": "user"}], "x", [{}] * 101])
def test_messages_that_are_none_are_refused(client, messages):
    reply = client.post("/api/v1/ask", json={"question": "x", "messages": messages})
    assert reply.status_code == 422
    assert reply.content_type == "application/problem+json"


def test_the_token_of_a_follow_up_tells_what_it_was_understood_as(client):
    ask(client, DOCKER_QUESTION, session_id="e")
    answer = ask(client, "为什么？", session_id="e")
    assert answer["understood_as"].startswith(DOCKER_QUESTION)
    with client.application.app_context():
        assert answer_tokens().read(answer["answer_token"]).given.question == answer["understood_as"]


def test_follow_ups_lead_on_from_an_answer(client):
    follow_ups = ask(client, DOCKER_QUESTION)["follow_ups"]
    assert {"kind": "check", "id": "shm", "url": "/checks/shm.py"}.items() <= follow_ups[0].items()
    of_topic = [prompt for prompt in follow_ups if prompt["kind"] == "topic"]
    assert len(of_topic) == 3
    assert len({prompt["id"] for prompt in follow_ups} - {SHM}) == len(follow_ups)
    for prompt in follow_ups:
        assert client.get(prompt["url"]).status_code == 200, prompt


def test_nothing_follows_where_nothing_is_answered(client):
    assert ask(client, WEATHER_QUESTION)["follow_ups"] == []


TURNS = ["docker 里训练报 bus error", "为什么？", "怎么改？", "谢谢", "还有别的办法吗？", "那怎么做？"]


def in_session(client: FlaskClient, turns: list[str]) -> dict:
    return [ask(client, text, session_id=f"told {turns}") for text in turns][-1]


def by_messages(client: FlaskClient, turns: list[str]) -> dict:
    messages = []
    for text in turns:
        answer = ask(client, text, messages=messages)
        said = answer["answers"][0]["answer"] if answer["answered"] else listed(answer)
        messages += [{"role": "user", "content": text}, {"role": "assistant", "content": said}]
    return answer


def listed(answer: dict) -> str:
    near = answer["answers"] or answer["no_answer"]["suggestions"]
    return "\n".join(f"{number}. {entry['question']}" for number, entry in enumerate(near, start=1)) or "…"


KEPT = pytest.mark.parametrize("talk", [in_session, by_messages])


@KEPT
def test_a_topic_is_not_lost_whoever_keeps_the_conversation(client, talk):
    assert talk(client, TURNS)["answers"][0]["id"] == SHM


@KEPT
def test_a_person_is_never_greeted_and_the_caller_is_told(client, talk):
    answer = talk(client, [DOCKER_QUESTION, "转人工"])
    assert (answer["no_answer"]["talk"], answer["handover"]) == ("person", True)
    assert "你好" not in answer["no_answer"]["message"]
    assert not talk(client, [DOCKER_QUESTION, "谢谢"])["handover"]


@KEPT
def test_an_answer_that_did_not_help_is_not_given_again(client, talk):
    answer = talk(client, [DOCKER_QUESTION, "还是不行"])
    assert answer["no_answer"]["talk"] == "not_helped"
    assert SHM not in {near["id"] for near in answer["no_answer"]["suggestions"]}
    assert answer["follow_ups"][0]["id"] == "shm", "a check of the answer that did not help"


def test_that_an_answer_did_not_help_counts_once(client):
    store = client.application.extensions[FEEDBACK]
    before = store.votes()
    for _ in range(3):
        by_messages(client, [DOCKER_QUESTION, "你说的不对"])
    counted = store.votes()
    assert sum(each.not_helpful for each in counted) - sum(each.not_helpful for each in before) <= 1
    assert any(each.record_id == SHM and each.not_helpful for each in counted)


@KEPT
def test_the_language_asked_for_is_given_and_holds(client, talk):
    assert talk(client, [DOCKER_QUESTION, "in English please"])["answers"][0]["id"] == f"en/{SHM}"
    answer = talk(client, [DOCKER_QUESTION, "in English please", "转人工"])
    assert (answer["language"], answer["no_answer"]["message"][:4]) == ("en", "I am")


AT = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}
ELSEWHERE = {"environ_overrides": {"REMOTE_ADDR": "198.51.100.9"}}


def follow_up(client, session_id, **asked):
    body = {"question": "为什么？", "session_id": session_id}
    return client.post("/api/v1/ask", json=body, **asked)


def test_an_id_that_can_be_guessed_belongs_to_the_address_it_came_from(public_client):
    start = {"question": DOCKER_QUESTION, "session_id": "42"}
    assert public_client.post("/api/v1/ask", json=start, **AT).get_json()["answered"]
    assert follow_up(public_client, "42", **AT).get_json()["answered"]
    assert not follow_up(public_client, "42", **ELSEWHERE).get_json()["answered"]


def test_an_id_of_128_bits_may_move(public_client):
    long_id = "5d2f7a0e-8c41-4e0e-9a57-3f7b0b6f1c9d"
    public_client.post("/api/v1/ask", json={"question": DOCKER_QUESTION, "session_id": long_id}, **AT)
    assert follow_up(public_client, long_id, **ELSEWHERE).get_json()["answered"]


def test_where_a_proxy_hides_who_asks_an_id_must_not_be_guessable(client, public_client):
    for asked in (follow_up(public_client, "42"), follow_up(client, "42", headers={"X-Forwarded-For": "192.0.2.1"})):
        assert asked.status_code == 422
        assert asked.get_json()["errors"][0]["field"] == "session_id"
    assert follow_up(client, "42").status_code == 200, "on this machine there is one who asks"
