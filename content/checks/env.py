# Made from tools/checks/env.py and the part contract
# by `python tools/assemble_checks.py`; change those, not this file.

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


# --- part contract: the same in every check, leave it as it is ---
# Runs `measure` in a process of its own, so that a crash, a hang or a library that prints still ends in one report.
# Contract v1: exit code 0 pass, 4 warn, 3 fail, 77 skip, 2 wrong use, 1 the check broke or ran out of time.
import contextlib
import faulthandler
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Callable, NoReturn

EXIT_CODES = {"pass": 0, "warn": 4, "fail": 3, "skip": 77, "usage": 2, "error": 1}
_MEASURING = "FAQ_CHECK_MEASURING"  # set for the process that measures: the id of the one that waits for it
_NOISE_BYTES = 4000  # of what libraries printed, kept for the report of a crash
_GRACE_SECONDS = 1.0  # for the measuring process to end after it was told to
_STOPPED_BY = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class Skip(Exception):
    """What the check looks at is not on this machine."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fix = fix


class WrongUse(Exception):
    """An argument that cannot be used; the text says what to give instead."""


class _Stopped(Exception):
    """The check was told to end."""


class Report:
    """What a check found: figures, and findings that each come with what to do."""

    def __init__(self, progress: Callable[[str], None] = lambda text: None) -> None:
        self.summary = ""
        """One line; the worst finding when left empty."""
        self.facts: dict[str, Any] = {}
        """Figures by name, the unit at the end of the name: free_bytes, decode_ms; a text of several lines is shown."""
        self.findings: list[dict[str, str]] = []
        self.progress = progress
        """Tell whoever waits what is going on."""

    def good(self, what: str) -> None:
        """Note what is as it should be."""
        self._note("pass", what)

    def warn(self, what: str, *, why: str, fix: str) -> None:
        """Note what costs something but works."""
        self._note("warn", what, why, fix)

    def fail(self, what: str, *, why: str, fix: str) -> None:
        """Note what does not work; `fix` names the flag, number or line to change."""
        self._note("fail", what, why, fix)

    def end(self, status: str, why: str, fix: str = "") -> None:
        """Note why there is no verdict."""
        self.summary = why
        self._note(status, why, "", fix)

    def _note(self, status: str, what: str, why: str = "", fix: str = "") -> None:
        self.findings.append({"status": status, "what": what, "why": why, "fix": fix})

    @property
    def status(self) -> str:
        """The worst of all findings; `pass` when there is none."""
        found = {finding["status"] for finding in self.findings}
        return next((status for status in ("error", "usage", "skip", "fail", "warn") if status in found), "pass")

    def to_json(self) -> dict[str, Any]:
        """Return the part of the document that measuring decides."""
        worst = [finding["what"] for finding in self.findings if finding["status"] == self.status]
        summary = self.summary or (worst[0] if worst else "")
        return {"status": self.status, "summary": summary, "facts": self.facts, "findings": self.findings}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUse(message)


def main(add_arguments: Callable[[Any], None], measure: Callable[[Any, Report], None]) -> int:
    """Run the check as the command line says; return its exit code."""
    started = time.monotonic()
    own_folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != own_folder]  # checks are no modules
    header = read_header(__file__)
    parser = _Parser(
        prog=os.path.basename(__file__),
        description=__doc__,
        epilog=f"reads: {'; '.join(header['reads']) or 'nothing'} | writes: {'; '.join(header['writes']) or 'nothing'}"
        f" | takes at most {header['limit_seconds']:g} s | answers: {', '.join(header['answers']) or 'no record yet'}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    add_arguments(parser)
    as_json = "--json" in sys.argv[1:]
    try:
        arguments = parser.parse_args()
    except WrongUse as error:
        report = Report()
        report.end("usage", str(error), f"see {parser.prog} --help")
        found = report.to_json()
    else:
        if os.environ.get(_MEASURING) == str(os.getppid()):
            _measure_for_parent(measure, arguments)
        found = _supervise(float(header["limit_seconds"]), quiet=as_json and not sys.stderr.isatty(), id=header["id"])
    document = {"check": header["id"], "version": header["version"], **found, "answers": header["answers"]}
    document["seconds"] = round(time.monotonic() - started, 3)
    _print(_presentable(document), as_json=as_json)
    return EXIT_CODES[document["status"]]


def read_header(path: str) -> dict[str, Any]:
    """Return the table tool.faq-check of a script's own header; its values are written so that they are JSON too."""
    table: dict[str, Any] = {}
    current: dict[str, Any] | None = None
    pending = key = ""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            text = line[1:].strip()
            if text == "///":
                break
            if text.startswith("[") and not pending:
                name = text.strip("[]")
                current = None if not name.startswith("tool.faq-check") else table
                if current is not None and text.startswith("[["):
                    current = {}
                    table.setdefault(name.rpartition(".")[2], []).append(current)
            elif current is not None and text:
                if not pending:
                    key, _, text = (part.strip() for part in text.partition("="))
                pending += text
                with contextlib.suppress(ValueError):  # a list that goes on in the next line
                    current[key] = json.loads(pending)
                    pending = ""
    return table


