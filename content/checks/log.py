# Made from tools/checks/log.py and the parts log_search and contract
# by `python tools/assemble_checks.py`; change those, not this file.

# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "log"
# version = "1.0"
# title = "What does this training log say went wrong?"
# title_zh = "这份训练日志说的是什么错？"
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3", "faq_2021_s1/Q2.1", "en/faq_2021_s1/Q2.1"]
# reads = ["a training log: FILE, or standard input"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 20
#
# [[tool.faq-check.signatures]]
# error = "label-range"
# words = [
#     "value of label expected",
#     "label value should be in",
#     "check label value",
#     "`t >= 0 && t < n_classes` failed",
#     "t >= 0 && t < n_classes",
#     "cur_target >= 0 && cur_target < n_classes",
#     "Target … is out of bounds",
#     "outside the valid range of [0,",
#     "idx_dim >= 0 && idx_dim < index_size && \"index out of bounds\"",
#     "label value should",
#     "label should not be out of bounds",
#     "cur_label >= 0 && cur_label < n_classes",
#     "lbl < axis_dim",
#     "value should be less than Input(depth)",
#     "class values must be smaller than num_classes",
#     "class values must be non-negative",
#     "target out of range",
#     "label out of range",
#     "labels out of range",
#     "label id out of range",
#     "to_categorical … out of bounds",
#     "scatter_(1 … out of bounds",
#     "one_hot … out of bounds",
#     "one_hot … out of range",
#     "label_smooth … out of bounds",
#     "criterion( … out of bounds",
#     "cross_entropy( … out of bounds",
#     "label must be in [",
#     "labels must be in [",
#     "label must be in the range",
#     "Target values should be in [",
#     "contains labels not in",
#     "Detected more unique values in `target`",
#     "Invalid classes inferred from unique values of `y`",
#     "y contains previously unseen labels",
#     "less than num_class",
#     "should be less than num_class",
#     "class index out of",
#     "label is out of",
#     "labels are out of",
#     "label exceeds",
#     "label larger than",
#     "SoftmaxMultiClassObj: label must"
# ]
# answers = ["faq_2021_s1/Q2.1", "en/faq_2021_s1/Q2.1"]
#
# [[tool.faq-check.signatures]]
# error = "shared-memory"
# words = [
#     "insufficient shared memory",
#     "out of shared memory",
#     "shared memory is not enough",
#     "not enough shared memory",
#     "increase your shared memory",
#     "increase shared memory",
#     "increasing shared memory",
#     "unable to open shared memory object … No space left",
#     "unable to write to file </torch_",
#     "unable to allocate shared memory",
#     "unable to mmap … /torch_",
#     "truncate a file … /dev/shm",
#     "/dev/shm … No space left on device",
#     "No space left on device … /dev/shm",
#     "shm_open … No space left on device",
#     "posix_fallocate … No space left on device",
#     "error while creating shared memory segment",
#     "Error while attaching to shared memory segment",
#     "Failed to allocate shared memory",
#     "failed to create shared memory",
#     "共享内存不足",
#     "共享内存不够",
#     "insufficient shared storage space",
#     "increasing the shared storage space",
#     "共享内存 … 不足",
#     "没有空间 … /dev/shm",
#     "100% /dev/shm",
#     "No space left on device: '/psm_",
#     "unable to open shared memory object … Cannot allocate",
#     "SharedMemory( … No space left",
#     "/dev/shm is full",
#     "/dev/shm full",
#     "shm is full"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
#
# [[tool.faq-check.signatures]]
# error = "out-of-memory"
# words = [
#     "CUDA out of memory",
#     "CUDA error: out of memory",
#     "CUDA error(2), out of memory",
#     "out of memory error on gpu",
#     "Out of memory error",
#     "cudaErrorMemoryAllocation",
#     "CUDA_ERROR_OUT_OF_MEMORY",
#     "CUBLAS_STATUS_ALLOC_FAILED",
#     "OOM when allocating tensor",
#     "ResourceExhaustedError",
#     "torch.OutOfMemoryError",
#     "OutOfMemoryError",
#     "std::bad_alloc",
#     "MemoryError",
#     "Cannot allocate memory",
#     "oom-kill",
#     "OOM killer",
#     "Out of memory: Kill",
#     "ran out of memory",
#     "failed to allocate memory",
#     "DefaultCPUAllocator: can't allocate memory",
#     "not enough memory: you tried to allocate",
#     "unable to allocate array",
#     "Unable to allocate … for an array",
#     "显存不足",
#     "内存不足",
#     "posix_memalign",
#     "cudaMalloc failed",
#     "failed to alloc",
#     "hipErrorOutOfMemory",
#     "RESOURCE_EXHAUSTED",
#     "Killed process",
#     "killed python",
#     "Fail to alloc memory",
#     "ArrayMemoryError",
#     "Unable to allocate",
#     "SIGKILL",
#     "exit code 137",
#     "paging file is too small",
#     "out of memory",
#     "无法分配内存",
#     "已杀死 python",
#     "failed to allocate",
#     "could not allocate",
#     "cannot allocate",
#     "bad allocation",
#     "bad_alloc",
#     "insufficient memory",
#     "not enough memory",
#     "memory exhausted",
#     "exit code -9",
#     "exitcode: -9",
#     "exit code: -9",
#     "Out of host memory"
# ]
# answers = []
#
# [[tool.faq-check.signatures]]
# error = "bad-image"
# words = [
#     "UnidentifiedImageError",
#     "cannot identify image file",
#     "image file is truncated",
#     "broken data stream when reading image",
#     "Truncated File Read",
#     "truncated jpeg",
#     "premature end of jpeg",
#     "premature end of data segment",
#     "Corrupt JPEG data",
#     "Not a JPEG file",
#     "not a png file",
#     "decompressed data too large",
#     "!_src.empty()",
#     "!ssize.empty()",
#     "ssize.area() > 0",
#     "src.empty()",
#     "!buf.empty()",
#     "'NoneType' object has no attribute 'shape'",
#     "'NoneType' object has no attribute 'astype'",
#     "image decode",
#     "decode image failed",
#     "Fail to read image",
#     "failed to decode image",
#     "can not decode image",
#     "Invalid PNG data",
#     "Invalid JPEG data",
#     "Input is not a JPEG",
#     "Unknown image file format",
#     "unrecognized image format",
#     "libpng error",
#     "bad image file",
#     "SyntaxError: not a TIFF",
#     "broken PNG file",
#     "Image size … exceeds limit",
#     "pickle data was truncated",
#     "corrupted record",
#     "truncated record",
#     "DataLossError",
#     "Expected image (JPEG, PNG",
#     "Could not decode",
#     "cannot decode",
#     "failed to read image",
#     "imread … can't open/read file",
#     "Bogus marker length",
#     "Invalid SOS parameters",
#     "extraneous bytes before marker",
#     "Unsupported marker type",
#     "DecompressionBombError",
#     "scn == 3 || scn == 4",
#     "'NoneType' object has no attribute 'ndim'",
#     "'NoneType' object has no attribute 'transpose'",
#     "Compressed file ended before",
#     "file seems not fully written",
#     "could only read … elements",
#     "Input is empty. … Decode",
#     "node DecodeJpeg",
#     "node DecodePng",
#     "node DecodeImage",
#     "decode_jpeg … invalid",
#     "decode_image … invalid",
#     "imread … 'NoneType'",
#     "img … 'NoneType' object is not subscriptable",
#     "image … 'NoneType' object is not subscriptable",
#     "img … 'NoneType' object has no attribute",
#     "image … 'NoneType' object has no attribute",
#     "Unsupported image",
#     "truncated file",
#     "not a valid image",
#     "invalid image",
#     "cannot load image",
#     "failed to load image",
#     "Failed to decode",
#     "decode failed",
#     "Error decoding",
#     "not recognized as a supported file format",
#     "Could not find a backend to open",
#     "Error -3 while decompressing",
#     "Invalid data found when processing input",
#     "moov atom not found",
#     "Bad CRC-32",
#     "file signature not found",
#     "MDB_CORRUPTED",
#     "unrecognized data stream contents",
#     "bad magic number",
#     "Unexpected end of JPEG",
#     "imread … returned None",
#     "image is corrupt",
#     "corrupted image",
#     "broken image",
#     "图片损坏"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
#
# [[tool.faq-check.signatures]]
# error = "bus-error"
# words = [
#     "bus error",
#     "SIGBUS",
#     "signal 7 ",
#     "总线错误",
#     "exit code -7",
#     "exitcode: -7",
#     "exit code: -7"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
#
# [[tool.faq-check.signatures]]
# error = "reader-exception"
# words = [
#     "data reader raises an exception",
#     "Blocking queue is killed",
#     "in DataLoader worker process",
#     "DataLoader worker … exited unexpectedly",
#     "DataLoader worker … is killed by signal",
#     "DataLoader … workers exit unexpectedly",
#     "DataLoader worker exception",
#     "DataLoader worker caught",
#     "DataLoader reader thread",
#     "reader thread raised",
#     "Your reader has raised an exception",
#     "reader … raised an exception",
#     "Fatal Python error in dataloader",
#     "DataLoader process … killed",
#     "DataLoader … terminated",
#     "self.dataset[idx]",
#     "dataset[idx] for idx in",
#     "_reader_thread_loop",
#     "_batch_reader()",
#     "in _worker_loop",
#     "dataloader/fetcher.py",
#     "_utils/fetch.py",
#     "DataLoader worker(",
#     "fail to map op",
#     "fail to map sampler",
#     "dataset.py … in __getitem__",
#     "node IteratorGetNext",
#     "GeneratorDatasetOp",
#     "generator_py_func",
#     "from_generator_op",
#     "node PyFunc",
#     "data_utils.py … next",
#     "get_next_batch",
#     "keras … data_utils.py",
#     "py_dataset_adapter",
#     "default_collate",
#     "in collate_fn",
#     "py_dataset",
#     "worker_init_fn"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
# ///
"""Tell from a training log what went wrong: one of six kinds of error.

Shared memory, a bus error, out of memory, an image that cannot be read, a label out of range, an exception in your own
reader. `Blocking queue is killed because the data reader raises an exception` alone is generic: what stands above it
decides. The log is looked through for words, line by line; nothing in it is run. Fails when it knows the error and says
what to change; warns when there is an error that it does not know; passes when there is none.
"""

