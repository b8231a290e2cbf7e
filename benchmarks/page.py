"""Writes what was measured into `docs/benchmarks.md`: `python benchmarks/page.py` makes the page anew of the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from curves import draw_curves
from peers import PEERS
from results import number
from stored import ROOT, SCALE, STORED, Run, markdown_table, read_json, read_run, rewrite_part

PAGE = ROOT / "docs" / "benchmarks.md"
CURVES = ROOT / "docs" / "scale.svg"


def write_page(page: Path = PAGE, stored: Path = STORED, scale: Path = SCALE, curves: Path = CURVES) -> None:
    """Write both parts of the page and the picture; a part of which nothing was measured yet stays as it is."""
    if stored.exists():
        rewrite_part(page, "benchmarks", list(benchmark_lines(read_run(stored))))
    if scale.exists():
        found = read_json(scale)
        rewrite_part(page, "stages", list(stage_lines(found)))
        draw_curves(found["sizes"], curves)


def benchmark_lines(run: Run) -> Iterator[str]:
    """Yield the lines of every table, each benchmark with its command."""
    peers = " and ".join(f"{peer.name} {peer.version}" for peer in PEERS)
    minutes = sum(one.seconds for one in run.measured) / 60
    yield f"Measured on {run.date}: {run.machine}. The peers are {peers}. All of it took {minutes:.0f} minutes."
    for one in run.measured:
        for table in one.tables:
            yield from ("", *table.to_markdown().splitlines())
        yield from ("", f"`.venv/bin/python benchmarks/{one.script}.py`, {one.seconds:.0f} s")


def stage_lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the tables by number of records."""
    sizes = found["sizes"]
    head = ["", *(f"{one['records']:,}" for one in sizes)]
    yield f"Measured on {found['date']}: {found['machine']}. Milliseconds of a question in process, p50 and p95 of 100:"
    yield ""
    yield from markdown_table([*head], list(_stage_rows(sizes)))
    yield from ("", "And what the same knowledge bases take:", "")
    rows = [
        ["opening, in process", *(f"{one['opened_s']:.2f} s" for one in sizes)],
        ["`faq ask`, whole process", *(f"{one['cold_ask_s']:.2f} s" for one in sizes)],
        ["resident, after 100 questions", *(f"{one['resident_mb']:,} MB" for one in sizes)],
        ["on disk, without the model", *(f"{sum(one['bytes'].values()) / 1e6:,.1f} MB" for one in sizes)],
        ["bytes of a record on disk", *(number(sum(one["bytes"].values()) / one["records"]) for one in sizes)],
        ["passages of a record", *(f"{one['passages'] / one['records']:.1f}" for one in sizes)],
    ]
    yield from markdown_table([*head], rows)


def _stage_rows(sizes: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """Yield a row a stage, the slowest at the largest size first."""
    for stage in sizes[-1]["stages_ms"]:
        of_sizes = (one["stages_ms"].get(stage, (0.0, 0.0)) for one in sizes)
        yield [stage, *(f"{half:.2f} · {most:.2f}" for half, most in of_sizes)]


if __name__ == "__main__":
    write_page()
