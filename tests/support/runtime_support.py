"""ONNX Runtime for browsers, fetched once for every run of the tests."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest
from server_support import required_tool

from faqkb.server.site.runtime import default_package

ROOT = Path(__file__).resolve().parents[2]
_FETCH_SECONDS = 300


def runtime_package() -> Path:
    """Return the runtime's package; skips, saying so, where npm is not there or fetches nothing."""
    package = default_package()
    package.parent.mkdir(parents=True, exist_ok=True)
    with package.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several workers want it at once
        if not package.exists():
            required_tool("npm")
            command = [sys.executable, str(ROOT / "tools" / "site_runtime.py")]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_FETCH_SECONDS)
            if done.returncode:
                pytest.skip(f"the runtime for browsers could not be fetched: {done.stderr[-300:]}")
    return package
