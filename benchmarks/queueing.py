"""What 10,000 questions a second and a hundred million records want: reckoned from what was measured, and simulated.

`python benchmarks/queueing.py` reads `scale.json`, which `benchmarks/scale.py` writes, prints the tables and writes
them into `docs/scale.md`. Every line says whether it is measured, extrapolated, assumed, reckoned or simulated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from results import number
from simulation import Cores, Service, cell, greatest, one_machine, percentiles_ms
from stored import ROOT, SCALE, markdown_table, read_json, rewrite_part

PAGE = ROOT / "docs" / "scale.md"
RECORDS = 100_000_000
RATE = 10_000  # questions a second
P99_MS = 250
MACHINE_CORES = 16
MACHINE_GB = 64
CORE_HOUR = 0.045  # dollars, memory included: what 16 cores with 64 GB cost by the hour at the large clouds, about 0.72
DISK_GB_MONTH = 0.08  # dollars, of a solid-state disk
HTTP_MS = 2.0  # of a core, for HTTP and JSON around a question: the bound that is promised
BUSY = 0.7  # of a core, at most, in what is planned: publishes, bursts and the loss of a machine need room
SHARDS_OF = (1_000_000, 5_000_000, 10_000_000)  # records in a shard
LOADS = (0.5, 0.7, 0.8, 0.9, 0.95)
POOLS = (2, 8, 16, 64)
HOURS_A_MONTH = 730
SEED = 19


@dataclass(frozen=True, slots=True)
class Size:
    """What is known of a knowledge base of some size."""

    records: int
    service: Service
    bytes: float
    """On disk, without the model."""
    resident: float
    """Bytes of memory of a process that has answered a hundred questions."""
    is_measured: bool

    @property
    def source(self) -> str:
        """Where the figures come from."""
        return "measured" if self.is_measured else "extrapolated"


def sizes_of(scale: dict[str, Any]) -> list[Size]:
    """Return what was measured, smallest first; HTTP is a part of the front."""
    found = []
    for one in scale["sizes"]:
        core = Service.from_document(one["core_ms"])
        service = Service(core.front + HTTP_MS / 1000, core.search, core.finish)
        found.append(Size(one["records"], service, sum(one["bytes"].values()), one["resident_mb"] * 1e6, True))
    return found


def size_at(sizes: Sequence[Size], records: int) -> Size:
    """Return a size as measured, else extrapolated from the two largest: searching as the power law through both.

    Bytes and memory grow by the same number of bytes with every record. Raises ValueError with fewer than two sizes.
    """
    for size in sizes:
        if size.records == records:
            return size
    if len(sizes) < 2:
        raise ValueError("two sizes have to be measured; run `python benchmarks/scale.py`")
    small, large = sizes[-2:]
    means = [float(size.service.search.mean()) for size in (small, large)]
    power = max(0.0, math.log(means[1] / means[0]) / math.log(large.records / small.records))
    factor = (records / large.records) ** power
    service = Service(large.service.front, large.service.search * factor, large.service.finish)
    more = (records - large.records) / (large.records - small.records)
    grown = (
        now + more * max(0.0, now - before)
        for before, now in ((small.bytes, large.bytes), (small.resident, large.resident))
    )
    return Size(records, service, *grown, is_measured=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """A cluster: cells, each a whole copy of the records in shards, with the processes before and behind them."""

    shard: Size
    shards: int
    cells: int
    """That answer; one more is the spare."""
    cores: Cores
    """Of a cell."""
    p50_ms: float
    p99_ms: float

    @property
    def cell_cores(self) -> int:
        """All cores of a cell."""
        return self.cores.front + self.cores.shard * self.shards + self.cores.finish

    @property
    def all_cores(self) -> int:
        """All cores, the spare cell among them."""
        return self.cell_cores * (self.cells + 1)

    @property
    def dollars_a_million(self) -> float:
        """What a million questions cost at full load, disks included."""
        disks = self.shard.bytes * self.shards * (self.cells + 1) / 1e9 * DISK_GB_MONTH / HOURS_A_MONTH
        return (self.all_cores * CORE_HOUR + disks) / (RATE * 3600) * 1e6


def plan_for(sizes: Sequence[Size], records: int, chance: np.random.Generator) -> Plan:
    """Return the cluster of shards of so many records that bears the load with no core busier than `BUSY`."""
    shard = size_at(sizes, records)
    shards = math.ceil(RECORDS / records)
    cells = math.ceil(RATE * float(shard.service.search.mean()) / (MACHINE_CORES * BUSY))
    rate = RATE / cells
    front, finish = (
        math.ceil(rate * float(seconds.mean()) / BUSY) for seconds in (shard.service.front, shard.service.finish)
    )
    cores = Cores(front, MACHINE_CORES, finish)
    return Plan(shard, shards, cells, cores, *percentiles_ms(cell(shard.service, rate, cores, shards, chance)))


def replicas_for(size: Size, chance: np.random.Generator) -> int | None:
    """Return how few machines of the usual cores answer all questions with p99 within bounds; None where none do."""
    least = math.ceil(RATE * float(size.service.whole.mean()) / MACHINE_CORES)
    most = least * 3

    def fits(fewer: int) -> bool:
        answered = one_machine(size.service, RATE / (most - fewer), MACHINE_CORES, chance)
        return percentiles_ms(answered)[1] <= P99_MS

    return most - greatest(most - least, fits) if fits(0) else None


def load_lines(size: Size, chance: np.random.Generator) -> Iterator[str]:
    """Yield what one machine's waiting does as its load grows."""
    mean = float(size.service.whole.mean())
    yield (
        f"A knowledge base of {size.records:,} records, {mean * 1000:.1f} ms of a core for a question on average "
        f"({size.source}), p50 · p99 in milliseconds (simulated):"
    )
    yield ""
    rows = []
    for cores in POOLS:
        pairs = (percentiles_ms(one_machine(size.service, load * cores / mean, cores, chance)) for load in LOADS)
        rows.append([f"{cores}", f"{cores / mean:,.0f}/s", *(f"{half:.0f} · {most:.0f}" for half, most in pairs)])
    yield from markdown_table(["cores", "at most", *(f"{load:.0%} of it" for load in LOADS)], rows)


