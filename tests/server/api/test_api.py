"""The JSON API gives what the command line gives, in the documented shape."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION, NEAR_QUESTION, WEATHER_QUESTION

from faqkb.kb.language.codes import twin_key

SHM = "faq_2021_s1/Q1.3"


def ask(client: FlaskClient, question: str, **fields: object) -> dict:
    reply = client.post("/api/v1/ask", json={"question": question, **fields})
    assert reply.status_code == 200, reply.text
    return reply.get_json()


def test_a_known_problem_is_answered_by_its_record(client):
    answer = ask(client, DOCKER_QUESTION)
    assert (answer["status"], answer["answered"], answer["no_answer"]) == ("answered", True, None)
    assert answer["answers"][0]["id"] == SHM
    assert "--shm-size=8g" in answer["answers"][0]["answer"]


@pytest.mark.parametrize("question", [DOCKER_QUESTION, "my shared memory is too small, the blocking queue is killed"])
def test_what_is_related_holds_no_translation_of_the_answer(client, question):
    answer = ask(client, question, top_k=20)
    assert answer["status"] == "answered"
    related = [twin_key(prompt["id"]) for prompt in answer["follow_ups"] if prompt["kind"] != "check"]
    assert related
    assert twin_key(answer["answers"][0]["id"]) not in related


def test_the_answer_document_has_the_documented_fields(client):
    answer = ask(client, DOCKER_QUESTION)
    assert set(answer) >= {
        "question",
        "status",
        "answered",
        "confidence",
        "answers",
        "no_answer",
        "snapshot",
        "took_ms",
    }
    best = answer["answers"][0]
    assert set(best) == {
        "id", "question", "language", "answer", "answer_html", "confidence", "highlight", "source", "checks",
    }  # fmt: skip
    assert set(best["source"]) == {"path", "line", "section", "anchor"}


def test_a_question_outside_the_knowledge_gets_no_answer_but_suggestions(client):
    answer = ask(client, WEATHER_QUESTION)
    assert (answer["status"], answer["answered"], answer["answers"]) == ("no_answer", False, [])
    assert answer["no_answer"]["reason"] == "not_confident"
    assert answer["no_answer"]["suggestions"] == []
    near = ask(client, NEAR_QUESTION)
    assert near["status"] == "no_answer"
    assert {"id", "question", "confidence"} == set(near["no_answer"]["suggestions"][0])
    assert all(each["confidence"] >= 0.05 for each in near["no_answer"]["suggestions"])


@pytest.mark.parametrize("question", ["", "   ", "？！…", "\x00"])
def test_a_question_without_words_says_so(client, question):
    assert ask(client, question)["no_answer"]["reason"] == "empty_question"


def test_confidence_does_not_depend_on_top_k(client):
    first = {ask(client, DOCKER_QUESTION, top_k=top_k)["answers"][0]["confidence"] for top_k in (1, 2, 5, 20)}
    assert len(first) == 1


def test_top_k_bounds_the_answers(client):
    assert [len(ask(client, DOCKER_QUESTION, top_k=top_k)["answers"]) for top_k in (1, 2, 5)] == [1, 2, 5]


def test_a_higher_threshold_withholds_the_answer(client):
    assert not ask(client, DOCKER_QUESTION, min_confidence=1.0)["answered"]
    assert not ask(client, DOCKER_QUESTION, min_confidence=1)["answered"]


def test_tags_narrow_what_is_considered(client):
    found = ask(client, DOCKER_QUESTION, tags=["mobile"], min_confidence=0.0)["answers"]
    assert found
    assert {hit["id"].rpartition("/")[2] for hit in found} == {"Q2.4"}


def test_an_explanation_comes_only_when_asked_for(client):
    assert "explain" not in ask(client, DOCKER_QUESTION)["answers"][0]
    assert ask(client, DOCKER_QUESTION, explain=True)["answers"][0]["explain"]["scores"]


def test_a_session_id_is_taken(client):
    assert ask(client, DOCKER_QUESTION, session_id="s-1")["answered"]


def test_search_keeps_the_order_of_ask(client):
    asked = [hit["id"] for hit in ask(client, DOCKER_QUESTION, top_k=5)["answers"]]
    found = client.get("/api/v1/search", query_string={"q": DOCKER_QUESTION, "limit": 5}).get_json()
    assert [hit["id"] for hit in found["hits"]] == asked


def test_search_gives_ten_hits_with_the_documented_fields(client):
    found = client.get("/api/v1/search", query_string={"q": "模型"}).get_json()
    assert set(found) == {"query", "hits", "snapshot", "took_ms"}
    assert len(found["hits"]) == 10
    assert set(found["hits"][0]) == {"id", "question", "confidence", "url", "snippet"}


def test_search_for_nothing_finds_nothing(client):
    assert client.get("/api/v1/search?q=").get_json()["hits"] == []


def test_the_address_of_a_hit_is_a_page(client):
    hit = client.get("/api/v1/search", query_string={"q": DOCKER_QUESTION}).get_json()["hits"][0]
    page = client.get(hit["url"])
    assert (page.status_code, hit["question"] in page.text) == (200, True)


def test_records_are_read_page_by_page_each_once(client):
    ids, cursor = [], None
    while True:
        page = client.get(
            "/api/v1/records", query_string={"limit": 7} | ({"cursor": cursor} if cursor else {})
        ).get_json()
        ids += [record["id"] for record in page["records"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(ids) == len(set(ids)) == client.get("/readyz").get_json()["records"]


def test_a_page_that_ends_with_the_last_record_has_no_next(client):
    count = client.get("/readyz").get_json()["records"]
    assert client.get(f"/api/v1/records?limit={count}").get_json()["next_cursor"] is None


def test_one_record_is_read_by_its_id(client):
    record = client.get(f"/api/v1/records/{SHM}").get_json()
    assert (record["id"], record["language"], record["url"]) == (SHM, "zh", f"/q/{SHM}")


def test_health_and_readiness_are_told(client):
    assert client.get("/healthz").get_json() == {"status": "ok", "keys": "ok", "feedback": "ok"}
    ready = client.get("/readyz").get_json()
    assert (ready["status"], ready["refused"]) == ("ready", None)


def test_the_response_names_the_snapshot_it_came_from(client):
    reply = client.post("/api/v1/ask", json={"question": DOCKER_QUESTION})
    assert (
        reply.headers["X-KB-Generation"] == reply.get_json()["snapshot"] == client.get("/readyz").get_json()["snapshot"]
    )


def test_head_has_the_headers_of_get_and_no_body(client):
    reply = client.head("/api/v1/records")
    assert (reply.status_code, reply.content_type, reply.data) == (200, "application/json", b"")


@pytest.mark.parametrize(
    "question",
    [
        "ﷺ" * 1000,
        "👩‍👩‍👧‍👦" * 300,
        "مرحبا كيف أزيد الذاكرة المشتركة",
        "\u202eesrever",
        "<script>alert(1)</script>",
        "'; DROP TABLE records; --",
        '" OR words MATCH "a',
        "a" * 60_000,
        "Traceback\n" * 5_000,
        "NEAR(a b) * ^ AND",
        "𗀀𗀁",  # Tangut: letters without a name
    ],
)
def test_a_strange_question_is_only_a_question(client, question):
    assert ask(client, question)["status"] in {"answered", "ambiguous", "no_answer"}
    assert client.get("/api/v1/search", query_string={"q": question[:1000]}).status_code == 200
