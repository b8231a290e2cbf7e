"""The machine that benchmarks run on, in words: who reads a figure has to know what made it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil


def machine() -> str:
    """Return the machine in words: processor, cores, memory, system, Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names and names[0] != "unknown" else platform.machine()
