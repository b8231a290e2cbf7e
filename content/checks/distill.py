# Made from tools/checks/distill.py and the parts weights and contract
# by `python tools/assemble_checks.py`; change those, not this file.

# /// script
# requires-python = ">=3.9"
# dependencies = ["paddlepaddle>=3.0,<4", "numpy<2.4", "setuptools"]
#
# [tool.faq-check]
# id = "distill"
# version = "1.0"
# title = "Did teacher and student of a distillation start from the right weights?"
# title_zh = "蒸馏的 Teacher 和 Student 装上正确的权重了吗？"
# answers = ["faq_2021_s1/Q2.3", "en/faq_2021_s1/Q2.3"]
# reads = ["a checkpoint of the distillation", "the .pdparams that teacher and student should start from"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Find out whether a distillation runs with the weights it should, and with a learning rate that fits.

CHECKPOINT is a .pdparams that the distillation saved, early or late: its arrays are named Teacher.… and Student.….

* The teacher is frozen: with --teacher, every weight of it must be in the checkpoint as it is (running means and
  variances may have moved). Without, the teacher must at least not look like a new network.
* The student moves away from where it started, but stays close to it: with --student, the ImageNet-1k weights, the
  mean cosine between its convolutions now and then is above 0.9 after a few epochs, and about 0 where nothing was
  loaded. Arrays of another shape (the last layer) are left out.
* --class-num: the width of the teacher's and the student's last layer.
* --learning-rate and --batch-size (over all cards) against the recipe of the student on ImageNet-1k, scaled to your
  batch: lr = recipe lr x batch / recipe batch (Goyal et al. 2017, arXiv 1706.02677).
"""

from __future__ import annotations

import argparse
import importlib.util

LOADED_COSINE = 0.5  # measured: above 0.9 after training on from loaded weights, below 0.05 from new ones
STATISTICS = ("._mean", "._variance")  # of normalisations: they follow the data even where weights are frozen
TEACHER, STUDENT = "Teacher", "Student"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the files and settings of the distillation."""
    parser.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help=".pdparams saved by the distillation")
    parser.add_argument("--teacher", metavar="FILE", help="weights of the teacher, trained on your data")
    parser.add_argument("--student", metavar="FILE", help="ImageNet-1k weights that the student starts from")
    parser.add_argument("--class-num", type=int, metavar="N", help="classes of your data")
    parser.add_argument("--learning-rate", type=float, metavar="LR", help="the initial one, after warm-up")
    parser.add_argument("--batch-size", type=int, metavar="N", help="of all cards together")
    parser.add_argument("--recipe-learning-rate", type=float, default=0.1, metavar="LR", help="on ImageNet-1k (0.1)")
    parser.add_argument("--recipe-batch-size", type=int, default=256, metavar="N", help="that it belongs to (256)")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Judge the learning rate, then the weights of both models."""
    if arguments.checkpoint is None and arguments.learning_rate is None:
        raise WrongUse("name the checkpoint, e.g. output/DistillationModel/latest.pdparams, or give --learning-rate")
    if arguments.learning_rate is not None:
        _judge_learning_rate(arguments, report)
    if arguments.checkpoint is not None:
        if importlib.util.find_spec("numpy") is None:
            raise Skip("numpy is not installed here", "`faq check run distill` or `uv run distill.py` brings it")
        _judge_checkpoint(arguments, report)
    if report.status == "pass":
        report.summary = "; ".join(finding["what"] for finding in report.findings)


def _judge_learning_rate(arguments: argparse.Namespace, report: Report) -> None:
    if arguments.batch_size is None or min(arguments.batch_size, arguments.recipe_batch_size) < 1:
        raise WrongUse("--learning-rate needs --batch-size, that of all cards together")
    given, recipe = arguments.learning_rate, arguments.recipe_learning_rate
    fitting = recipe * arguments.batch_size / arguments.recipe_batch_size
    report.facts.update(learning_rate=given, fitting_learning_rate=float(f"{fitting:.3g}"))
    of = f"{recipe:g} at a batch of {arguments.recipe_batch_size}"
    if given > max(recipe, fitting):
        report.fail(
            f"the learning rate {given:g} is above that of ImageNet-1k ({of})",
            why="the student is torn away from the weights that it started from, and what they know is lost",
            fix=f"Optimizer.lr.learning_rate: {fitting:.3g} for your batch of {arguments.batch_size}",
        )
    elif given > fitting * 1.5:
        report.warn(
            f"the learning rate {given:g} is {given / fitting:.1f} times what a batch of {arguments.batch_size} takes",
            why=f"the recipe's {of} is for its own batch; a smaller batch takes proportionally less",
            fix=f"Optimizer.lr.learning_rate: {fitting:.3g}",
        )
    else:
        report.good(
            f"the learning rate {given:g} is not above {fitting:.3g}, which fits a batch of {arguments.batch_size}"
        )


def _judge_checkpoint(arguments: argparse.Namespace, report: Report) -> None:
    arrays = load_weights(arguments.checkpoint)
    teacher, student = _models_of(arrays)
    report.facts.update(teacher_arrays=len(teacher), student_arrays=len(student))
    _judge_teacher(teacher, arguments.teacher, report)
    _judge_student(student, arguments.student, report)
    for name, model in ((TEACHER, teacher), (STUDENT, student)):
        _judge_width(name, model, arguments.class_num, report)


def _models_of(arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arrays of teacher and student by their own names."""
    models: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        model, _, own = name.partition(".")
        models.setdefault(model, {})[own] = array
    if not models.get(TEACHER) or not models.get(STUDENT):
        found = ", ".join(sorted(models)[:5])
        raise WrongUse(f"the checkpoint has no Teacher.… and Student.… (it has {found}.…); name one of a distillation")
    return models[TEACHER], models[STUDENT]


