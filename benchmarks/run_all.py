"""Run every benchmark, one after the other, and say whether all aims are met."""

from __future__ import annotations

import os
import platform
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `faq ask`, `faq serve` and `faq eval` set it

import check_times
import cold_ask
import footprint
import ingest_speed
import reading
import save_to_answer
import serving
import warm_ask


def main() -> int:
    """Return 0 when every aim is met, else 1."""
    print(
        f"{platform.machine()}, Python {platform.python_version()}: compare ratios, not milliseconds, between machines"
    )
    met = [
        benchmark.main()
        for benchmark in (cold_ask, warm_ask, reading, ingest_speed, save_to_answer, footprint, serving, check_times)
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
