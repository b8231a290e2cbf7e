"""How long checks take: the seven of the standard library on 100,000 label lines, the others on their own default work.

With `--sweep`, also whether `infer-cpu` finds the setting that a full sweep finds (five minutes).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from results import Row, Table, at_least, at_most, print_tables
from support import ROOT, milliseconds

from faqkb.faq.checks.environment import python_for
from faqkb.kb.check_header import parse_check

CHECKS = ROOT / "content" / "checks"
LINES = 100_000
CLASSES = 1000
TURNS = 7
LIMIT_MS = 300
STANDARD_LIBRARY = ("env", "fc-size", "imbalance", "labels", "log", "pretrained", "shm")
WITHIN = 0.10  # of the best setting's images per second


def measure(*, sweep: bool = False) -> list[Table]:
    """Return what was measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = _prepare(folder)
        times: dict[str, list[float]] = {check: [] for check in STANDARD_LIBRARY}
        for _ in range(TURNS):
            for check in STANDARD_LIBRARY:
                times[check].append(_seconds(sys.executable, check, arguments.get(check, ()), folder))
    rows = []
    for check, seconds in times.items():
        value = milliseconds(seconds)
        rows.append(Row(f"{check}, whole process", value, "ms", at_most(LIMIT_MS)))
    table = Table(f"Checks with the standard library, {LINES:,} label lines", tuple(rows))
    return [table, _sweep()] if sweep else [table]


def _prepare(folder: Path) -> dict[str, tuple[str, ...]]:
    """Make the files that checks are given: a label list with its images, a log of as many lines, weights."""
    images = folder / "images"
    images.mkdir()
    names = [f"images/{number:06}.jpg" for number in range(LINES)]
    for name in names:
        (folder / name).touch()
    (folder / "labels.txt").write_text("".join(f"{name} {number % CLASSES}\n" for number, name in enumerate(names)))
    log = "".join(f"epoch 1 batch {number} loss 0.5\n" for number in range(LINES))
    (folder / "train.log").write_text(f"{log}RuntimeError: insufficient shared memory (shm)\n")
    python = _paddle_python()
    code = "import paddle; paddle.save(paddle.vision.models.resnet50().state_dict(), 'r50.pdparams')"
    subprocess.run([python, "-c", code], cwd=folder, check=True, capture_output=True)
    return {
        "labels": ("labels.txt", "--class-num", str(CLASSES)),
        "imbalance": ("labels.txt",),
        "log": ("train.log",),
        "pretrained": ("r50.pdparams",),
        "fc-size": ("--class-num", "100000"),
    }


def _paddle_python() -> Path:
    script = CHECKS / "infer-cpu.py"
    return python_for(parse_check(script.read_bytes(), script.stem))


def _seconds(python: str, check: str, arguments: tuple[str, ...], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(
        [python, CHECKS / f"{check}.py", *arguments, "--json"], cwd=folder, check=False, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def _sweep() -> Table:
    """Compare what infer-cpu chooses with the best of a full sweep in the same minutes."""
    rows = []
    for network in ("mobilenet_v3_large", "resnet50"):
        quick, full = (_facts(network, *extra) for extra in ((), ("--full",)))
        for aim, swept in (
            ("latency", [row for row in full["sweep"] if row["batch"] == 1]),
            ("throughput", full["sweep"]),
        ):
            speeds = {_words(row): row["images_per_second"] for row in swept}
            chosen = quick[f"best_for_{aim}"]
            share = speeds[chosen] / max(speeds.values())
            rows.append(Row(f"{network}, {aim}: {chosen}", share, aim=at_least(1 - WITHIN)))
    return Table("Speed, in a full sweep, of the setting that infer-cpu chose; of the best there", tuple(rows))


def _facts(network: str, *extra: str) -> dict[str, Any]:
    command = [_paddle_python(), CHECKS / "infer-cpu.py", "--network", network, "--json", *extra]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ)
    return json.loads(done.stdout)["facts"]


def _words(row: dict[str, object]) -> str:
    """Return a setting of the sweep as `infer-cpu` names its choice."""
    threads = f"{row['threads']} thread{'s' if row['threads'] != 1 else ''}"
    batch = "" if row["batch"] == 1 else f", batches of {row['batch']}"
    return f"oneDNN {row['onednn']}, {threads}{batch}"


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure(sweep="--sweep" in sys.argv[1:])) else 1)
