"""A body of JSON is read by every route alike, and one that cannot be read is told in the protocol's own form."""

from __future__ import annotations

import codecs
import gzip
import json

import pytest
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION
from werkzeug.test import TestResponse

PROTOCOLS = ("/api/", "/v1/", "/language/", "/qnamaker/", "/mcp")
ADDRESSED = "projectName=a&deploymentName=b&api-version=2021-10-01"


def json_routes(client: FlaskClient) -> list[str]:
    rules = client.application.url_map.iter_rules()
    return sorted(
        {
            rule.rule.replace("<name>", "a")
            for rule in rules
            if "POST" in rule.methods and rule.rule.startswith(PROTOCOLS)
        }
    )


def post(client: FlaskClient, path: str, body: bytes, **headers: str) -> TestResponse:
    query = ADDRESSED if path.startswith("/language/") else None
    return client.post(path, data=body, content_type="application/json", query_string=query, headers=headers)


def same(reply: TestResponse) -> tuple[int, bytes]:
    return reply.status_code, reply.data


def test_a_byte_order_mark_changes_nothing_on_any_route(client):
    routes = json_routes(client)
    assert len(routes) >= 8
    for path in routes:
        assert same(post(client, path, codecs.BOM_UTF8 + b"{}")) == same(post(client, path, b"{}")), path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/ask", {"question": DOCKER_QUESTION}),
        ("/v1/chat/completions", {"model": "faq", "messages": [{"role": "user", "content": DOCKER_QUESTION}]}),
        ("/language/:query-knowledgebases", {"question": DOCKER_QUESTION}),
        ("/qnamaker/knowledgebases/a/generateAnswer", {"question": DOCKER_QUESTION}),
        (
            "/mcp",
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "ask", "arguments": {"question": DOCKER_QUESTION}},
            },
        ),
    ],
)
def test_a_question_behind_a_byte_order_mark_is_answered(client, path, body):
    reply = post(client, path, codecs.BOM_UTF8 + json.dumps(body).encode())
    assert reply.status_code == 200
    assert "shm-size" in reply.get_data(as_text=True)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate, gzip"])
def test_a_compressed_body_is_415_and_says_why(client, coding):
    for path in json_routes(client):
        reply = post(client, path, gzip.compress(b"{}"), **{"Content-Encoding": coding})
        assert reply.status_code == 415, path
        assert "without Content-Encoding" in reply.get_data(as_text=True), path


def test_the_refusal_of_a_compressed_body_has_the_form_of_its_protocol(client):
    coded = {"Content-Encoding": "gzip"}
    assert post(client, "/v1/chat/completions", b"x", **coded).get_json()["error"]["code"] == "unsupported_content_type"
    for path in ("/language/:query-knowledgebases", "/qnamaker/knowledgebases/a/generateAnswer"):
        assert post(client, path, b"x", **coded).get_json()["error"]["code"] == "InvalidRequest"
    assert post(client, "/api/v1/ask", b"x", **coded).content_type == "application/problem+json"


def test_a_body_that_says_that_it_is_not_compressed_is_read(client):
    body = json.dumps({"question": DOCKER_QUESTION}).encode()
    assert post(client, "/api/v1/ask", body, **{"Content-Encoding": "identity"}).status_code == 200
