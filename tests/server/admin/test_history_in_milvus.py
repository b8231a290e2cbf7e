"""Snapshots that lie in Milvus: listed on the maintainer's page, and made live again with one click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from faqkb.kb.errors import MilvusAway
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.opening import MilvusBase
from faqkb.kb.milvus.publishing import push_snapshot
from faqkb.kb.snapshot.published import list_snapshots
from faqkb.server.answering.leases import EXTENSION, leased_knowledge
from faqkb.server.app import create_app
from faqkb.server.settings import ServerSettings


@pytest.fixture
def address(published: Path, tmp_path: Path) -> MilvusAddress:
    address = MilvusAddress(str(tmp_path / "faq.db"))
    milvus = Milvus(address)
    for snapshot in list_snapshots(published):
        push_snapshot(published, snapshot.name, milvus)
    milvus.close()
    return address


@pytest.fixture
def base(address: MilvusAddress, model_folder: Path) -> MilvusBase:
    return MilvusBase(address, model_folder)


@pytest.fixture
def app(base: MilvusBase, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(tmp_path / "stateless", settings=ServerSettings(source=base))
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def answering(app: Flask) -> str:
    with app.app_context(), leased_knowledge() as knowledge:
        return knowledge.name


def test_an_earlier_snapshot_is_listed_and_made_live_with_one_click(client, app, base, published):
    earlier, live = (each.name for each in list_snapshots(published))
    page = client.get("/admin/snapshots?lang=en").get_data(as_text=True)
    assert page.index(live) < page.index(earlier)
    assert answering(app) == live
    assert {row["snapshot"]: row["live"] for row in client.get("/admin/tables/snapshots.json").json["rows"]} == {
        earlier: False,
        live: True,
    }
    address = f"/admin/snapshots/{earlier}/rollback"
    token = re.search(r'name="page_token" value="([^"]+)"', client.get(address).get_data(as_text=True))[1]
    assert client.post(address, data={"page_token": "1.forged"}).status_code == 403
    assert answering(app) == live
    assert client.post(address, data={"page_token": token}).status_code == 303
    assert answering(app) == earlier
    assert {each.name: each.current for each in base.snapshots()} == {earlier: True, live: False}
    assert client.post("/api/v1/ask", json={"question": "What is it?"}).json["answers"][0]["id"] == "faq/Q0"


def test_a_snapshot_that_is_not_there_is_404(client):
    assert client.get("/admin/snapshots/20200101T000000000000Z-0123456789abcdef/rollback").status_code == 404


class _Away(MilvusBase):
    def snapshots(self):
        raise MilvusAway("http://10.0.0.7:19530 does not answer")


def test_while_milvus_is_away_the_page_says_so_and_names_no_address(address, model_folder, tmp_path):
    app = create_app(tmp_path / "stateless", settings=ServerSettings(source=_Away(address, model_folder)))
    reply = app.test_client().get("/admin/snapshots")
    app.extensions[EXTENSION].close()
    assert reply.status_code == 503
    assert "10.0.0.7" not in reply.get_data(as_text=True)
