# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "env"
# version = "1.0"
# title = "What is installed here, and what may this machine use?"
# title_zh = "这台机器装了什么、能用多少？"
# answers = [
#     "faq_2021_s1/Q1.1", "en/faq_2021_s1/Q1.1", "faq_2021_s1/Q1.2", "en/faq_2021_s1/Q1.2",
#     "faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3", "faq_2021_s1/Q1.4", "en/faq_2021_s1/Q1.4",
#     "faq_2021_s1/Q1.5", "en/faq_2021_s1/Q1.5", "faq_2021_s1/Q2.1", "en/faq_2021_s1/Q2.1",
#     "faq_2021_s1/Q2.2", "en/faq_2021_s1/Q2.2", "faq_2021_s1/Q2.3", "en/faq_2021_s1/Q2.3",
#     "faq_2021_s1/Q2.4", "en/faq_2021_s1/Q2.4", "faq_2021_s1/Q2.5", "en/faq_2021_s1/Q2.5"
# ]
# reads = ["/proc and /sys", "the package folders of the Pythons found", "limits of this container"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 15
# ///
"""Collect what a helper asks first: Paddle, CUDA, oneDNN, processor, memory, container limits.

Looks at the Python that runs this, at the active environment and at the python on PATH, without importing anything
of theirs; name another with --python. Warns of what is known to break or slow Paddle: no AVX, a CPU package beside
a GPU, numpy 2.4 or newer, no setuptools, more threads than cores, a processor quota that throttles. The report names
no host, no user and no path: it can be pasted into an issue as it is.
"""

from __future__ import annotations

import argparse
import ast
import glob
import platform
import shutil
from pathlib import Path

