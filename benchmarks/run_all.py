"""Run the benchmarks one after the other. Says whether all aims are met, and writes `stored.json` and the page of it.

With `--check` only those that give ratios, and nothing is written: a ratio worse than the stored one by more than 10%
fails. What fails is measured once more before it counts.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `faq ask`, `faq serve` and `faq eval` set it

import check_times
import cold_ask
import footprint
import ingest_speed
import reading
import save_to_answer
import serving
import warm_ask
from comparing import check
from machine import machine
from page import write_page
from results import Table, print_tables, ratios_of
from stored import STORED, Measured, Run, read_run, write_run

Measure = Callable[[], list[Table]]
BENCHMARKS: dict[str, Measure] = {
    module.__name__: module.measure
    for module in (cold_ask, warm_ask, reading, ingest_speed, save_to_answer, footprint, serving, check_times)
}


def run_all() -> bool:
    """Run all, and write down what they say; return whether every aim is met."""
    measured = []
    for script, measure in BENCHMARKS.items():
        started = time.monotonic()
        tables = measure()
        measured.append(Measured(script, time.monotonic() - started, tuple(tables)))
        print_tables(tables)
    run = Run(machine(), datetime.datetime.now(tz=datetime.UTC).date().isoformat(), tuple(measured))
    ratios_of(run.tables)
    write_run(run)
    write_page()
    print(f"\nwrote {STORED.name} and docs/benchmarks.md")
    return all(table.is_met for table in run.tables)


def run_check() -> bool:
    """Compare with what is stored; return whether no ratio is worse."""
    if not STORED.exists():
        sys.exit("nothing was measured yet; run `make bench` first")
    stored = read_run()
    if stored.machine != machine():
        print(f"  what is stored was measured on another machine, {stored.machine}; this one: {machine()}")
    is_fine = True
    for change in check(stored.measured, BENCHMARKS):
        word = "WORSE" if change.is_worse else "better" if change.is_better else "same"
        print(f"  {word:<6} {change}")
        is_fine &= not change.is_worse
    return is_fine


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="compare with what is stored, and write nothing")
    sys.exit(0 if (run_check if options.parse_args().check else run_all)() else 1)
