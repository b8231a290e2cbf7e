"""A power loss at any moment leaves the old or the new, and only the new once it was said to be published."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fault_operations import SHORT, State
from faults import Operation
from power_loss import Did, Recording, Tree, laid_out, losses

from faqkb.kb.errors import KbError

STATES = int(os.environ.get("FAQ_POWER_LOSSES", "10000"))  # of each operation
SYNCED = [each for each in SHORT if each.name.startswith(("publish", "rollback", "tune, ranking"))]


def recorded(operation: Operation, folder: Path) -> tuple[State, State, list[Did]]:
    """Do it once; return what is stored before and after, and what was done to the disk."""
    kb = folder / "kb"
    kb.mkdir(parents=True)
    operation.prepare(kb)
    shutil.copytree(kb, folder / "before" / "kb")
    old = operation.state(kb)
    recording = Recording(kb)
    try:
        operation.act(kb)
        recording.say()
    finally:
        recording.stop()
    done = [
        Did(
            did.call,
            *(path.replace(str(folder), str(folder / "before")) for path in (did.path, did.other)),
            did.content,
        )
        for did in recording.done
    ]
    return old, operation.state(kb), done


def first_loss(operation: Operation, folder: Path, made: tuple[State, State, Sequence[Did]], states: int) -> str:
    """Return what the first power loss does that should not be; nothing where all leave what they may."""
    old, new, done = made
    seen: dict[int, State] = {}
    for was_said, tree in losses(folder / "before" / "kb", done, -(-states // len(done))):
        key = hash(frozenset(tree.items()))
        if key not in seen:
            seen[key] = found_in(tree, folder / "after", operation.state)
        if seen[key] not in ((new,) if was_said else (old, new)):
            return f"{'after' if was_said else 'before'} it was said: {seen[key]!r:.200}"
    return ""


def found_in(tree: Tree, above: Path, state: Callable[[Path], State]) -> State:
    shutil.rmtree(above, ignore_errors=True)
    above.mkdir()
    laid_out(tree, above)
    try:
        return state(above / "kb")
    except (KbError, OSError) as error:
        return f"damaged: {error}"


@pytest.mark.parametrize("operation", SYNCED, ids=lambda operation: operation.name)
def test_a_power_loss_leaves_the_old_or_the_new(operation: Operation, tmp_path: Path) -> None:
    assert first_loss(operation, tmp_path, recorded(operation, tmp_path), STATES // len(SYNCED)) == ""


@pytest.mark.parametrize(
    "operation",
    # What prunes has all the syncs of `next`, and what is lost where one of its own is missing is rare.
    [
        pytest.param(each, marks=pytest.mark.slow) if each.name == "publish, prunes" else each
        for each in SYNCED
        if each.name != "publish, next"
    ],
    ids=lambda operation: operation.name,
)
def test_without_any_one_of_its_syncs_a_power_loss_does_harm(operation: Operation, tmp_path: Path) -> None:
    old, new, done = recorded(operation, tmp_path)
    syncs = [number for number, did in enumerate(done) if did.call == "fsync"]
    assert syncs
    for number in syncs:
        without = [*done[:number], *done[number + 1 :]]
        assert first_loss(operation, tmp_path, (old, new, without), 20_000), (
            f"nobody misses the sync of {done[number].path}"
        )