from __future__ import annotations

import argparse

SHOWN_CHARS = 200  # of the line that decided
LOG_BYTES = 50_000_000  # read of a log, its end
KNOWN = {
    "shared-memory": (
        "shared memory is used up",
        "worker processes hand batches over through /dev/shm, which has 64 MB in a container by default",
        "docker run --shm-size=8g … (compose: shm_size: 8g), or fewer num_workers; `faq check run shm` says how much",
    ),
    "bus-error": (
        "a process died of a bus error",
        "nearly always a full /dev/shm: the page it was given could not be backed by memory",
        "docker run --shm-size=8g …, or fewer num_workers; `faq check run shm` says whether that is it",
    ),
    "out-of-memory": (
        "memory ran out, of the GPU or of the machine",
        "what does not fit is the batch with its activations, or a second process on the same GPU",
        "halve the batch size (and the learning rate with it), look for other processes in nvidia-smi; for main memory,"
        " fewer num_workers",
    ),
    "bad-image": (
        "an image cannot be read",
        "the file is missing, empty, cut off or no image, so the decoder gave nothing",
        "open every file of your list with Pillow once and take out what fails; `faq check run labels -- LIST` finds"
        " missing ones",
    ),
    "label-range": (
        "a label is outside 0 to class_num - 1",
        "the loss takes labels from 0 to class_num - 1 only; its text names neither file nor line",
        "`faq check run labels -- LIST --class-num N` names the lines; set Arch.class_num to the largest label + 1",
    ),
    "reader-exception": (
        "your own code that reads data raised an exception",
        "the error of the queue only says that a reader failed; the first traceback above it is the cause",
        "read the first traceback; where there is none, run with num_workers=1 and call dataset[i] for every i",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name where the log is."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="the log; standard input when none is named")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Find the kind of error and the line that tells it."""
    lines = _read_lines(arguments.file)
    report.facts["lines"] = len(lines)
    known = find_error(lines, read_header(__file__)["signatures"])
    cause = _first_error(lines)
    if known is None:
        report.facts["error"] = "unknown" if cause else "none"
        if cause:
            report.warn(
                f"an error that is none of the six kinds, line {cause}: {_shown(lines, cause)}",
                why="no line of the log holds words that are known",
                fix="ask with the line itself: `faq ask -` and paste it",
            )
        else:
            report.good(f"no error in {len(lines)} lines")
        return
    signature, number = known
    what, why, fix = KNOWN[signature["error"]]
    report.facts.update(error=signature["error"], line=number, text=_shown(lines, number), records=signature["answers"])
    report.summary = f"{what}, line {number}: {_shown(lines, number)}"
    report.fail(what, why=why, fix=fix)
    if signature["error"] == "reader-exception" and cause and cause != number:
        report.facts["cause_line"] = cause
        report.facts["cause"] = _shown(lines, cause)


def _read_lines(path: str | None) -> list[str]:
    if path is None:
        content = sys.stdin.buffer.read(LOG_BYTES)
    else:
        try:
            with open(path, "rb") as file:
                file.seek(max(0, os.path.getsize(path) - LOG_BYTES))
                content = file.read(LOG_BYTES)
        except OSError as error:
            raise WrongUse(f"{path}: {error.strerror}; name a log file") from None
    lines = content.decode("utf-8", "replace").splitlines()
    if not any(line.strip() for line in lines):
        raise WrongUse("the log is empty; name a file or paste the log into standard input, e.g. `log.py < train.log`")
    return lines


def _shown(lines: list[str], number: int) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in lines[number - 1]).split())
    return line if len(line) <= SHOWN_CHARS else line[:SHOWN_CHARS] + "…"