def _measure_for_parent(measure: Callable[[Any, Report], None], arguments: argparse.Namespace) -> NoReturn:
    """Measure, and tell the waiting process in lines of JSON; what libraries print goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    faulthandler.enable()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()

    def tell(**line: Any) -> None:
        channel.write(json.dumps(line, default=float) + "\n")
        channel.flush()

    report = Report(lambda text: tell(progress=text))
    try:
        measure(arguments, report)
    except Skip as error:
        report.end("skip", str(error), error.fix)
    except WrongUse as error:
        report.end("usage", str(error), "see --help")
    except MemoryError:
        report.end("error", "the memory of this machine or container did not suffice", "give it more memory")
    except Exception as error:
        last = " ".join(str(error).split())[:500]
        report.end("error", f"the check broke: {type(error).__name__}: {last}", "report this with the command you ran")
    tell(report=report.to_json())
    os._exit(0)  # libraries that hang or crash while they are torn down have nothing more to say


def _end_with_parent(parent: int) -> None:
    """End this process and all that it started when nobody waits for it any more."""
    while os.getppid() == parent:
        time.sleep(0.5)
    _end_group(os.getpid())


def _end_group(process: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process)], capture_output=True, check=False)


def _supervise(limit: float, *, quiet: bool, id: str) -> dict[str, Any]:
    """Run this script again to measure, for at most `limit` seconds; return what it found or how it ended."""

    def stop(number: int, frame: object) -> NoReturn:
        raise _Stopped(f"ended by {signal.Signals(number).name}")

    for number in _STOPPED_BY:
        signal.signal(number, stop)
    with contextlib.ExitStack() as stack:
        environment = {**os.environ, _MEASURING: str(os.getpid()), "PYTHONIOENCODING": "utf-8:backslashreplace"}
        with contextlib.suppress(OSError):  # no place for temporary files; whoever needs one says so
            environment["TMPDIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="faq-check-"))
        try:
            child = _Child(environment, (lambda text: None) if quiet else lambda text: _note(f"{id}: {text}"))
            stack.callback(child.end)
            return child.wait(limit)
        except _Stopped as error:
            why, fix = str(error), "run it again"
        except (OSError, RuntimeError, MemoryError) as error:
            why, fix = f"the check could not be started: {error}", "free memory or raise the process limit"
    report = Report()
    report.end("error", why, fix)
    return report.to_json()


class _Child:
    """The process that measures."""

    def __init__(self, environment: dict[str, str], progress: Callable[[str], None]) -> None:
        command = [sys.executable, os.path.abspath(__file__), *sys.argv[1:]]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self.progress = progress
        self.found: dict[str, Any] | None = None
        self.noise = b""
        self.ended = threading.Event()
        self.readers = [threading.Thread(target=job, daemon=True) for job in (self._read, self._read_noise)]
        for thread in (*self.readers, threading.Thread(target=self._await_end, daemon=True)):
            thread.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            told = json.loads(line)
            if "report" in told:
                self.found = told["report"]
                self.ended.set()
            else:
                self.progress(told["progress"])

    def _read_noise(self) -> None:
        for line in self.process.stderr or ():
            self.noise = (self.noise + line)[-_NOISE_BYTES:]

    def _await_end(self) -> None:
        self.process.wait()
        for thread in self.readers:
            thread.join(_GRACE_SECONDS)  # something it started may hold the pipes open
        self.ended.set()

    def wait(self, limit: float) -> dict[str, Any]:
        """Return what was found, within `limit` seconds."""
        in_time = self.ended.wait(limit)
        if self.found is not None:
            return self.found
        report = Report()
        if not in_time:
            report.end(
                "error", f"not done after {limit:g} s, its time limit", "try a smaller input, or an idle machine"
            )
            return report.to_json()
        code = self.process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        lines = [line.strip() for line in self.noise.decode("utf-8", "replace").splitlines() if line.strip()]
        hint = "more memory may help" if how in {"SIGKILL", "SIGABRT"} else "report this with the command you ran"
        report.end("error", f"the measuring process died ({how}): {lines[-1] if lines else 'it said nothing'}", hint)
        return report.to_json()

    def end(self) -> None:
        """End it and all that it started."""
        _end_group(self.process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_SECONDS)


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _presentable(value: Any) -> Any:
    """Return a value that is JSON everywhere and names nobody's home folder."""
    if isinstance(value, dict):
        return {str(name): _presentable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_presentable(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        home = os.path.expanduser("~").rstrip("/\\")
        text = value.encode("utf-8", "replace").decode("utf-8")
        return text.replace(home, "~") if len(home) > 1 else text
    return value


def _print(document: dict[str, Any], *, as_json: bool) -> None:
    text = json.dumps(document) if as_json else "\n".join(_readable(document))
    with contextlib.suppress(BrokenPipeError):  # whoever read has seen enough
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()


def _readable(document: dict[str, Any]) -> list[str]:
    """Return the report as lines: the verdict, the figures, what to do."""
    lines = [f"{document['status'].upper()} {document['check']}: {document['summary']}"]
    for name, value in document["facts"].items():
        lines += _readable_fact(name, value)
    for finding in document["findings"]:
        if finding["what"] != document["summary"] or finding["fix"]:
            lines.append(f"[{finding['status']}] {finding['what']}")
        lines += [f"    {name}: {finding[name]}" for name in ("why", "fix") if finding[name]]
    return lines


def _readable_fact(name: str, value: Any) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return ["", *(f"  {line}" for line in value.splitlines()), ""]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"  {', '.join(f'{key} {part}' for key, part in row.items())}" for row in value]
    if name.endswith("_bytes") and isinstance(value, (int, float)):
        name, value = name[: -len("_bytes")], readable_bytes(value)
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return [f"  {name.replace('_', ' '):<24} {value}"]


def readable_bytes(count: float) -> str:
    """Return a size in the unit that people read."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


# --- end of part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
