"""One small knowledge base for all tests of who may ask."""

from __future__ import annotations

from pathlib import Path

import pytest
from access_support import small_kb
from server_support import copied_knowledge
from workers import made_once

from faqkb.kb.model.encoder import Encoder


@pytest.fixture(scope="module")
def built(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a knowledge base of two questions; each file has a copy, since keys are written beside it."""
    small = made_once(tmp_path_factory, "small", lambda folder: small_kb(folder, encoder))
    return copied_knowledge(small, tmp_path_factory.mktemp("built") / "kb")
