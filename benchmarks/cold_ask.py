"""One question from a cold start, whole process: `faq ask` against txtai on the same weights, runs interleaved."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from peers import TXTAI
from results import Row, Table, at_most, lower_ratio, print_tables
from support import OFFLINE, ROOT, corpus_records, milliseconds, prepared_encoder, workshop

from faqkb.kb.building.build import build_snapshot

QUESTION = "docker 里训练报 Blocking queue is killed 怎么办"
RUNS = 9


def seconds_of(command: Sequence[str | Path], codes: tuple[int, ...]) -> float:
    """Run a process to its end and return the seconds it took."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=OFFLINE, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in codes:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stderr}")
    return seconds


def measure() -> list[Table]:
    """Return what was measured."""
    records = corpus_records()
    with workshop() as folder:
        build_snapshot(folder / "kb", records, prepared_encoder())
        peer_index = TXTAI.index(folder / "txtai", records)
        ask = [sys.executable, "-m", "faqkb", "ask", QUESTION, "--kb", folder / "kb", "--json"]
        peer_ask = [TXTAI.python, TXTAI.script, "ask", peer_index, QUESTION]
        seconds_of(ask, (0, 1)), seconds_of(peer_ask, (0,))  # files into the page cache for both
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(seconds_of(ask, (0, 1)))
            theirs.append(seconds_of(peer_ask, (0,)))
    ratio = milliseconds(ours) / milliseconds(theirs)
    return [
        Table(
            f"Cold question, whole process, {len(records)} records, median of {RUNS}",
            (
                Row("faq ask", milliseconds(ours), "ms"),
                Row("txtai", milliseconds(theirs), "ms"),
                lower_ratio("faq ask / txtai", ratio, at_most(0.1)),
            ),
        )
    ]


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
