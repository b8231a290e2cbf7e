"""Reads that a client holds cost nothing, and never hide a new snapshot."""

from __future__ import annotations

import pytest
from server_support import DOCKER_QUESTION, make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app

SHM = "faq_2021_s1/Q1.3"
READS = [
    f"/api/v1/search?q={DOCKER_QUESTION}",
    "/api/v1/records",
    f"/api/v1/records/{SHM}",
    "/api/v1/checks",
    "/v1/models",
    "/v1/models/faq",
    "/openapi.json",
    "/docs",
]


@pytest.mark.parametrize("path", READS)
def test_what_the_client_holds_is_not_sent_again(client, path):
    first = client.get(path)
    assert first.status_code == 200
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "X-Request-Id"):
        assert again.headers[name], name
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("path", READS)
def test_what_is_kept_is_asked_about_before_it_is_shown(client, path):
    assert "no-cache" in client.get(path).headers["Cache-Control"]
    assert "private" in client.get(READS[0]).headers["Cache-Control"]


@pytest.mark.parametrize("path", READS)
def test_another_tag_or_none_gets_the_reply(client, path):
    for held in ('"other"', 'W/"other", "another"', "", "nonsense"):
        assert client.get(path, headers={"If-None-Match": held}).status_code == 200
    assert client.get(path, headers={"If-None-Match": "*"}).status_code == 304


@pytest.mark.parametrize("path", [each for each in READS if "search" not in each])
def test_a_strong_tag_names_bytes(client, path):
    first, second = client.get(path), client.get(path)
    assert first.headers["ETag"].startswith('"')
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]


def test_the_tag_of_a_search_is_weak_because_its_time_differs(client):
    assert client.get(READS[0]).headers["ETag"].startswith('W/"')


def test_other_parameters_have_another_tag(client):
    paths = ["/api/v1/records", "/api/v1/records?limit=3", f"/api/v1/records?limit=3&cursor={SHM}", "/api/v1/checks"]
    assert len({client.get(path).headers["ETag"] for path in paths}) == len(paths)


def test_the_same_parameters_in_another_order_have_the_same_tag(client):
    paths = [f"/api/v1/records?limit=3&cursor={SHM}", f"/api/v1/records?cursor={SHM}&limit=3"]
    assert len({client.get(path).headers["ETag"] for path in paths}) == 1


def test_what_is_not_there_is_not_found_whatever_the_client_holds(client):
    for held in ("*", '"x"'):
        assert client.get("/api/v1/records/none", headers={"If-None-Match": held}).status_code == 404


def test_an_error_has_no_tag_and_is_not_kept(client):
    reply = client.get("/api/v1/records/none")
    assert ("ETag" not in reply.headers, reply.headers["Cache-Control"]) == (True, "no-store")


def test_head_has_the_tag_of_get(client):
    assert client.head("/api/v1/checks").headers["ETag"] == client.get("/api/v1/checks").headers["ETag"]


def test_a_new_snapshot_has_new_tags(encoder, tmp_path):
    build_snapshot(tmp_path, [make_record("a/1", "How do I export?")], encoder)
    app = create_app(tmp_path)
    first = app.test_client().get("/api/v1/records")
    app.extensions[EXTENSION].close()
    build_snapshot(tmp_path, [make_record("a/1", "How do I export?", "Another answer.")], encoder)
    app = create_app(tmp_path)
    again = app.test_client().get("/api/v1/records", headers={"If-None-Match": first.headers["ETag"]})
    app.extensions[EXTENSION].close()
    assert again.status_code == 200
    assert "Another answer." in again.text


def test_the_link_to_the_next_page_leads_through_all_records(client):
    path, ids = "/api/v1/records?limit=7", []
    while path:
        reply = client.get(path)
        ids += [record["id"] for record in reply.get_json()["records"]]
        link = reply.headers.get("Link", "")
        assert (not link) == (reply.get_json()["next_cursor"] is None)
        assert not link or link.endswith('>; rel="next"')
        path = link[1:].partition(">")[0]
    assert len(ids) == len(set(ids)) == client.get("/readyz").get_json()["records"]
