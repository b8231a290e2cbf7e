# Made from tools/checks/export.py and the parts weights, paddle and contract
# by `python tools/assemble_checks.py`; change those, not this file.

# /// script
# requires-python = ">=3.9"
# dependencies = ["paddlepaddle>=3.0,<4", "numpy<2.4", "setuptools"]
#
# [tool.faq-check]
# id = "export"
# version = "1.0"
# title = "Is the exported inference model the one that was trained?"
# title_zh = "导出的 inference model 是训练出来的那个吗？"
# answers = ["faq_2021_s1/Q1.1", "en/faq_2021_s1/Q1.1"]
# reads = ["MODEL (.json or .pdmodel, and .pdiparams)", "the trained .pdparams"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 180
# ///
"""Find out whether an exported inference model holds the weights that were trained.

Loads MODEL as prediction does, runs it, and looks at its weights:

* weights that are still those of a new network (every normalisation all ones and zeros): nothing was loaded;
* a last layer whose width is not --class-num;
* with --weights: every trained array must be in the exported model, value by value;
* with --network as well: the training network with these weights and the exported model must give the same outputs for
  the same input. NAME is one of paddle.vision.models (resnet50, …), or MODULE:FUNCTION of your own code, which is then
  imported and called with num_classes.

MODEL is the folder, or the path without its suffix (inference/inference). Weights are read without unpickling anything
but arrays.
"""

from __future__ import annotations

import argparse
import importlib

SUFFIXES = (".json", ".pdmodel")
DEFAULT_SIZE = 224  # for a side that the model leaves open
SAME = 1e-3  # largest difference of outputs, against the largest output: oneDNN and the training kernels differ by 1e-5
SEED = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the model and what it should be."""
    parser.add_argument(
        "--model", required=True, metavar="MODEL", help="folder of the exported model, or its path prefix"
    )
    parser.add_argument("--weights", metavar="FILE", help="the trained .pdparams that was exported")
    parser.add_argument("--class-num", type=int, metavar="N", help="classes of your data")
    parser.add_argument("--network", metavar="NAME", help="the training network: resnet50, or MODULE:FUNCTION")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Load, look, run, compare."""
    if arguments.network and not arguments.weights:
        raise WrongUse("--network needs --weights FILE, the trained .pdparams")
    graph, parameters = find_model(arguments.model)
    trained = load_weights(arguments.weights) if arguments.weights else None
    paddle = import_paddle(graph)
    report.progress("loading the exported model")
    inputs, exported = _load(paddle, graph)
    batch = _batch(next(iter(inputs.values()))[0])
    output = predict(make_predictor(graph, parameters), batch)
    classes = int(output.shape[-1])
    report.facts.update(arrays=len(exported), parameters=sum(int(array.size) for array in exported), classes=classes)
    untrained = looks_untrained(exported)
    if untrained:
        report.fail(
            "the exported weights are those of a new network, nothing was trained into them",
            why="every normalisation is ones and zeros; an export without weights succeeds and gives a random model",
            fix="export again with -o Global.pretrained_model=PATH, the trained weights without .pdparams",
        )
    _judge_classes(arguments.class_num, classes, report)
    if trained is not None:
        _judge_weights(exported, trained, report)
    elif not untrained:
        _judge_last_bias(exported, classes, report)
    if arguments.network and trained is not None:
        report.progress("running the training network")
        _judge_outputs(paddle, arguments.network, trained, batch, output, report)
    if report.status == "pass":
        report.good(_summary(arguments, exported, classes))


def find_model(path: str) -> tuple[str, str]:
    """Return graph and parameter file of an exported model, given as a folder or as a prefix. Raises WrongUse."""
    shown = os.path.basename(os.path.normpath(path)) or path
    if os.path.isdir(path):
        graphs = sorted(name for name in os.listdir(path) if name.endswith(SUFFIXES))
        graphs = [name for name in graphs if os.path.exists(_beside(os.path.join(path, name)))] or graphs
        if not graphs:
            raise WrongUse(f"{shown}/ holds no .json or .pdmodel; name the folder that the export wrote")
        graph = os.path.join(path, graphs[0])
    else:
        graph = next((path + suffix for suffix in SUFFIXES if os.path.exists(path + suffix)), path)
    if not graph.endswith(SUFFIXES) or not os.path.exists(graph):
        raise WrongUse(f"{shown} is no exported model; name its folder, or its path without .json or .pdmodel")
    if not os.path.exists(_beside(graph)):
        raise WrongUse(f"{os.path.basename(_beside(graph))} is missing beside {os.path.basename(graph)}; export again")
    return graph, _beside(graph)


