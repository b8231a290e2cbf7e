"""What the workers of one run share: a folder that the first of them to need it fills."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` fills once a run, whichever worker asks first; the others wait, then only read it.

    Its path is the same for all, so what is made may hold it. Without pytest-xdist there is but one to ask.
    """
    run = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent  # a worker's own folder lies in that of the run
    folder, done = run / f"shared-{name}", run / f"shared-{name}.done"
    with (run / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system drops it when a worker dies
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
