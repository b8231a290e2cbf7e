"""Replies are compressed for who takes it, and mean the same."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION, served

LONG = "/api/v1/records"


def coding(client: FlaskClient, path: str, accepted: str | None) -> str | None:
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    return client.get(path, headers=headers, buffered=True).headers.get("Content-Encoding")


@pytest.mark.parametrize(
    "accepted", ["gzip", "GZIP", "x-gzip", "gzip, deflate, br", "br;q=1, gzip;q=0.5", "*", "*;q=0.1", "gzip;q=0.001"]
)
def test_who_takes_gzip_gets_it(client, accepted):
    assert coding(client, LONG, accepted) == "gzip"


@pytest.mark.parametrize(
    "accepted", [None, "", "identity", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzip;q=0.2, identity", "identity;q=0"]
)
def test_who_does_not_take_it_gets_it_plain(client, accepted):
    assert coding(client, LONG, accepted) is None


def test_the_compressed_reply_is_the_plain_one(client):
    plain, packed = client.get(LONG), client.get(LONG, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2


@pytest.mark.parametrize("path", [LONG, "/", f"/?q={DOCKER_QUESTION}", "/openapi.json", "/docs", "/static/style.css"])
def test_a_cache_is_told_that_there_are_two(client, path):
    for accepted in ("gzip", "identity"):
        reply = client.get(path, headers={"Accept-Encoding": accepted}, buffered=True)
        assert "Accept-Encoding" in reply.headers["Vary"]


def test_two_forms_do_not_share_a_strong_tag(client):
    plain, packed = client.get(LONG), client.get(LONG, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"


@pytest.mark.parametrize("path", [LONG, "/docs", "/openapi.json", "/static/style.css"])
def test_the_compressed_form_is_held_too(client, path):
    packed = client.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True)
    headers = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    again = client.get(path, headers=headers, buffered=True)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == packed.headers["ETag"]
    assert "Content-Encoding" not in again.headers


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/nope", "/v1/models"])
def test_what_fits_one_packet_is_left_alone(client, path):
    assert coding(client, path, "gzip") is None


def test_a_stream_of_events_is_left_alone(client):
    body = {"model": "faq", "messages": [{"role": "user", "content": DOCKER_QUESTION}], "stream": True}
    reply = client.post("/v1/chat/completions", json=body, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in reply.headers


def test_a_served_file_is_compressed_too(kb_folder: Path):
    """The real server hands files to the system as they are, which the test client does not."""
    with served(kb_folder) as running:
        plain, packed = (running.get("/static/style.css", **given) for given in ({}, {"Accept-Encoding": "gzip"}))
    assert (plain.status, packed.status) == (200, 200)
    assert gzip.decompress(packed.content) == plain.content


def test_head_says_what_get_would(client):
    get, head = (client.open(LONG, method=name, headers={"Accept-Encoding": "gzip"}) for name in ("GET", "HEAD"))
    assert head.data == b""
    for name in ("ETag", "Content-Encoding", "Vary"):
        assert head.headers[name] == get.headers[name]


def test_the_same_reply_is_the_same_bytes(client):
    first, second = (client.get(LONG, headers={"Accept-Encoding": "gzip"}).data for _ in range(2))
    assert first == second