def _beside(graph: str) -> str:
    return os.path.splitext(graph)[0] + ".pdiparams"


def _load(paddle: Any, graph: str) -> tuple[dict[str, tuple[list[int], str]], list[Any]]:
    """Return inputs and arrays of an exported model."""
    try:
        return read_exported_model(paddle, graph)
    except Exception as error:
        raise WrongUse(f"Paddle cannot load it ({_first_line(error)}); export it again") from None


def _batch(shape: list[int]) -> Any:
    """Return a batch of one random image of the shape the model takes; -1 is a side it leaves open."""
    import numpy

    sides = [1 if at == 0 else size if size > 0 else DEFAULT_SIZE for at, size in enumerate(shape)]
    return numpy.random.default_rng(SEED).standard_normal(sides).astype("float32")


def _judge_classes(wanted: int | None, classes: int, report: Report) -> None:
    if wanted is not None and wanted != classes:
        report.fail(
            f"the exported model has {classes} classes, your data {wanted}",
            why="the last layer is built for 1000 classes when nothing else is said, and weights of another width are"
            " left out: `Skip loading for fc.weight`, the layer stays random",
            fix=f"export again with -o Arch.class_num={wanted}",
        )


def _judge_weights(exported: list[Any], trained: dict[str, Any], report: Report) -> None:
    """Look for every trained array among the exported ones, value by value."""
    there = {(array.shape, array.dtype.str, array.tobytes()) for array in exported}
    missing = [name for name, array in trained.items() if (array.shape, array.dtype.str, array.tobytes()) not in there]
    report.facts.update(trained_arrays=len(trained), exported_of_them=len(trained) - len(missing))
    if not missing:
        return
    shown = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
    widths = (last_layer(list(trained.values())), last_layer(exported))
    if all(widths) and widths[0] != widths[1]:
        fix = f"export again with -o Arch.class_num={widths[0][1]}, the width that was trained"
    else:
        fix = "export again with -o Global.pretrained_model= this file, without .pdparams"
    report.fail(
        f"{len(missing)} of {len(trained)} trained arrays are not in the exported model: {shown}",
        why="they were left out when the export loaded the weights, or other weights were exported",
        fix=fix,
    )


def _judge_last_bias(exported: list[Any], classes: int, report: Report) -> None:
    """A trained network whose last bias is all zeros got a new last layer."""
    biases = [array for array in exported if array.shape == (classes,)]
    if biases and all((bias == 0).all() for bias in biases):
        report.fail(
            f"the last layer's {classes} biases are all 0, in a network that was trained",
            why="its weights had another width and were left out: `Skip loading for fc.weight`, the layer is random",
            fix="export again with -o Arch.class_num=N, the number the weights were trained with",
        )


def _judge_outputs(paddle: Any, name: str, trained: dict[str, Any], batch: Any, output: Any, report: Report) -> None:
    import numpy

    network = _build(paddle, name, trained)
    network.set_state_dict({key: paddle.to_tensor(array) for key, array in trained.items()})
    network.eval()
    expected = network(paddle.to_tensor(batch)).numpy()
    if expected.shape != output.shape:
        report.fail(
            f"the training network gives {list(expected.shape)}, the exported model {list(output.shape)}",
            why="they are not the same network",
            fix="export from the configuration that was trained, or name its --network",
        )
        return
    if (output >= 0).all() and numpy.allclose(output.sum(-1), 1, atol=1e-3) and (expected < 0).any():
        expected = paddle.nn.functional.softmax(paddle.to_tensor(expected)).numpy()  # the export added it
    difference = float(numpy.abs(expected - output).max() / max(float(numpy.abs(expected).max()), 1e-12))
    report.facts["largest_difference"] = float(f"{difference:.2g}")
    if difference > SAME:
        report.fail(
            f"for the same input the outputs differ by {difference:.1%} of the largest",
            why="the exported model does not compute what was trained",
            fix="export again from these weights; if it stays, compare the preprocessing on both sides",
        )


