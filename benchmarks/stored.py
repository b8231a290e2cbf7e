"""What was measured before, in files beside the scripts, and the pages of `docs/` that are made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results import Table

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "benchmarks" / "stored.json"
SCALE = ROOT / "benchmarks" / "scale.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """One script's tables."""

    script: str
    """Its name below `benchmarks/`, e.g. "warm_ask"."""
    seconds: float
    """That it ran."""
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Every benchmark, run on one machine on one day."""

    machine: str
    date: str
    measured: tuple[Measured, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, in the order they were made."""
        return tuple(table for one in self.measured for table in one.tables)


def write_run(run: Run, path: Path = STORED) -> None:
    """Write what was measured."""
    scripts = [
        {"script": one.script, "seconds": round(one.seconds), "tables": [table.to_document() for table in one.tables]}
        for one in run.measured
    ]
    write_json(path, {"machine": run.machine, "date": run.date, "scripts": scripts})


def read_run(path: Path = STORED) -> Run:
    """Return what was measured before. Raises FileNotFoundError where nothing was."""
    document = read_json(path)
    measured = (
        Measured(one["script"], one["seconds"], tuple(map(Table.from_document, one["tables"])))
        for one in document["scripts"]
    )
    return Run(document["machine"], document["date"], tuple(measured))


def write_json(path: Path, document: Any) -> None:
    """Write a document so that people can read what changed in it."""
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Return a document that `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def rewrite_part(page: Path, part: str, lines: Sequence[str]) -> None:
    """Put lines between `<!-- PART -->` and `<!-- end -->` of a page; what stands around it is written by hand.

    Raises ValueError when the page has no such place, or more than one.
    """
    text = page.read_text(encoding="utf-8")
    place = re.compile(rf"(?<=<!-- {re.escape(part)} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    if len(place.findall(text)) != 1:
        raise ValueError(f"{page}: wanted once: <!-- {part} --> … <!-- end -->")
    body = "\n".join(("", *lines, "", ""))
    page.write_text(place.sub(lambda _: body, text), encoding="utf-8")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the first column to the left, the others to the right."""
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]
