"""Whatever call fails, and whenever a process is killed: what is stored is the old or the new, and goes on working."""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_operations import SHORT
from faults import Operation, Trial
from server_support import required_tool


@pytest.mark.parametrize("operation", SHORT, ids=lambda operation: operation.name)
def test_a_kill_or_a_full_disk_at_any_call_leaves_the_old_or_the_new(operation: Operation, tmp_path: Path) -> None:
    required_tool("strace")
    trial = Trial(operation, tmp_path / "trial")
    assert len(trial.points) > 5
    assert [str(fault) for way in ("kill", "ENOSPC") for fault in trial.faults(way)] == []