def _judge_teacher(teacher: dict[str, Any], path: str | None, report: Report) -> None:
    fix = "Arch.models.Teacher.pretrained: the path, without .pdparams, of the weights trained on your data"
    if looks_untrained(list(teacher.values())):
        report.fail(
            "the teacher is a new network: no weights were loaded into it",
            why="every normalisation is ones and zeros; the student learns to copy noise",
            fix=fix,
        )
    elif path is None:
        report.good("the teacher was trained")
    else:
        wanted = {name: array for name, array in load_weights(path).items() if not name.endswith(STATISTICS)}
        same = [name for name, array in wanted.items() if _is_same(array, teacher.get(name))]
        report.facts["teacher_arrays_as_in_the_file"] = len(same)
        missing = [name for name in wanted if name not in set(same)]
        if missing:
            report.fail(
                f"{len(missing)} of {len(wanted)} arrays of the teacher are not those of {os.path.basename(path)}:"
                f" {', '.join(missing[:3])} …",
                why="a frozen teacher stays exactly as it was loaded, so these were not loaded, or it is not frozen",
                fix=f"{fix}; and freeze_params_list: [True, False]",
            )
        else:
            report.good(f"the teacher is {os.path.basename(path)}, all {len(wanted)} arrays")


def _is_same(wanted: Any, found: Any) -> bool:
    return found is not None and wanted.shape == found.shape and bool((wanted == found).all())


def _judge_student(student: dict[str, Any], path: str | None, report: Report) -> None:
    fix = "Arch.models.Student.pretrained: the path, without .pdparams, of the ImageNet-1k weights (or True)"
    if path is None:
        if looks_untrained(list(student.values())):
            report.fail(
                "the student is a new network: no weights were loaded, no step was taken",
                why="every normalisation is ones and zeros",
                fix=fix,
            )
        else:
            report.good("the student was trained or loaded; --student FILE tells which")
        return
    cosine = _mean_cosine(load_weights(path), student)
    if cosine is None:
        raise WrongUse(
            f"{os.path.basename(path)} has no convolution of a shape that the student has; name its own weights"
        )
    report.facts["student_cosine"] = round(cosine, 3)
    if cosine < LOADED_COSINE:
        report.fail(
            f"the student did not start from {os.path.basename(path)}: cosine {cosine:.2f} between its convolutions",
            why="weights that were loaded and trained on keep most of their direction; new ones have none of it",
            fix=fix,
        )
    else:
        report.good(f"the student started from {os.path.basename(path)} (cosine {cosine:.2f})")


