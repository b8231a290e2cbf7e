"""Results of checks that people send: who may, what is taken, what the maintainer sees of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from access_support import bearer, new_key
from flask.testing import FlaskClient
from forged import SCRIPT, honest
from server_support import copied_knowledge

from faqkb.kb.feedback.runs import CHECK_RUNS_FILE, RunStore
from faqkb.server.access.decision import EXTENSION as ACCESS
from faqkb.server.access.decision import AccessSettings
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.limits import KEYS_LOOK_SECONDS
from faqkb.server.settings import ServerSettings

ADDRESS = "/api/v1/check-runs"
SHA = hashlib.sha256(SCRIPT).hexdigest()
RUN = {
    "check": "disk",
    "version": "1.0",
    "sha256": SHA,
    "status": "fail",
    "on": {"python": "3.12.4", "system": "Linux x86_64"},
}


@pytest.fixture(scope="module")
def built(encoder, tmp_path_factory) -> Path:
    return honest(tmp_path_factory.mktemp("checked") / "kb", encoder)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return copied_knowledge(built, tmp_path / "kb")


@pytest.fixture
def client(folder: Path) -> Iterator[FlaskClient]:
    app = create_app(folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def test_a_result_is_kept_as_it_was_sent_and_once_a_day(client, folder):
    assert client.post(ADDRESS, json=RUN).status_code == 204
    assert client.post(ADDRESS, json=RUN).status_code == 204
    assert client.post(ADDRESS, json=RUN | {"status": "pass"}).status_code == 204
    assert [run.to_json() for run in RunStore(folder).runs()] == [RUN, RUN | {"status": "pass"}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("check", "nobody-knows"),
        ("sha256", "x" * 64),
        ("status", "skip"),
        ("version", "/home/anna"),
        ("on", {"python": "3.12 on annas-laptop.example.org/x"}),
        ("on", {f"package{number}": "1" for number in range(17)}),
        ("on", {"python": 3}),
        ("host", "annas-laptop"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_kept(client, folder, field, value):
    reply = client.post(ADDRESS, json=RUN | {field: value})
    assert reply.status_code == 422
    assert reply.content_type == "application/problem+json"
    assert not (folder / CHECK_RUNS_FILE).exists()


def test_a_body_that_is_too_long_is_not_read(client):
    assert client.post(ADDRESS, data=b" " * 70_000, content_type="application/json").status_code == 413


def test_a_key_needs_the_scope_feedback(client, folder):
    reader, writer = new_key(folder, "read"), new_key(folder, "feedback")
    time.sleep(KEYS_LOOK_SECONDS)  # keys are looked for no more often
    client.application.extensions[ACCESS].ring.look()
    assert client.post(ADDRESS, json=RUN).status_code == 401
    assert client.post(ADDRESS, json=RUN, headers=bearer(reader)).status_code == 403
    assert client.post(ADDRESS, json=RUN, headers=bearer(writer)).status_code == 204


def test_who_sends_too_many_is_told_to_wait(folder):
    app = create_app(folder, settings=ServerSettings(access=AccessSettings(rate_per_minute=3)))
    replies = [app.test_client().post(ADDRESS, json=RUN).status_code for _ in range(6)]
    app.extensions[EXTENSION].close()
    assert (replies[0], replies[-1]) == (204, 429)


def test_a_retried_write_is_the_same_write(client, folder):
    headers = {"Idempotency-Key": "a1"}
    assert client.post(ADDRESS, json=RUN, headers=headers).status_code == 204
    again = client.post(ADDRESS, json=RUN, headers=headers)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (204, "true")
    assert client.post(ADDRESS, json=RUN | {"status": "pass"}, headers=headers).status_code == 422
    assert len(RunStore(folder).runs()) == 1


def test_a_disk_that_refuses_is_told_and_answers_go_on(client, folder):
    (folder / CHECK_RUNS_FILE).write_bytes(b"no database at all")
    assert client.post(ADDRESS, json=RUN).status_code == 503
    assert client.post("/api/v1/ask", json={"question": "How do I reset the device?"}).status_code == 200
    assert client.get("/admin").status_code == 503


def test_the_maintainer_sees_each_script_by_versions_and_takes_the_table_along(client):
    assert "Nobody has sent a result" in client.get("/admin?lang=en").get_data(as_text=True)
    client.post(ADDRESS, json=RUN)
    client.post(ADDRESS, json=RUN | {"status": "warn"})
    client.post(ADDRESS, json=RUN | {"sha256": "ab" * 32, "version": "0.9"})
    page = client.get("/admin?lang=en").get_data(as_text=True)
    assert "Checks that people sent back" in page
    assert f"1.0 <code>{SHA[:12]}</code> (" in page
    assert "python 3.12.4, Linux x86_64" in page
    assert "0.9 <code>abababababab</code></td>" in page
    rows = client.get("/admin/tables/checks.json").json["rows"]
    told = {(row["version"], row["live"], row["passed"], row["failed"]) for row in rows}
    assert told == {("1.0", True, 1, 1), ("0.9", False, 0, 1)}
    (first, *_) = csv.DictReader(io.StringIO(client.get("/admin/tables/checks.csv").get_data(as_text=True)))
    assert set(first) == {"check", "version", "sha256", "live", "on", "passed", "failed", "last"}
    assert json.dumps(rows).isascii()
