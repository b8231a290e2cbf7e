"""Clients in JavaScript: what a lock file names, installed once for every run of the tests."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from server_support import required_tool

CLIENTS = Path(__file__).resolve().parents[1] / "clients"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "faqkb" / "test-clients"
_INSTALL_SECONDS = 300


def installed_modules(name: str) -> Path:
    """Return the `node_modules` of `tests/clients/NAME`; skips where npm is not there, or fetches nothing."""
    npm = required_tool("npm")
    wanted = CLIENTS / name
    lock = (wanted / "package-lock.json").read_bytes()
    folder = _CACHE / f"{name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several workers want it at once
        if not (folder / "done").exists():
            for file in ("package.json", "package-lock.json"):
                shutil.copy(wanted / file, folder / file)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
            )
            if done.returncode:
                pytest.skip(f"npm ci for {name} failed: {done.stderr[-300:]}")
            (folder / "done").touch()
    return folder / "node_modules"


def run_node(script: Path, *arguments: str | Path, given: Any) -> Any:
    """Run a script with a value as JSON on its standard input; return what it printed as JSON."""
    done = subprocess.run(
        [required_tool("node"), str(script), *map(str, arguments)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
