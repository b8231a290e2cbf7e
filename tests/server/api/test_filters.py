"""Filters over HTTP: in the body of a question, of a batch, and as parameters of a search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from filter_support import CHINESE, DOOR, HOURS, NOTHING, OVEN, PARTS, QUESTION, REPAIR
from flask.testing import FlaskClient

from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app

FIELDS = ("language", "path", "section", "version")


@pytest.fixture(scope="module")
def ovens(filtered_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    app = create_app(filtered_folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def ask(client: FlaskClient, **fields: object) -> dict:
    reply = client.post("/api/v1/ask", json={"question": QUESTION, "min_confidence": 0, "top_k": 20, **fields})
    assert reply.status_code == 200, reply.text
    return reply.get_json()


def ids(document: dict) -> set[str]:
    return {hit["id"] for hit in document.get("answers", document.get("hits", []))}


@pytest.mark.parametrize(("parts", "expected"), PARTS)
def test_a_question_a_batch_and_a_search_keep_to_a_filter(ovens, parts, expected):
    assert ids(ask(ovens, filter=parts)) == expected
    assert ids(ask(ovens, filter={part: [value] for part, value in parts.items()})) == expected
    asked = {"question": QUESTION, "min_confidence": 0, "top_k": 20}
    batch = ovens.post("/api/v1/ask:batch", json={"questions": [asked, asked | {"filter": parts}]}).get_json()
    assert len(ids(batch["answers"][0])) > 1
    assert ids(batch["answers"][1]) == expected
    found = ovens.get("/api/v1/search", query_string={"q": QUESTION, "limit": 20, **parts}).get_json()
    assert ids(found) == expected


def test_tags_and_several_values_go_together(ovens):
    assert ids(ask(ovens, tags=["kitchen"], filter={"section": ["Repair", "nowhere"]})) == {REPAIR}
    several = [("q", QUESTION), ("path", "faq.md"), ("path", "zh"), ("tag", "kitchen")]
    assert ids(ovens.get(f"/api/v1/search?{urlencode(several)}").get_json()) == set()
    assert ids(ovens.get(f"/api/v1/search?{urlencode(several[:3])}").get_json()) == {HOURS, CHINESE}


def test_a_filter_that_says_nothing_leaves_everything(ovens):
    everything = ids(ask(ovens))
    for parts in ({}, {"language": []}, {field: [] for field in FIELDS}):
        assert ids(ask(ovens, filter=parts)) == everything


def test_a_conversation_keeps_to_the_filter_of_each_question(ovens):
    session = {"session_id": "filters-of-a-conversation", "messages": []}
    assert ask(ovens, **session, filter={"path": "guide/"})["answers"][0]["id"] == OVEN
    follow_up = ask(ovens, **session, question="and to repair it?", filter={"section": "repair"})
    assert ids(follow_up) == {REPAIR}


def test_what_stands_below_an_answer_keeps_to_the_filter(ovens):
    prompts = {prompt["id"] for prompt in ask(ovens, top_k=1, filter={"path": "guide/"})["follow_ups"]}
    assert DOOR in prompts
    kept = ask(ovens, top_k=1, filter={"path": "guide/", "version": "2.10"})["follow_ups"]
    assert kept == []


@pytest.mark.parametrize("value", NOTHING)
def test_a_filter_that_leaves_nothing_is_an_answer_and_no_error(ovens, value):
    for part in ("path", "section", "language"):
        document = ask(ovens, filter={part: value})
        assert (document["status"], document["no_answer"]["reason"]) == ("no_answer", "empty_index")
        assert "filter" in document["no_answer"]["message"]
        found = ovens.get("/api/v1/search", query_string={"q": QUESTION, part: value})
        assert (found.status_code, found.get_json()["hits"]) == (200, [])


@pytest.mark.parametrize(
    ("filter", "field"),
    [
        ({"path": ""}, "filter.path.0"),
        ({"path": "x" * 10_000}, "filter.path.0"),
        ({"section": ["x" * 10_000]}, "filter.section.0"),
        ({"version": "x" * 10_000}, "filter.version.0"),
        ({"language": ["en"] * 17}, "filter.language"),
        ({"version": 2.1}, "filter.version"),
        ({"version": [2]}, "filter.version.0"),
        ({"path": None}, "filter.path"),
        ({"paths": "guide/"}, "filter.paths"),
        ("guide/", "filter"),
        (None, "filter"),
    ],
)
def test_what_is_no_filter_is_named(ovens, filter, field):
    for address, body in (
        ("/api/v1/ask", {"question": QUESTION, "filter": filter}),
        ("/api/v1/ask:batch", {"questions": [{"question": QUESTION, "filter": filter}]}),
    ):
        reply = ovens.post(address, json=body)
        assert reply.status_code == 422
        assert [error["field"].removeprefix("questions.0.") for error in reply.get_json()["errors"]] == [field]


@pytest.mark.parametrize("parameters", [{"path": ""}, {"path": "x" * 10_000}, {"tag": ["t"] * 17}, {"paths": "a"}])
def test_what_is_no_parameter_of_a_search_is_named(ovens, parameters):
    reply = ovens.get("/api/v1/search", query_string={"q": QUESTION, **parameters})
    assert reply.status_code == 422
    assert reply.get_json()["errors"][0]["field"].startswith(next(iter(parameters)))
    assert ovens.get("/api/v1/search?q=a&q=b").status_code == 422


def test_a_search_with_another_filter_is_another_reply(ovens):
    plain = ovens.get("/api/v1/search", query_string={"q": "oven"})
    kept = {"If-None-Match": plain.headers["ETag"]}
    assert ovens.get("/api/v1/search", query_string={"q": "oven"}, headers=kept).status_code == 304
    for parts in ({"path": "guide/"}, {"language": "en"}, {"tag": "kitchen"}):
        assert ovens.get("/api/v1/search", query_string={"q": "oven", **parts}, headers=kept).status_code == 200


def test_a_record_says_which_versions_it_is_about(ovens):
    records = {record["id"]: record["versions"] for record in ovens.get("/api/v1/records").get_json()["records"]}
    assert (records[OVEN], records[REPAIR], records[HOURS]) == (["2.10"], ["3", "4"], [])
    assert ovens.get(f"/api/v1/records/{REPAIR}").get_json()["versions"] == ["3", "4"]
