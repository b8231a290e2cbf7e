"""What the tests of several checks share."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def models(paddle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models and weights, right and wrong ones, made by a real Paddle; tests only read it."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([paddle_python, Path(__file__).with_name("make_models.py"), folder], check=True, capture_output=True)
    return folder
