"""Addresses as clients write them: with a slash at the end, or without /v1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION

from faqkb.server.access.decision import AccessSettings
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.settings import ServerSettings

CHAT = {"model": "faq", "messages": [{"role": "user", "content": DOCKER_QUESTION}]}
ASKED = [
    ("POST", "/chat/completions", CHAT),
    ("POST", "/completions", {"model": "faq", "prompt": "shm"}),
    ("POST", "/responses", {"model": "faq", "input": "shm"}),
    ("POST", "/embeddings", {"model": "faq", "input": "shm"}),
    ("GET", "/models", None),
    ("GET", "/models/faq", None),
]


@pytest.fixture(scope="module")
def client(kb_folder: Path) -> Iterator[FlaskClient]:
    app = create_app(kb_folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_slash_at_the_end_is_read_over(client: FlaskClient, method: str, path: str, body: Any) -> None:
    assert client.open(f"/v1{path}", method=method, json=body).status_code == 200
    assert client.open(f"/v1{path}/", method=method, json=body).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_base_without_v1_is_told_so_in_the_form_of_the_protocol(
    client: FlaskClient, method: str, path: str, body: Any
) -> None:
    for address in (path, f"{path}/"):
        reply = client.open(address, method=method, json=body, headers={"Accept": "text/html"})
        assert (reply.status_code, reply.content_type) == (404, "application/json")
        error = json.loads(reply.data)["error"]
        assert (error["code"], error["type"]) == ("unknown_url", "invalid_request_error")
        assert "ends in /v1" in error["message"]


def test_a_base_without_v1_needs_a_key_like_all_else(kb_folder: Path) -> None:
    app = create_app(kb_folder, settings=ServerSettings(access=AccessSettings(loopback=False)))
    reply = app.test_client().post("/chat/completions", json=CHAT)
    assert (reply.status_code, json.loads(reply.data)["error"]["code"]) == (401, "invalid_api_key")
    app.extensions[EXTENSION].close()


def test_other_addresses_that_begin_alike_are_no_part_of_it(client: FlaskClient) -> None:
    assert client.get("/modelsx").content_type == "application/problem+json"
