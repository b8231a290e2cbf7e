"""Reading Markdown: records a second in one process and in as many as there are cores, and again with all known."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from results import Row, Table, at_least, at_most, higher_ratio, lower_ratio, print_tables
from support import corpus_records, workshop

from faqkb.ingest import Ingested, Means, ReadingCache, ReadingMemory, read_sources, usable_cores

ROUNDS = 3
RECORDS = 4_000
FILES = 80
CHANGED = "# FAQ\n\n## Is one file another now?\n\nIt is.\n"


def write_content(folder: Path) -> None:
    """Write the records over and over, in files of fifty."""
    records = corpus_records()
    folder.mkdir()
    for file in range(FILES):
        pairs = []
        for number in range(file * RECORDS // FILES, (file + 1) * RECORDS // FILES):
            record = records[number % len(records)]
            pairs.append(f"## {number}. {record.question}\n\n{record.answer}\n")
        (folder / f"{file}.md").write_text("# FAQ\n\n" + "\n".join(pairs), encoding="utf-8")


def read(content: Path, processes: int, cache: Path | None = None) -> tuple[float, Ingested]:
    """Read the content as another run would; return the seconds, and what came of it."""
    started = time.perf_counter()
    memory = ReadingMemory(ReadingCache(cache)) if cache else None
    ingested = read_sources([content], means=Means(memory=memory, processes=processes))
    return time.perf_counter() - started, ingested


def measure() -> list[Table]:
    """Return what was measured."""
    cores = usable_cores()
    one, many, known, changed = [], [], [], []
    with workshop() as folder:
        content = folder / "content"
        write_content(content)
        for number in range(ROUNDS):
            one.append(read(content, 1)[0])
            seconds, first = read(content, cores, folder / f"cache{number}")
            many.append(seconds)
            seconds, again = read(content, cores, folder / f"cache{number}")
            known.append(seconds)
            assert again == first
            (content / "0.md").write_text(f"{CHANGED}\n{number}\n", encoding="utf-8")
            changed.append(read(content, cores, folder / f"cache{number}")[0])
    count = len(first.records)
    alone, together, again_seconds = map(statistics.median, (one, many, known))
    return [
        Table(
            f"Reading {count} records in {FILES} files, median of {ROUNDS}",
            (
                Row("one process", count / alone, "/s"),
                Row(f"{cores} processes", count / together, "/s"),
                higher_ratio("one process / many", alone / together, None if cores == 1 else at_least(1.5)),
                Row("all of it known", again_seconds, "s"),
                Row("all but one file known", statistics.median(changed), "s"),
                lower_ratio("reading what is known / one process", again_seconds / alone, at_most(1 / 15)),
            ),
        )
    ]


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
