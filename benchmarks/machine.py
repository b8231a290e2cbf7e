"""The machine that benchmarks run on, in words: who reads a figure has to know what made it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

# As the kernel names them, the best first. An encoder in 8 bits gains by them what one in floats does not: where they
# differ, ratios between the two differ as well.
_EXTENSIONS = {
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX-VNNI",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "i8mm": "I8MM",
    "asimddp": "dot products",
}


def machine() -> str:
    """Return the machine in words: processor with its vector instructions, cores, memory, system, Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = fields.get("model name", "unknown")
    has = {*fields.get("flags", "").split(), *fields.get("Features", "").split()}
    best = next((f" with {word}" for flag, word in _EXTENSIONS.items() if flag in has), "")
    return (platform.machine() if name == "unknown" else name) + best