def _mean_cosine(before: dict[str, Any], now: dict[str, Any]) -> float | None:
    """Return the mean cosine of the arrays of two and more dimensions with one name and shape; None without any."""
    import numpy

    cosines = []
    for name, array in before.items():
        other = now.get(name)
        if array.ndim >= 2 and other is not None and other.shape == array.shape:
            norms = float(numpy.linalg.norm(array) * numpy.linalg.norm(other))
            cosines.append(float((array * other).sum()) / norms if norms else 0.0)
    return sum(cosines) / len(cosines) if cosines else None


def _judge_width(name: str, model: dict[str, Any], wanted: int | None, report: Report) -> None:
    width = last_layer(list(model.values()))
    if width is None or wanted is None:
        return
    report.facts[f"{name.lower()}_classes"] = width[1]
    if width[1] != wanted:
        report.fail(
            f"the {name.lower()}'s last layer has {width[1]} classes, your data {wanted}",
            why="teacher and student must speak of the same classes, or their outputs cannot be compared",
            fix=f"Arch.models.{name}.class_num: {wanted}"
            + (", and train it on your data first" if name == TEACHER else ""),
        )


# --- part weights ---
import pickle

_ARRAY_GLOBALS = frozenset(
    (module, name)
    for module in (
        "numpy.core.multiarray",
        "numpy._core.multiarray",
        "numpy",
        "numpy.core.numeric",
        "numpy._core.numeric",
    )
    for name in ("_reconstruct", "ndarray", "dtype", "scalar", "_frombuffer")
) | {("collections", "OrderedDict")}


class _ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays and nothing else: a file that asks for any other object is refused before it is called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ARRAY_GLOBALS:
            raise pickle.UnpicklingError(f"asks for {module}.{name}")
        return super().find_class(module, name)


def load_weights(path: str) -> dict[str, Any]:
    """Return the arrays of a .pdparams file by name, in their order. No code in it is run."""
    import numpy

    shown = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            content = _ArrayUnpickler(file).load()
    except OSError as error:
        raise WrongUse(f"{shown}: {error.strerror}; name a .pdparams file") from None
    except pickle.UnpicklingError as error:
        raise WrongUse(f"{shown}: {error}; `faq check run pretrained -- {shown}` says what is in it") from None
    except Exception as error:
        raise WrongUse(
            f"{shown} is no .pdparams file ({type(error).__name__}); name the one that training wrote"
        ) from None
    if not isinstance(content, dict):
        raise WrongUse(f"{shown} holds no weights by name; name the .pdparams file, not the optimizer's .pdopt")
    return {name: array for name, array in content.items() if isinstance(array, numpy.ndarray) and array.size}


def looks_untrained(arrays: list[Any]) -> bool:
    """Say whether all one-dimensional arrays are still what a new network has: all ones or all zeros.

    Training moves the scales, shifts, means and variances of every normalisation, and every bias.
    """
    flat = [array for array in arrays if array.ndim == 1 and array.dtype.kind == "f" and array.size > 1]
    return bool(flat) and all((array == array[0]).all() and array[0] in (0.0, 1.0) for array in flat)


def last_layer(arrays: list[Any]) -> tuple[int, int] | None:
    """Return (features, classes) of the last fully connected layer, by the order of the arrays; None without one."""
    return next((tuple(array.shape) for array in reversed(arrays) if array.ndim == 2), None)


# --- end of part weights ---


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
