"""A question, the opening, memory and bytes at 10^2 to 10^6 records: `python benchmarks/scale.py`, an hour or more.

Builds a knowledge base of each size in `build/scale/` out of the crowd (`crowd.py`), with vectors that are made up but
for those of the first 1,000 records (`synthetic.py`), and measures each in processes of their own. Writes `scale.json`
after every size, at the end the pages and the curves.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from crowd import crowd
from machine import machine
from page import write_page
from queueing import PAGE, write_scale
from stages import percentiles
from stored import SCALE, read_json, write_json
from support import OFFLINE, ROOT, prepared_encoder
from synthetic import SyntheticEncoder

from faqkb.kb.building.build import build_snapshot

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
QUESTION = "docker 里训练报 Blocking queue is killed 怎么办"
EMBEDDED = 1_000  # records whose texts are really embedded, the first of the crowd
COLD_RUNS = 5
TURNS = 3  # of each question on one core: the median of each stage, so that no pause of the machine counts as work
FRONT = ("tokenise", "encode", "spelling", "names")
SEARCH = ("dense search", "words", "passages of candidates", "late interaction")


def stages_of(folder: Path, *options: str) -> dict[str, Any]:
    """Return what stages.py measures of a knowledge base, in a process of its own."""
    command = [sys.executable, ROOT / "benchmarks" / "stages.py", folder, "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=OFFLINE)
    return dict(json.loads(done.stdout))


def cold_ask(folder: Path) -> float:
    """Return the seconds of `faq ask`, whole process, its files in the page cache."""
    command = [sys.executable, "-m", "faqkb", "ask", QUESTION, "--kb", folder, "--json"]
    seconds = []
    for _ in range(COLD_RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=OFFLINE)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def bytes_of(folder: Path) -> dict[str, int]:
    """Return the bytes of the snapshot's files by name, without the model, which is the same at every size."""
    (snapshot,) = (folder / "snapshots").iterdir()
    files = [path for path in snapshot.rglob("*") if path.is_file()]
    own = [path for path in files if "model" not in path.relative_to(snapshot).parts]
    return {str(path.relative_to(snapshot)): path.stat().st_size for path in sorted(own)}


def medians(asked: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return each question once, with the median of its turns for every stage."""
    count = len(asked) // TURNS
    return [
        {stage: statistics.median(turn.get(stage, 0.0) for turn in asked[at::count]) for stage in asked[at]}
        for at in range(count)
    ]


def seconds_of_a_core(question: dict[str, float]) -> dict[str, float]:
    """Return milliseconds of a core by where a question's stages would run: before the shards, in each, and after."""
    front, search = (sum(question.get(stage, 0.0) for stage in stages) for stages in (FRONT, SEARCH))
    finish = max(0.0, question["in all"] - front - search)
    return {name: round(value * 1000, 3) for name, value in (("front", front), ("search", search), ("finish", finish))}


def measure(folder: Path) -> dict[str, Any]:
    """Return all that is measured of one knowledge base."""
    usual, alone = stages_of(folder), stages_of(folder, "--one-core", "--turns", str(TURNS))
    return {
        "opened_s": round(usual["opened"], 3),
        "cold_ask_s": round(cold_ask(folder), 3),
        "resident_mb": round(usual["resident_mb"]),
        "bytes": bytes_of(folder),
        "stages_ms": {name: [round(one, 3) for one in both] for name, both in percentiles(usual["questions"]).items()},
        "core_ms": [seconds_of_a_core(question) for question in medians(alone["questions"])],
    }


def add_size(records: int, encoder: SyntheticEncoder, place: Path, *, keep: bool) -> None:
    """Build a knowledge base of so many records, measure it, and write that down beside the other sizes."""
    folder = place / str(records)
    shutil.rmtree(folder, ignore_errors=True)
    started = time.monotonic()
    published = build_snapshot(folder, tuple(crowd(records)), encoder)
    print(
        f"{records:,} records, {published.passages:,} passages, built in {time.monotonic() - started:.0f} s", flush=True
    )
    found = {"records": records, "passages": published.passages, **measure(folder)}
    print(f"  a question {found['stages_ms']['in all']} ms, opened in {found['opened_s']} s", flush=True)
    if not keep:
        shutil.rmtree(folder)
    before = read_json(SCALE)["sizes"] if SCALE.exists() else []
    sizes = sorted([*(one for one in before if one["records"] != records), found], key=lambda one: int(one["records"]))
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    write_json(SCALE, {"machine": machine(), "date": date, "embedded": encoder.embedded, "sizes": sizes})


def main() -> None:
    """Measure every size that is asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of records")
    options.add_argument("--place", type=Path, default=ROOT / "build" / "scale", help="where to build them")
    options.add_argument("--keep", action="store_true", help="leave the knowledge bases there")
    given = options.parse_args()
    given.place.mkdir(parents=True, exist_ok=True)
    encoder = SyntheticEncoder(prepared_encoder().folder, tuple(crowd(EMBEDDED)))
    for records in sorted(given.sizes):
        add_size(records, encoder, given.place, keep=given.keep)
    write_page()
    write_scale(read_json(SCALE), PAGE)


if __name__ == "__main__":
    main()
