"""What tests of the server share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app


@pytest.fixture(scope="module")
def client(kb_folder: Path) -> Iterator[FlaskClient]:
    app = create_app(kb_folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()
