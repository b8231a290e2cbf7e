"""An address of an answer lasts: what was renamed is found at its old one, by readers and by programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cli_support import faq
from flask.testing import FlaskClient
from server_support import make_record, served

from faqkb.faq.client import Client
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app

ROOT = Path(__file__).resolve().parents[3]
BEFORE = make_record("faq/Wo ist <es>", "How do I renew a card?", "At the desk, with your old card.")
NOW = replace(BEFORE, id="faq/续卡")


@pytest.fixture(scope="module")
def folder(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    kb = tmp_path_factory.mktemp("moved")
    other = make_record("faq/open", "When are you open?", "From nine to six.")
    build_snapshot(kb, [BEFORE, other], encoder)
    build_snapshot(kb, [NOW, other], encoder)
    return kb


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[FlaskClient]:
    app = create_app(folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def test_a_page_leads_to_its_new_address_for_good(client: FlaskClient) -> None:
    reply = client.get("/q/faq/Wo ist <es>?q=card+%26+more&lang=zh")
    assert reply.status_code == 301
    assert reply.headers["Location"] == "/q/faq/%E7%BB%AD%E5%8D%A1?q=card+%26+more&lang=zh"
    followed = client.get(reply.headers["Location"])
    assert followed.status_code == 200
    assert "At the desk" in followed.text
    assert client.get("/q/faq/never").status_code == 404


def test_programs_get_the_record_and_are_told_its_id(client: FlaskClient) -> None:
    found = client.get("/api/v1/records/faq/Wo ist <es>").get_json()
    assert (found["id"], found["moved_to"]) == (NOW.id, NOW.id)
    assert client.get(f"/api/v1/records/{NOW.id}").get_json()["moved_to"] is None


def test_the_client_gets_it_as_well(folder: Path) -> None:
    with served(folder) as server, Client(server.url) as client:
        found = client.record(BEFORE.id)
        assert (found.id, found.moved_to, found.was) == (NOW.id, NOW.id, ())
        assert client.record(NOW.id).moved_to is None


def test_a_vote_on_it_counts_for_what_goes_on(client: FlaskClient, folder: Path) -> None:
    vote = {"question": "renew?", "record_id": BEFORE.id, "helpful": False}
    assert client.post("/api/v1/feedback", json=vote).status_code == 204
    told = run("feedback", "--kb", str(folder), "--json")
    assert [each["record_id"] for each in json.loads(told)["votes"]] == [NOW.id]


def test_the_terminal_says_so(folder: Path) -> None:
    assert json.loads(run("show", BEFORE.id, "--kb", str(folder), "--json"))["id"] == NOW.id


def test_a_site_of_files_leads_on_too(folder: Path, tmp_path: Path) -> None:
    run("export", "--kb", str(folder), "--format", "site", str(tmp_path / "site"))
    pages = [page for page in (tmp_path / "site/q").rglob("index.html") if "http-equiv" in page.read_text("utf-8")]
    (moved,) = [page for page in pages if 'http-equiv="refresh"' in page.read_text("utf-8")]
    assert '<a href="../%E7%BB%AD%E5%8D%A1/">How do I renew a card?</a>' in moved.read_text("utf-8")
    assert (moved.parent.parent / "续卡/index.html").exists()


def run(*arguments: str) -> str:
    done = faq(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