def replica_lines(sizes: Sequence[Size], chance: np.random.Generator) -> Iterator[str]:
    """Yield how many machines 10,000 questions a second want where each holds all records."""
    rows = []
    for size in sizes:
        machines = replicas_for(size, chance)
        mean = float(size.service.whole.mean()) * 1000
        counts = [f"{machines:,}", f"{machines * MACHINE_CORES:,}"] if machines else ["too slow by itself", ""]
        rows.append([f"{size.records:,}", f"{mean:.1f} ms", *counts])
    head = ["records", "of a core, a question (measured)", f"machines of {MACHINE_CORES} cores (simulated)", "cores"]
    yield from markdown_table(head, rows)


def arithmetic_lines(plan: Plan) -> Iterator[str]:
    """Yield a line a step from records and questions to dollars."""
    shard, cores, rate = plan.shard, plan.cores, RATE / plan.cells
    front, search, finish = (
        float(one.mean()) * 1000 for one in (shard.service.front, shard.service.search, shard.service.finish)
    )
    machines = math.ceil(plan.all_cores / MACHINE_CORES)
    steps = [
        ("records", f"{RECORDS:,}", "asked"),
        ("questions a second, p99", f"{RATE:,}, at most {P99_MS} ms", "asked"),
        ("records of a shard", f"{shard.records:,}", "chosen"),
        ("shards", f"{plan.shards}", "reckoned"),
        ("bytes of a shard on disk", gigabytes(shard.bytes), shard.source),
        ("bytes of all records, once", gigabytes(shard.bytes * plan.shards), "extrapolated"),
        ("memory of a process with one shard", gigabytes(shard.resident), shard.source),
        ("HTTP and JSON of a question", f"{HTTP_MS:.1f} ms of a core", "assumed"),
        ("before the shards, HTTP in it", f"{front:.1f} ms of a core", "measured"),
        ("in each shard", f"{search:.2f} ms of a core", shard.source),
        ("after the shards", f"{finish:.1f} ms of a core", "measured"),
        ("a core is busy at most", f"{BUSY:.0%}", "chosen"),
        (f"cells: whole copies, {MACHINE_CORES} cores a shard", f"{plan.cells}, and a spare", "reckoned"),
        ("questions a second of a cell", f"{rate:,.0f}", "reckoned"),
        (
            "cores of a cell: front, shards, end",
            f"{cores.front} + {plan.shards} · {cores.shard} + {cores.finish}",
            "reckoned",
        ),
        ("p50 and p99 of an answer", f"{plan.p50_ms:.0f} ms, {plan.p99_ms:.0f} ms", "simulated"),
        ("cores in all, the spare in it", f"{plan.all_cores:,}", "reckoned"),
        (f"machines of {MACHINE_CORES} cores and {MACHINE_GB} GB", f"{machines:,}", "reckoned"),
        ("bytes on disk in all", gigabytes(shard.bytes * plan.shards * (plan.cells + 1)), "extrapolated"),
        ("a core for an hour, memory in it", f"${CORE_HOUR}", "assumed"),
        ("a gigabyte of disk for a month", f"${DISK_GB_MONTH}", "assumed"),
        ("a million questions at full load", f"${plan.dollars_a_million:.2f}", "reckoned"),
    ]
    yield from markdown_table(["", "", ""], steps)


def shard_lines(plans: Sequence[Plan]) -> Iterator[str]:
    """Yield what becomes of it with shards of other sizes."""
    rows = [
        [
            f"{plan.shard.records:,}",
            f"{plan.shards}",
            f"{float(plan.shard.service.search.mean()) * 1000:.2f} ms, {plan.shard.source}",
            gigabytes(plan.shard.resident),
            f"{plan.cells} + 1",
            f"{plan.all_cores:,}",
            f"{plan.p50_ms:.0f} · {plan.p99_ms:.0f} ms",
            f"${plan.dollars_a_million:.2f}",
        ]
        for plan in plans
    ]
    head = ["records of a shard", "shards", "search", "memory", "cells", "cores", "p50 · p99", "a million questions"]
    yield from markdown_table(head, rows)


def gigabytes(count: float) -> str:
    """Return bytes in the unit that fits."""
    return f"{number(count / 1e12)} TB" if count >= 1e12 else f"{number(count / 1e9)} GB"


def write_scale(scale: dict[str, Any], page: Path) -> None:
    """Write every table of the page; print them."""
    chance = np.random.default_rng(SEED)
    sizes = sizes_of(scale)
    plans = [plan_for(sizes, records, chance) for records in SHARDS_OF]
    parts = {
        "load": [*load_lines(sizes[-1], chance)],
        "replicas": [*replica_lines(sizes, chance)],
        "arithmetic": [*arithmetic_lines(plans[0])],
        "shards": [*shard_lines(plans)],
    }
    parts["load"].insert(0, f"Service times of {scale['date']}: {scale['machine']}.\n")
    for part, lines in parts.items():
        print(f"\n{part}", *lines, sep="\n")
        rewrite_part(page, part, lines)


if __name__ == "__main__":
    write_scale(read_json(SCALE), PAGE)
