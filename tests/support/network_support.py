"""What the tests of checks with networks share: small models made by Paddle."""

from __future__ import annotations

import subprocess
from pathlib import Path

MAKE_MODELS = Path(__file__).resolve().parents[2] / "tests" / "checks" / "make_small_models.py"


def make_models(python: Path, folder: Path) -> Path:
    """Return the folder, filled with exported models: plain, enlarging (crashes with oneDNN), two at once."""
    subprocess.run([python, MAKE_MODELS, folder], check=True, capture_output=True)
    return folder
