"""A small knowledge base with traffic and two snapshots, and its application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from access_support import small_kb
from flask.testing import FlaskClient
from server_support import copied_knowledge, make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.settings import ServerSettings

Opener = Callable[..., FlaskClient]


@pytest.fixture(scope="package")
def published(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a knowledge base with two snapshots, the later one live; each test has a copy."""
    folder = tmp_path_factory.mktemp("published") / "kb"
    build_snapshot(folder, [make_record("faq/Q0", "What is it?")], encoder)
    return small_kb(folder, encoder)


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    return copied_knowledge(published, tmp_path / "kb")


@pytest.fixture
def open_app(folder: Path) -> Iterator[Opener]:
    opened = []

    def open_client(**fields: object) -> FlaskClient:
        app = create_app(folder, settings=ServerSettings(**fields))
        opened.append(app)
        return app.test_client()

    yield open_client
    for app in opened:
        app.extensions[EXTENSION].close()


@pytest.fixture
def client(open_app: Opener) -> FlaskClient:
    return open_app()
