"""Whatever is refused or fails is told in one form, with a way out and without a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse

from faqkb.kb.errors import SnapshotDamaged
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
SECRET = "/srv/secret/kb/records.sqlite"


@pytest.fixture(scope="module")
def client(kb_folder: Path) -> Iterator[FlaskClient]:
    app = create_app(kb_folder)
    app.add_url_rule("/api/v1/broken", "broken", lambda: 1 / 0)
    app.add_url_rule("/broken", "broken-page", lambda: 1 / 0)
    app.add_url_rule("/api/v1/damaged", "damaged", lambda: (_ for _ in ()).throw(SnapshotDamaged(f"{SECRET}: bad")))
    app.add_url_rule("/api/v1/limited", "limited", lambda: (_ for _ in ()).throw(TooManyRequests()))
    yield app.test_client()
    app.extensions[EXTENSION].close()


def post(client: FlaskClient, content: bytes, kind: str = "application/json") -> TestResponse:
    return client.post("/api/v1/ask", data=content, content_type=kind)


def problem(reply: TestResponse) -> dict:
    """Return the problem document after checking that it is one."""
    assert reply.content_type == "application/problem+json"
    document = json.loads(reply.data)
    assert set(document) <= {"type", "title", "status", "detail", "errors"}
    assert (document["type"], document["status"]) == ("about:blank", reply.status_code)
    assert document["detail"].endswith(".")
    return document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"{'question': 'x'}",
        b'{"question": NaN}',
        b'{"question": "x", "min_confidence": Infinity}',
        b'{"question": "\\ud800"}',
        b'{"question": "x", "tags": ["\\udfff"]}',
        b'{"\\ud800": 1}',
        b'{"question": "x", "question": "y"}',
        b'{"question": "x", "a": {"b": 1, "b": 2}}',
        b"[" * 30_000,
        b"[" * 30_000 + b"]" * 30_000,
        b'{"a":' * 9 + b"1" + b"}" * 9,
        b'{"question": "\xff\xfe"}',
        '{"question": "x"}'.encode("utf-16"),
        '{"question": "x"}'.encode("utf-32-le"),
        "﻿﻿{}".encode(),
        b'{"question": "x", "top_k": ' + b"9" * 5_000 + b"}",
        b'{"question": "a\nb"}',
    ],
)
def test_a_body_that_means_nothing_certain_is_400(client, body):
    document = problem(post(client, body))
    assert document["status"] == 400
    assert "send one JSON object in UTF-8" in document["detail"]


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"question"', b"[{}]", b"true"])
def test_a_body_that_is_no_object_is_422(client, body):
    assert problem(post(client, body))["status"] == 422


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "question"),
        ({"question": None}, "question"),
        ({"question": 3}, "question"),
        ({"question": ["x"]}, "question"),
        ({"question": "x", "top_k": True}, "top_k"),
        ({"question": "x", "top_k": "3"}, "top_k"),
        ({"question": "x", "top_k": 3.0}, "top_k"),
        ({"question": "x", "top_k": 0}, "top_k"),
        ({"question": "x", "top_k": 21}, "top_k"),
        ({"question": "x", "top_k": None}, "top_k"),
        ({"question": "x", "min_confidence": True}, "min_confidence"),
        ({"question": "x", "min_confidence": "0.5"}, "min_confidence"),
        ({"question": "x", "min_confidence": -0.1}, "min_confidence"),
        ({"question": "x", "min_confidence": 1.01}, "min_confidence"),
        ({"question": "x", "tags": "docker"}, "tags"),
        ({"question": "x", "tags": [1]}, "tags.0"),
        ({"question": "x", "tags": ["t"] * 17}, "tags"),
        ({"question": "x", "tags": ["t" * 65]}, "tags.0"),
        ({"question": "x", "explain": 1}, "explain"),
        ({"question": "x", "explain": "true"}, "explain"),
        ({"question": "x", "session_id": 7}, "session_id"),
        ({"question": "x", "session_id": "s" * 129}, "session_id"),
        ({"question": "x", "topk": 3}, "topk"),
        ({"question": "x", "__class__": {}}, "__class__"),
    ],
)
def test_a_wrong_field_is_422_and_named(client, fields, field):
    document = problem(post(client, json.dumps(fields).encode()))
    assert document["status"] == 422
    assert [error["field"] for error in document["errors"]] == [field]
    assert document["errors"][0]["detail"]


@pytest.mark.parametrize("top_k", [1, 20])
@pytest.mark.parametrize("min_confidence", [0, 1, 0.5])
def test_values_at_their_bounds_are_taken(client, top_k, min_confidence):
    body = {"question": "x", "top_k": top_k, "min_confidence": min_confidence, "tags": ["t" * 64] * 16}
    assert post(client, json.dumps(body).encode()).status_code == 200


def test_every_wrong_field_is_listed_up_to_a_bound(client):
    document = problem(post(client, json.dumps({f"f{number}": 1 for number in range(3_000)}).encode()))
    assert len(document["errors"]) == 20


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("q=x&limit=0", "limit"),
        ("q=x&limit=21", "limit"),
        ("q=x&limit=ten", "limit"),
        ("q=x&limit=1e1", "limit"),
        ("q=x&q=y", "q"),
        ("q=x&limt=3", "limt"),
    ],
)
def test_a_wrong_query_parameter_is_422_and_named(client, query, field):
    assert [error["field"] for error in problem(client.get(f"/api/v1/search?{query}"))["errors"]] == [field]


def test_a_cursor_that_leads_nowhere_is_422(client):
    document = problem(client.get("/api/v1/records?cursor=gone"))
    assert (document["status"], document["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=utf-16", "text/json"]
)
def test_a_body_that_is_not_declared_as_json_is_415(client, kind):
    assert problem(post(client, b'{"question": "x"}', kind))["status"] == 415


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_may_be_declared_in_these_ways(client, kind):
    assert post(client, b'{"question": "x"}', kind).status_code == 200


@pytest.mark.parametrize(("size", "status"), [(65_535, 200), (65_536, 200), (65_537, 413), (70_000, 413)])
def test_the_body_may_hold_exactly_64_kib(client, size, status):
    body = b'{"question": "x"}'
    assert post(client, body + b" " * (size - len(body))).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/ask", {"POST", "OPTIONS"}),
        ("GET", "/api/v1/ask", {"POST", "OPTIONS"}),
        ("POST", "/api/v1/search", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/q/faq_2021_s1/Q1.3", {"GET", "HEAD", "OPTIONS"}),
        ("BREW", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_405_and_the_right_ones_are_named(client, method, path, allowed):
    reply = client.open(path, method=method)
    assert problem(reply)["status"] == 405
    assert set(reply.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/api/v1/records/none",
        "/api/v1/ask/",
        "/q/",
        "/q/../../etc/passwd",
        "/q/%2e%2e%2fetc%2fpasswd",
        "/q/%00",
        "/q/%ff%fe",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/nope.css",
        "/api/v1/records/" + "a" * 5000,
    ],
)
def test_an_address_without_content_is_404(client, path):
    assert problem(client.get(path))["status"] == 404


def test_an_address_that_is_too_long_is_414(client):
    assert problem(client.get("/?q=" + "a" * 13_000))["status"] == 414


def test_the_longest_question_the_box_takes_fits_into_an_address(client):
    assert client.get("/", query_string={"q": "汉" * 1000}).status_code == 200


@pytest.mark.parametrize("host", ["", "a, b", "a b", "a@b", "a/b", "<x>", "[a"])
def test_a_request_without_one_proper_host_is_400(client, host):
    assert problem(client.get("/", headers={"Host": host}))["status"] == 400


def test_a_fault_of_ours_is_500_and_tells_nothing_of_it(client):
    reply = client.get("/api/v1/broken")
    assert problem(reply)["status"] == 500
    assert "ZeroDivision" not in reply.text
    assert reply.headers["X-Request-Id"]


def test_a_failing_knowledge_base_is_503_with_a_time_and_without_a_path(client):
    reply = client.get("/api/v1/damaged")
    assert (problem(reply)["status"], reply.headers["Retry-After"]) == (503, "1")
    assert SECRET not in reply.text


def test_too_many_requests_are_told_when_to_come_back(client):
    reply = client.get("/api/v1/limited")
    assert (problem(reply)["status"], reply.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize(("path", "status"), [("/nope", 404), ("/q/none", 404), ("/broken", 500)])
def test_a_browser_gets_a_page_for_an_error(client, path, status):
    reply = client.get(path, headers=HTML)
    assert (reply.status_code, reply.content_type) == (status, "text/html; charset=utf-8")
    assert str(status) in reply.text


@pytest.mark.parametrize("path", ["/api/v1/nope", "/static/nope", "/metrics/nope"])
def test_a_browser_gets_a_problem_document_where_no_page_is(client, path):
    assert problem(client.get(path, headers=HTML))["status"] == 404


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0, */*", ""])
def test_who_does_not_ask_for_html_gets_a_problem_document(client, accept):
    assert problem(client.get("/nope", headers={"Accept": accept}))["status"] == 404


@pytest.mark.parametrize("path", ["/nope<script>", "/api/v1/records/<b>x", "/?q=" + "x" * 13_000])
@pytest.mark.parametrize("headers", [HTML, {}])
def test_an_error_repeats_nothing_of_the_address(client, path, headers):
    text = client.get(path, headers=headers).text
    assert [part for part in ("<script>", "<b>x", "xxxx", "werkzeug", "Flask", "Traceback") if part in text] == []
