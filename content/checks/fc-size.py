# Made from tools/checks/fc-size.py and the part contract
# by `python tools/assemble_checks.py`; change those, not this file.

# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "fc-size"
# version = "1.0"
# title = "How big is the final FC layer, and does a narrower layer before it pay?"
# title_zh = "最后的 FC 层有多大，加一层窄的能省多少？"
# answers = ["faq_2021_s1/Q2.2", "en/faq_2021_s1/Q2.2"]
# reads = []
# writes = []
# needs = ["cpu"]
# limit_seconds = 10
# ///
"""Find out how big the final FC layer is and which narrower layer before it makes the weight file smaller.

The FC layer from C features to N classes has C x N weights and N biases. With a layer of width K before it there are
C x K + K and K x N + N: less only when K < C x N / (C + N + 1). Counts are exact; --network knows C and the parameters
of the whole network with 1000 classes (those that are trained, without BatchNorm's means and variances). How much
accuracy a width costs has to be found out by training.
"""

from __future__ import annotations

import argparse

WIDTHS = (64, 128, 256, 512)
LARGEST = 10**9  # of any number here; no machine holds such a layer
WORTH_SHRINKING = 0.5  # share of the network's parameters from which the FC layer decides the size of the file
DEFAULT_NETWORK = "resnet50"
WORTH_SHRINKING_BYTES = 100_000_000  # as big as all of ResNet50; decides where the network is not named
# name: (features before the last FC layer, trained parameters with 1000 classes); counted with Paddle 3.3 in
# paddle.vision.models (small letters) and in PaddleClas 2.6
NETWORKS = {
    "alexnet": (4096, 61100840),
    "densenet121": (1024, 7978856),
    "inception_v3": (2048, 23834568),
    "mobilenet_v1": (1024, 4231976),
    "mobilenet_v2": (1280, 3504872),
    "mobilenet_v3_large": (1280, 5483032),
    "mobilenet_v3_small": (1024, 2542856),
    "resnet18": (512, 11689512),
    "resnet34": (512, 21797672),
    "resnet50": (2048, 25557032),
    "resnet101": (2048, 44549160),
    "resnet152": (2048, 60192808),
    "resnext50_32x4d": (2048, 25028904),
    "shufflenet_v2_x1_0": (1024, 2278604),
    "vgg16": (4096, 138357544),
    "wide_resnet50_2": (2048, 68883240),
    "ResNet50_vd": (2048, 25576264),
    "ResNet101_vd": (2048, 44568392),
    "MobileNetV3_large_x1_0": (1280, 5480206),
    "MobileNetV3_small_x1_0": (1280, 2939958),
    "PPLCNet_x1_0": (1280, 2952520),
    "PPLCNetV2_base": (1280, 6800360),
    "PPHGNet_small": (2048, 24360872),
    "PPHGNetV2_B4": (2048, 19796680),
    "SwinTransformer_tiny_patch4_window7_224": (768, 28288354),
    "ViT_base_patch16_224": (768, 86567656),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    parser.add_argument("--class-num", type=int, metavar="N", help="class_num, the outputs of the last layer")
    parser.add_argument("--features", type=int, metavar="C", help="inputs of the last layer, e.g. 2048 in ResNet50")
    parser.add_argument(
        "--network", metavar="NAME", help=f"take C from a network (default: {DEFAULT_NETWORK}): {', '.join(NETWORKS)}"
    )
    parser.add_argument("--bottleneck", type=int, metavar="K", help="width of the layer before it to judge")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Count both forms; recommend the narrower layer where it pays."""
    classes, width = _number("--class-num", arguments.class_num), arguments.bottleneck
    features, others = features_of(arguments, report)
    plain = linear_parameters(features, classes)
    widest = widest_that_saves(features, classes)
    report.facts |= {
        "features": features,
        "classes": classes,
        "fc_parameters": plain,
        "fc_float32_bytes": 4 * plain,
        "fc_float16_bytes": 2 * plain,
        "widest_bottleneck_that_saves": widest,
    }
    if others is not None:
        report.facts |= {"network_parameters": others + plain, "fc_share": round(plain / (others + plain), 4)}
    widths = sorted({*WIDTHS, *([_number("--bottleneck", width)] if width is not None else [])})
    report.facts["bottlenecks"] = [bottleneck_row(features, classes, one, others) for one in widths]
    if width is not None:
        judge_width(report, features, classes, width)
    judge_size(report, features, classes, others, chosen=width is not None and width <= widest)
    if report.status == "pass":
        report.summary = f"the FC layer has {plain:,} parameters, {_megabytes(4 * plain)} in float32"


def features_of(arguments: argparse.Namespace, report: Report) -> tuple[int, int | None]:
    """Return C, and the parameters of the network without its last layer where it is known."""
    if arguments.network is None and arguments.features is not None:
        return _number("--features", arguments.features), None
    given = arguments.network or DEFAULT_NETWORK
    by_name = {_plain(name): name for name in NETWORKS}
    name = by_name.get(_plain(given))
    if name is None:
        raise WrongUse(
            f"--network {arguments.network} is not known; give --features C, or one of {', '.join(NETWORKS)}"
        )
    features, parameters = NETWORKS[name]
    if arguments.features not in {None, features}:
        raise WrongUse(f"--features {arguments.features} is not what {name} has, {features}; leave one of both out")
    report.facts["network"] = name
    return features, parameters - linear_parameters(features, 1000)


def linear_parameters(inputs: int, outputs: int) -> int:
    """Return the weights and biases of an FC layer."""
    return inputs * outputs + outputs


def bottleneck_parameters(features: int, classes: int, width: int) -> int:
    """Return the parameters of an FC layer to `width` and one from there to the classes."""
    return linear_parameters(features, width) + linear_parameters(width, classes)


def widest_that_saves(features: int, classes: int) -> int:
    """Return the largest K with K x (C + N + 1) < C x N; 0 when there is none."""
    return (features * classes - 1) // (features + classes + 1)


def bottleneck_row(features: int, classes: int, width: int, others: int | None) -> dict[str, object]:
    """Return a row of the table."""
    plain, narrow = linear_parameters(features, classes), bottleneck_parameters(features, classes, width)
    row: dict[str, object] = {"K": width, "parameters": narrow, "float32_MB": round(4 * narrow / 1e6, 2)}
    row["saved_percent"] = round(100 * (1 - narrow / plain), 1)
    if others is not None:
        row["file_MB"] = round(4 * (others + narrow) / 1e6, 1)
    return row


def judge_width(report: Report, features: int, classes: int, width: int) -> None:
    """Say whether the width asked about saves anything."""
    change = bottleneck_parameters(features, classes, width) - linear_parameters(features, classes)
    widest = widest_that_saves(features, classes)
    if change < 0:
        report.good(f"K = {width} saves {-change:,} parameters, {_megabytes(-4 * change)} in float32")
        return
    report.fail(
        f"K = {width} saves nothing: the two layers have {change:,} parameters more than one",
        why=f"the layer before has C x K = {features * width:,} weights of its own;"
        f" K has to be below C x N / (C + N + 1) = {features * classes / (features + classes + 1):.1f}",
        fix=f"--bottleneck {widest} at most" if widest else "leave the narrower layer out",
    )


def judge_size(report: Report, features: int, classes: int, others: int | None, *, chosen: bool) -> None:
    """Recommend a narrower layer where the FC layer is most of the file."""
    plain = linear_parameters(features, classes)
    share = f", {plain / (others + plain):.0%} of the network" if others is not None else ""
    what = f"the FC layer has {plain:,} parameters, {_megabytes(4 * plain)} in float32{share}"
    big = plain >= WORTH_SHRINKING * (others + plain) if others is not None else 4 * plain > WORTH_SHRINKING_BYTES
    width = next((one for one in reversed(WIDTHS) if 2 * bottleneck_parameters(features, classes, one) <= plain), 0)
    if chosen or not big or not width:
        report.good(what if chosen else f"{what}: little to gain from a narrower layer")
        return
    narrow = bottleneck_parameters(features, classes, width)
    report.warn(
        what,
        why=f"its size is C x N; with {width} features instead of {features} it is {_megabytes(4 * narrow)}",
        fix=f"nn.Sequential(nn.Linear({features}, {width}), nn.Linear({width}, {classes})) in place of"
        f" nn.Linear({features}, {classes}); in PaddleClas Arch: {{name: RecModel, Backbone: {{…}}, BackboneStopLayer:"
        f" {{name: flatten}}, Neck: {{name: FC, embedding_size: {features}, class_num: {width}}},"
        f" Head: {{name: FC, embedding_size: {width}, class_num: {classes}}}}}; then validate the accuracy again",
    )


def _number(option: str, value: int | None) -> int:
    if value is None:
        raise WrongUse(f"name the number of classes, e.g. {option} 1000")
    if not 1 <= value <= LARGEST:
        raise WrongUse(f"{option} is {value}; give 1 to {LARGEST}")
    return value


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.2f} GB"


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
