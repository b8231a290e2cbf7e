"""Call every operation of a running server with what its document allows, and with what it does not.

`python tools/fuzz_api.py http://127.0.0.1:8080 --calls 20000` runs schemathesis over /openapi.json until so many calls
were made, and prints how many there were, what was replied, and what broke the document: a 5xx, a status, a field, a
header or a type that it does not name, a valid request that was refused, an invalid one that was not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ROUND_SECONDS = 150  # of one run; more of them, each with a seed of its own, reach more than one long one


@dataclass(frozen=True, slots=True)
class Round:
    """One run of schemathesis."""

    statuses: Counter[str]
    """Number of replies by operation and status."""
    failures: list[Any]
    output: str
    code: int


def run_round(url: str, *, seconds: int, seed: int, workers: int) -> Round:
    """Call the server for so long."""
    with tempfile.TemporaryDirectory() as folder:
        statuses, report = Path(folder, "statuses.json"), Path(folder, "report.json")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(FOLDER / "schemathesis.toml")),
            *("run", f"{url}/openapi.json", "--max-time", str(seconds), "--seed", str(seed), "--workers", str(workers)),
            *("--continue-on-failure", "--no-color", "--report", "json", "--report-json-path", str(report)),
        ]
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "fuzz_hooks",
            "FUZZ_STATUSES": str(statuses),
            "PYTHONPATH": os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")]),
        }
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if not report.exists():
            raise SystemExit(f"fuzz_api: schemathesis did not run:\n{done.stdout}{done.stderr}")
        found = json.loads(report.read_text(encoding="utf-8"))
        counted = Counter(json.loads(statuses.read_text(encoding="utf-8")))
        return Round(counted, [*found["failures"], *found["errors"]], done.stdout, done.returncode)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds until there are enough calls; 1 where the document was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url", help="of the server, e.g. http://127.0.0.1:8080")
    parser.add_argument("--calls", type=int, default=20_000, help="how many at least")
    parser.add_argument("--seconds", type=int, default=ROUND_SECONDS, help="of one round")
    parser.add_argument("--seed", type=int, default=1)
    # One: hypothesis parses sources, and CPython 3.11's parser fails now and then in two threads (gh-106905).
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args(arguments)
    total: Counter[str] = Counter()
    failed = 0
    seed = options.seed
    while total.total() < options.calls:
        done = run_round(options.url.rstrip("/"), seconds=options.seconds, seed=seed, workers=options.workers)
        total += done.statuses
        if done.code != 0:
            failed += len(done.failures) or 1
            print(re.split(r"^=+ (?:FAILURES|ERRORS) =+$", done.output, maxsplit=1, flags=re.MULTILINE)[-1])
        print(
            f"round with seed {seed}: {done.statuses.total()} calls, {len(done.failures)} kinds of failure", flush=True
        )
        seed += 1
        if not done.statuses:  # nobody answers any more
            break
    _print_statuses(total)
    print(f"{total.total()} calls, {failed} failures")
    return 1 if failed else 0


def _print_statuses(total: Counter[str]) -> None:
    by_status: Counter[str] = Counter()
    for name, count in total.items():
        by_status[name.rpartition(" ")[2]] += count
    for name in sorted(total):
        print(f"{total[name]:8}  {name}")
    print("by status: " + ", ".join(f"{status}: {by_status[status]}" for status in sorted(by_status)))


if __name__ == "__main__":
    raise SystemExit(main())