VECTOR_FLAGS = ("avx", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
PADDLE = ("paddlepaddle", "paddlepaddle_gpu")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
CGROUP = "/sys/fs/cgroup"
THROTTLED = 0.05  # share of the periods in which the quota stopped this container; below it nobody notices
NUMPY_TOO_NEW = (2, 4)  # paddle.flops of Paddle 3.3 breaks with it
ASK = "import sys, sysconfig; print(sys.version.split()[0]); print(sysconfig.get_paths()['purelib'])"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    parser.add_argument("--python", metavar="PYTHON", help="the interpreter that you train or serve with")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Collect the facts, then judge what is known to matter."""
    packages = _look_at_python(arguments.python, report)
    _look_at_processor(report)
    _look_at_memory(report)
    _look_at_gpu(packages, report)
    facts = report.facts
    paddle = f"Paddle {facts['paddle']}" if "paddle" in facts else "no Paddle"
    memory = readable_bytes(facts.get("memory_limit_bytes") or facts.get("memory_bytes") or 0)
    widest = (facts["vector_instructions"] or ["no AVX"])[-1]
    machine = f"{facts['cores']:g} cores with {widest}, {memory} of memory, {facts['gpus']} GPUs"
    report.summary = f"{paddle}, Python {facts['python']}, {machine}"
    if not report.findings:
        report.good("nothing that is known to break or slow Paddle")


# Python and its packages


def _look_at_python(named: str | None, report: Report) -> dict[str, str]:
    """Choose the interpreter with Paddle, note versions; return the versions of its packages by name."""
    found = [(python, *answer) for python in _interpreters(named) for answer in [_ask(python)] if answer]
    if named and not found:
        raise WrongUse(f"--python {os.path.basename(named)} did not answer; name an interpreter")
    chosen = [(version, packages) for _, version, packages in found if set(packages) & set(PADDLE)] or [
        (version, packages) for _, version, packages in found[:1]
    ]
    version, packages = chosen[0]
    report.facts["python"] = version
    report.facts["system"] = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    report.facts["libc"] = " ".join(platform.libc_ver()) or "unknown"
    for name in (*PADDLE, "numpy", "opencv_python", "onnxruntime"):
        if name in packages:
            report.facts[name.replace("paddlepaddle", "paddle")] = packages[name]
    _judge_packages(version, packages, report)
    return packages


def _interpreters(named: str | None) -> list[str]:
    """Return the interpreters to look at, each once."""
    if named:
        return [named]
    roots = (os.environ.get("VIRTUAL_ENV"), os.environ.get("CONDA_PREFIX"))
    candidates = [*(os.path.join(root, "bin", "python") for root in roots if root), sys.executable]
    candidates += [path for name in ("python3", "python") for path in [shutil.which(name)] if path]
    return list(dict.fromkeys(path for path in candidates if os.path.exists(path)))


def _ask(python: str) -> tuple[str, dict[str, str]] | None:
    """Return version and packages of an interpreter, None when it is none."""
    try:
        done = subprocess.run([python, "-I", "-c", ASK], capture_output=True, text=True, timeout=5, check=True)
        version, folder = done.stdout.splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    packages = {}
    for path in glob.glob(os.path.join(glob.escape(folder), "*.dist-info")):
        name, _, number = os.path.basename(path)[: -len(".dist-info")].rpartition("-")
        packages[name.lower().replace("-", "_").replace(".", "_")] = number
    if set(packages) & set(PADDLE):
        packages["cuda of paddle"] = _built_for(os.path.join(folder, "paddle"))
        onednn = glob.glob(os.path.join(glob.escape(folder), "paddle", "libs", "*dnnl*"))
        packages["onednn"] = "with oneDNN" if onednn else "without oneDNN"
    return version, packages


def _built_for(folder: str) -> str:
    """Return the CUDA version that a Paddle package was built for, `no CUDA` for a CPU package; nothing is imported."""
    try:
        tree = ast.parse(Path(folder, "version", "__init__.py").read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return "unknown"
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    cuda = str(named.get("cuda_version", "unknown"))
    return "no CUDA" if cuda == "False" else f"CUDA {cuda}"


def _judge_packages(version: str, packages: dict[str, str], report: Report) -> None:
    own = [name for name in PADDLE if name in packages]
    if not own:
        report.warn(
            "Paddle is in none of the Pythons looked at",
            why="this one, the active environment and the python on PATH were looked at",
            fix="pip install 'paddlepaddle>=3.0,<4' 'numpy<2.4' setuptools, or name yours with --python",
        )
        return
    report.facts["paddle"] = packages[own[-1]]
    report.facts["paddle_built"] = f"{packages['cuda of paddle']}, {packages['onednn']}"
    if len(own) == 2:
        report.fail(
            "paddlepaddle and paddlepaddle-gpu are both installed",
            why="they are the same module twice: which of them is imported is chance",
            fix="pip uninstall -y paddlepaddle paddlepaddle-gpu, then install the one you want",
        )
    if _numbers(packages.get("numpy", "0")) >= NUMPY_TOO_NEW:
        report.warn(
            f"numpy {packages['numpy']} beside Paddle {report.facts['paddle']}",
            why="paddle.flops breaks with numpy 2.4",
            fix="pip install 'numpy<2.4'",
        )
    if "setuptools" not in packages:
        report.fail(
            f"setuptools is not installed in Python {version}",
            why="import paddle fails without it",
            fix="pip install setuptools",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])


# Processor, memory, GPU


def _look_at_processor(report: Report) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    report.facts["cores"] = round(min(cores, quota or cores), 2)
    report.facts["cores_of_machine"] = os.cpu_count() or 1
    lines = _read("/proc/cpuinfo").splitlines()
    described = dict(reversed([tuple(part.strip() for part in line.split(":", 1)) for line in lines if ":" in line]))
    report.facts["processor"] = described.get("model name", platform.machine())
    flags = set(described.get("flags", "").split())
    report.facts["vector_instructions"] = [flag for flag in VECTOR_FLAGS if flag in flags]
    if flags and "avx" not in flags:
        report.fail(
            "the processor has no AVX",
            why="the packages of Paddle are built for it: import paddle ends with an illegal instruction",
            fix="give the virtual machine a processor type with AVX, for example `-cpu host`, or use another machine",
        )
    _judge_threads(report)
    _judge_throttling(report)


def _judge_threads(report: Report) -> None:
    for variable in THREAD_VARIABLES:
        value = os.environ.get(variable, "")
        if value.isdigit():
            report.facts[variable.lower()] = int(value)
            if int(value) > 2 * report.facts["cores"]:
                report.warn(
                    f"{variable}={value} with {report.facts['cores']:g} cores",
                    why="threads far above the cores wait for each other: 2 to 4 times slower, measured",
                    fix=f"export {variable}={max(1, int(report.facts['cores']))}",
                )


def _judge_throttling(report: Report) -> None:
    counts = dict(line.split() for line in _read(f"{CGROUP}/cpu.stat").splitlines() if len(line.split()) == 2)
    periods, stopped = int(counts.get("nr_periods", 0)), int(counts.get("nr_throttled", 0))
    if periods and stopped / periods > THROTTLED:
        report.facts["throttled_share"] = round(stopped / periods, 3)
        report.warn(
            f"the processor quota stopped this container in {stopped / periods:.0%} of its periods",
            why=f"it may use {report.facts['cores']:g} cores, and its threads ask for more",
            fix=f"docker run --cpus={report.facts['cores_of_machine']} …, or as many threads as the quota has cores",
        )


def _quota() -> float | None:
    """Return how many cores the control group may use, None without a limit (cgroup 2, then 1)."""
    words = _read(f"{CGROUP}/cpu.max").split()
    if len(words) != 2:
        words = [_read(f"{CGROUP}/cpu/cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
    return int(words[0]) / int(words[1]) if all(word.isdigit() and int(word) for word in words) else None


def _look_at_memory(report: Report) -> None:
    lines = (line.split() for line in _read("/proc/meminfo").splitlines())
    sizes = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) == 3}
    for name, field in (("memory_bytes", "MemTotal"), ("memory_free_bytes", "MemAvailable")):
        if field in sizes:
            report.facts[name] = sizes[field]
    limit = _read(f"{CGROUP}/memory.max").strip() or _read(f"{CGROUP}/memory/memory.limit_in_bytes").strip()
    if limit.isdigit() and int(limit) < sizes.get("MemTotal", 0):
        report.facts["memory_limit_bytes"] = int(limit)
    if os.path.isdir("/dev/shm"):  # noqa: S108 - looked at, nothing is written there
        report.facts["shm_bytes"] = shutil.disk_usage("/dev/shm").total  # noqa: S108
    report.facts["container"] = _container()


def _container() -> str:
    groups = _read("/proc/1/cgroup")
    marks = (("docker", "/.dockerenv"), ("podman", "/run/.containerenv"))
    for name, path in marks:
        if os.path.exists(path) or name in groups:
            return name
    return "kubernetes" if "kubepods" in groups else "none that is known"


def _look_at_gpu(packages: dict[str, str], report: Report) -> None:
    devices = [path for path in glob.glob("/dev/nvidia[0-9]*") if path[len("/dev/nvidia") :].isdigit()]
    report.facts["gpus"] = len(devices)
    driver = _read("/proc/driver/nvidia/version").splitlines()[:1]
    numbers = [word for word in (driver[0].split() if driver else []) if word.replace(".", "").isdigit()]
    if numbers:
        report.facts["nvidia_driver"] = numbers[0]
    if devices and packages.get("cuda of paddle") == "no CUDA":
        report.warn(
            f"{len(devices)} GPUs, and a Paddle built without CUDA",
            why="turning the GPU on raises no error then: everything silently stays on the CPU",
            fix="pip uninstall -y paddlepaddle, then install paddlepaddle-gpu for your CUDA; `faq check run infer-gpu`",
        )


def _read(path: str) -> str:
    """Return the text of a small system file, empty where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1_000_000)
    except OSError:
        return ""


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
