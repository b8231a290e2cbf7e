"""`shm`: what it says of shared memory is what a real DataLoader finds out."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path

import pytest
from check_support import run_check

PROBE = Path(__file__).with_name("loader_probe.py")
SMALL = ("unshare", "-m", "bash", "-c", 'mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$@"', "small")
NONE = ("unshare", "-m", "bash", "-c", 'mount -t tmpfs tmpfs /dev && exec "$@"', "none")
IMAGE = 3 * 64 * 64
# [workers, prefetch, batch size, values of one image, batches]: from a third of 64 MiB to three times as much.
SETTINGS = [
    [workers, prefetch, batch_size, IMAGE, batches]
    for workers, prefetch in ((1, 2), (2, 2), (3, 2), (2, 3))
    for batch_size, batches in product((80, 200, 330, 520), (2, 12))
]


@pytest.fixture(scope="module", autouse=True)
def _may_mount() -> None:
    if subprocess.run([*SMALL, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no permission for a tmpfs of our own (unshare -m as root)")


def test_ample_shared_memory_passes() -> None:
    checked = run_check("shm", "--workers", "1", "--batch-size", "1")
    assert checked.status == "pass"
    assert checked.facts["free_bytes"] > checked.facts["needed_bytes"] > 0


def test_too_little_fails_and_names_the_flag_and_the_number_that_fits() -> None:
    checked = run_check("shm", "--batch-size", "32", prefix=SMALL)
    assert checked.status == "fail"
    assert "--shm-size=1g" in checked.fixes
    assert "shm_size: 1g" in checked.fixes
    assert "num_workers=1 with a batch size of" in checked.fixes
    batch = checked.fixes.rpartition("batch size of ")[2].split(",")[0]
    assert run_check("shm", "--workers", "1", "--batch-size", batch, prefix=SMALL).status == "pass"


def test_the_size_advised_is_enough() -> None:
    checked = run_check("shm", "--workers", "8", "--processes", "4", prefix=SMALL)
    size = checked.fixes.partition("--shm-size=")[2].split()[0]
    larger = tuple(word.replace("size=64m", f"size={size}") for word in SMALL)
    assert run_check("shm", "--workers", "8", "--processes", "4", prefix=larger).status == "pass"


def test_what_just_fits_is_a_warning() -> None:
    assert run_check("shm", "--workers", "2", "--batch-size", "20", prefix=SMALL).status == "warn"


def test_no_workers_need_no_shared_memory() -> None:
    assert run_check("shm", "--workers", "0", "--batch-size", "100000", prefix=SMALL).status == "pass"


def test_a_machine_without_dev_shm_is_skipped() -> None:
    checked = run_check("shm", prefix=NONE)
    assert checked.code == 77


@pytest.mark.parametrize(
    "arguments", [("--workers", "x"), ("--batch-size", "0"), ("--shape", "3xx3"), ("--path", "/no")]
)
def test_a_setting_that_is_none_is_told(arguments: tuple[str, ...]) -> None:
    assert run_check("shm", *arguments).status == "usage"


def test_its_verdict_agrees_with_a_real_loader(paddle_python: Path) -> None:
    done = subprocess.run(
        [*SMALL, str(paddle_python), str(PROBE)],
        input=json.dumps(SETTINGS),
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
    )
    got_through = json.loads(done.stdout.splitlines()[-1])
    predicted = []
    for workers, prefetch, batch_size, values, batches in SETTINGS:
        names = ("--workers", "--prefetch", "--batch-size", "--shape", "--batches")
        given = [
            str(word)
            for pair in zip(names, (workers, prefetch, batch_size, values, batches), strict=True)
            for word in pair
        ]
        predicted.append(run_check("shm", *given, prefix=SMALL).status != "fail")
    wrong = [setting for setting, real, said in zip(SETTINGS, got_through, predicted, strict=True) if real != said]
    assert len(SETTINGS) >= 30
    assert {True, False} <= set(got_through), "settings on both sides"
    assert len(wrong) <= 0.05 * len(SETTINGS), wrong