def _build(paddle: Any, name: str, trained: dict[str, Any]) -> Any:
    """Return a new training network of the width of the trained weights."""
    width = last_layer(list(trained.values()))
    module, _, function = name.rpartition(":")
    try:
        build = getattr(importlib.import_module(module) if module else paddle.vision.models, function)
        return build(num_classes=width[1]) if width else build()
    except (ImportError, AttributeError, TypeError) as error:
        raise WrongUse(f"--network {name}: {_first_line(error)}; name one of paddle.vision.models") from None


def _summary(arguments: argparse.Namespace, exported: list[Any], classes: int) -> str:
    seen = ["trained weights"]
    if arguments.weights:
        seen = ["every trained array"]
    if arguments.network:
        seen.append("the outputs of the training network")
    return f"the exported model has {' and '.join(seen)}, {len(exported)} arrays, {classes} classes"


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


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


# --- part paddle ---
def import_paddle(graph: str = "") -> Any:
    """Return Paddle, imported so that it neither takes over signals nor prints; Skip where it is not installed.

    `graph` is the exported model that will be read: the form of before Paddle 3 takes the older loader.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    if graph.endswith(".pdmodel"):
        os.environ["FLAGS_enable_pir_api"] = "0"  # noqa: SIM112 - Paddle's own spelling
    try:
        import paddle
    except ImportError as error:
        raise Skip(
            f"Paddle cannot be imported here ({error})",
            f"`faq check run` and `uv run {os.path.basename(__file__)}` bring it, or"
            " pip install 'paddlepaddle>=3.0,<4' 'numpy<2.4' setuptools",
        ) from None
    paddle.disable_signal_handler()
    paddle.set_device("cpu")
    return paddle


def save_inference_model(paddle: Any, network: Any, shape: list[Any], folder: str) -> tuple[str, str]:
    """Write a network as an inference model; return the paths of its graph and its parameters."""
    network.eval()
    prefix = os.path.join(folder, "inference")
    paddle.jit.save(network, prefix, input_spec=[paddle.static.InputSpec(shape, "float32", "x")])
    return next(path for path in (f"{prefix}.json", f"{prefix}.pdmodel") if os.path.exists(path)), f"{prefix}.pdiparams"


def read_exported_model(paddle: Any, graph: str) -> tuple[dict[str, tuple[list[int], str]], list[Any]]:
    """Return the inputs of an exported model (by name: shape, -1 where it is open, and type) and its arrays.

    Nothing is unpickled: paddle.jit.load would run what the .pdiparams.info of an older model asks for.
    """
    prefix = os.path.splitext(graph)[0]
    if graph.endswith(".pdmodel"):
        return _read_older_model(paddle, prefix)
    layer = paddle.jit.load(prefix)
    inputs = {spec.name: _shape_and_type(paddle, spec) for spec in layer._input_spec()}
    return inputs, [tensor.numpy() for tensor in layer.state_dict().values()]


def _read_older_model(paddle: Any, prefix: str) -> tuple[dict[str, tuple[list[int], str]], list[Any]]:
    import numpy

    paddle.enable_static()
    try:
        scope = paddle.static.Scope()
        with paddle.static.scope_guard(scope):
            program, names, _ = paddle.static.load_inference_model(prefix, paddle.static.Executor(paddle.CPUPlace()))
        stored = [each.name for each in program.list_vars() if each.persistable and each.name not in {"feed", "fetch"}]
        arrays = [numpy.array(scope.find_var(name).get_tensor()) for name in stored]
        variables = {name: program.global_block().var(name) for name in names}
    finally:
        paddle.disable_static()
    return {name: _shape_and_type(paddle, variable) for name, variable in variables.items()}, arrays


def _shape_and_type(paddle: Any, variable: Any) -> tuple[list[int], str]:
    return [int(size) for size in variable.shape], str(paddle.zeros([1], variable.dtype).numpy().dtype)


def make_predictor(graph: str, parameters: str, *, onednn: bool = True, threads: int = 1) -> Any:
    """Return a CPU predictor of an inference model."""
    from paddle import inference

    config = inference.Config(graph, parameters)
    config.disable_gpu()
    config.disable_glog_info()
    config.set_cpu_math_library_num_threads(threads)
    if onednn:
        config.enable_mkldnn()
    else:
        config.disable_mkldnn()
    return inference.create_predictor(config)


def predict(predictor: Any, batch: Any) -> Any:
    """Return the first output for a float32 batch."""
    entry = predictor.get_input_handle(predictor.get_input_names()[0])
    entry.copy_from_cpu(batch)
    predictor.run()
    return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()


# --- end of part paddle ---


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
