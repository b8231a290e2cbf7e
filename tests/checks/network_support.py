"""What the tests of checks with networks share: a script as a module, and small models made by Paddle."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from check_support import CHECKS

MAKE_MODELS = Path(__file__).with_name("make_small_models.py")


def make_models(python: Path, folder: Path) -> Path:
    """Return the folder, filled with exported models: plain, enlarging (crashes with oneDNN), two at once."""
    subprocess.run([python, MAKE_MODELS, folder], check=True, capture_output=True)
    return folder


def load_check(name: str) -> ModuleType:
    """Return a check as a module, to ask its functions directly."""
    spec = importlib.util.spec_from_file_location(name.replace("-", "_") + "_check", CHECKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