# --- part log_search ---
GAP = " … "  # between words of a signature: anything else, for a line or two
GAP_CHARS = 200
TRACEBACK = "Traceback (most recent call last)"
ERROR_WORDS = ("error", "exception", "fatal", "killed", "abort", "core dumped", "失败", "错误")


def find_error(lines: list[str], signatures: list[dict[str, Any]]) -> tuple[dict[str, Any], int] | None:
    """Return the first signature that the log holds, and the number of the line where its words begin."""
    folded = [" ".join(line.casefold().split()) for line in lines]
    whole = " ".join(line for line in folded if line)
    for signature in signatures:
        starts = [start for words in signature["words"] for start in [_start_of(whole, words)] if start >= 0]
        if starts:
            return signature, _line_at(folded, min(starts))
    return None


def _start_of(whole: str, words: str) -> int:
    """Return where the words of a signature begin, -1 where they are not: parts in order, each near the one before."""
    first, *others = words.casefold().split(GAP)
    start = whole.find(first)
    while start >= 0:
        at = start + len(first)
        for part in others:
            found = whole.find(part, at, at + GAP_CHARS + len(part))
            if found < 0:
                break
            at = found + len(part)
        else:
            return start
        start = whole.find(first, start + 1)
    return -1


def _line_at(folded: list[str], position: int) -> int:
    """Return the number of the line that holds a position of the joined text."""
    for number, line in enumerate(folded, 1):
        position -= len(line) + 1 if line else 0
        if position < 0:
            return number
    return len(folded)


def _first_error(lines: list[str]) -> int:
    """Return the number of the line that names the first error: the end of the first traceback; 0 without an error."""
    in_traceback = False
    for number, line in enumerate(lines, 1):
        if TRACEBACK in line:
            in_traceback = True
        elif in_traceback and line.strip() and not line.startswith((" ", "\t")):
            return number
    told = (number for number, line in enumerate(lines, 1) if any(word in line.casefold() for word in ERROR_WORDS))
    return next(told, 0)


# --- end of part log_search ---


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
