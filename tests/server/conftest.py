"""What the tests of the server share."""

from __future__ import annotations

from pathlib import Path

import pytest
from remembering import RememberingEncoder

from faqkb.kb.model.encoder import Encoder


@pytest.fixture(scope="session")
def encoder(model_folder: Path) -> Encoder:
    """Return the loaded default model; what the knowledge bases of these tests have in common is embedded once."""
    return RememberingEncoder(model_folder)
