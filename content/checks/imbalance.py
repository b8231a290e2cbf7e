# Made from tools/checks/imbalance.py and the parts label_list and contract
# by `python tools/assemble_checks.py`; change those, not this file.

# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "imbalance"
# version = "1.0"
# title = "Are the classes of a label list balanced?"
# title_zh = "各类图片数量差多少，采样和损失权重怎么设？"
# answers = ["faq_2021_s1/Q1.2", "en/faq_2021_s1/Q1.2"]
# reads = ["the label lists you name"]
# writes = ["with --weights OUT.json: the weights of all classes, never over a file"]
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Find out how unevenly the images of a label list fall on its classes, and what to set against it.

Counts the images per class and reports the ratio of the largest class to the smallest, the evenness (entropy of the
shares over its maximum: 1 when all classes are equal) and the effective number of images of a class,
(1 - beta^n) / (1 - beta) (Cui et al. 2019, arXiv 1901.05555). Prints weights for a sampler (1 / n: every class equally
often) and for the loss (1 / effective number), both with mean 1 over the classes, ready to paste.

A ratio below 3 passes. A class with fewer than 20 images is a warning, one with fewer than 5 a failure, as is a class
that only a later list has. Name the training list first, then the validation list.
"""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Our choice: up to here the smallest class still is a fair part of a batch. Loss of accuracy is published from about
# ratio 10 up, e.g. Buda et al. 2018 (arXiv 1710.05381), Cui et al. 2019.
RATIO_EVEN = 3
# From here on training on the natural distribution and balancing only the classifier is the better recipe:
# Kang et al. 2020 (arXiv 1910.09217) show it on sets with ratios of 100 and more.
RATIO_LONG_TAIL = 100
FEW_IMAGES = 20  # below this ImageNet-LT, Places-LT and iNaturalist evaluate a class as "few-shot"
TOO_FEW_IMAGES = 5  # the smallest class of ImageNet-LT; below it few-shot methods begin
LARGEST_LABEL = 10_000_000  # a larger one is a wrong label, and a list of weights as long would fill the memory
SMALLEST_SHOWN = 10  # rows of the table
PASTED_CLASSES = 200  # of which weights are printed; more are read from a file


@dataclass(frozen=True)
class ClassWeights:
    """What to do for one class."""

    label: int
    images: int
    effective: float
    """Effective number of images, at most 1 / (1 - beta)."""
    sampler: float
    """How likely each of its images should be drawn, mean 1 over the classes."""
    loss: float
    """Factor of its loss, mean 1 over the classes."""
    repeat: float
    """How often each of its images has to be in the list for the class to be as large as the largest."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    add_list_arguments(parser)
    parser.add_argument(
        "--beta", type=float, default=0.999, help="of the effective number, 0 to below 1 (default: 0.999)"
    )
    parser.add_argument("--batch", type=int, default=64, metavar="N", help="images of a training batch (default: 64)")
    parser.add_argument("--weights", metavar="OUT.json", help="write the weights of all classes")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Count, weigh, recommend."""
    if not 0 <= arguments.beta < 1:
        raise WrongUse(f"--beta is {arguments.beta:g}; give 0 or more and less than 1, e.g. 0.999")
    if arguments.batch < 1:
        raise WrongUse(f"--batch is {arguments.batch}; give the images of a batch, 1 or more")
    lists = read_lists(arguments)
    for found in lists:
        judge_readable(report, found)
    counts = [count_images(found) for found in lists]
    if not counts[0]:
        raise WrongUse(f"{lists[0].name} has no image with a label; see python labels.py {lists[0].name}")
    weights = class_weights(counts[0], arguments.beta)
    note_figures(report, weights, arguments.beta)
    judge_sizes(report, weights)
    judge_ratio(report, weights, arguments.batch)
    for found, count in zip(lists[1:], counts[1:]):
        judge_later_list(report, lists[0], found, set(counts[0]), set(count))
    note_weights(report, weights, arguments.weights)
    if arguments.weights:
        write_weights(arguments.weights, weights, arguments.beta)
        report.good(f"wrote the weights of {len(weights)} classes to {arguments.weights}")
    if report.status == "pass":
        report.summary = f"{len(weights)} classes, largest to smallest {_ratio(weights):.2f}: no balancing needed"


def count_images(found: LabelList) -> Counter[int]:
    """Return the images of each class that can be trained."""
    counts = Counter(label for label in found.labels if label >= 0)
    if counts and max(counts) > LARGEST_LABEL:
        label = max(counts)
        raise WrongUse(f"{found.at(found.line_of(label))} has the label {label}; see python labels.py {found.name}")
    return counts


def class_weights(counts: Counter[int], beta: float) -> list[ClassWeights]:
    """Return the weights of each class, by label."""
    classes = sorted(counts)
    effective = [effective_number(counts[label], beta) for label in classes]
    sampler = _mean_one([1 / counts[label] for label in classes])
    loss = _mean_one([1 / number for number in effective])
    largest = max(counts.values())
    return [
        ClassWeights(label, counts[label], *numbers, repeat=largest / counts[label])
        for label, *numbers in zip(classes, effective, sampler, loss)
    ]


def effective_number(images: int, beta: float) -> float:
    """Return (1 - beta^n) / (1 - beta), without losing digits where beta is close to 1."""
    return -math.expm1(images * math.log(beta)) / (1 - beta) if beta else 1.0


def evenness(sizes: Sequence[int]) -> float:
    """Return the entropy of the shares over its maximum, 1 for equal classes (Pielou's index)."""
    total = sum(sizes)
    entropy = -sum(size / total * math.log(size / total) for size in sizes)
    return entropy / math.log(len(sizes)) if len(sizes) > 1 else 1.0


def note_figures(report: Report, weights: list[ClassWeights], beta: float) -> None:
    """Note what was counted."""
    sizes = [row.images for row in weights]
    report.facts |= {
        "images": sum(sizes),
        "classes": len(weights),
        "largest_class_images": max(sizes),
        "median_class_images": sorted(sizes)[len(sizes) // 2],
        "smallest_class_images": min(sizes),
        "imbalance_ratio": round(_ratio(weights), 3),
        "evenness": round(evenness(sizes), 4),
        "beta": beta,
        "effective_images": round(sum(row.effective for row in weights), 1),
        "smallest_classes": [_shown(row) for row in _by_size(weights)[:SMALLEST_SHOWN]],
    }


def judge_readable(report: Report, found: LabelList) -> None:
    """Say which lines were not counted."""
    unread = [line for kind, lines in found.problems.items() if kind != "separator in path" for line, _ in lines]
    negative = [line for line, label in zip(found.lines, found.labels) if label < 0]
    left_out = sorted(unread + negative)
    if left_out:
        report.warn(
            f"{found.name}: lines not counted: {len(left_out)}, the first at {found.at(left_out[0])}",
            why="they have no label that can be trained, so the figures are those of the other lines",
            fix=f"python labels.py {shlex.quote(found.name)} names each of them and its mend",
        )


def judge_sizes(report: Report, weights: list[ClassWeights]) -> None:
    """Find classes with too few images to learn from, however they are weighed."""
    if len(weights) == 1:
        report.fail(
            f"there is only one class, label {weights[0].label}",
            why="a network that always answers the same is right then: there is nothing to learn",
            fix=f"add images of another class, with label {weights[0].label + 1}",
        )
    few = [row for row in _by_size(weights) if row.images < FEW_IMAGES]
    if not few:
        return
    missing = sum(FEW_IMAGES - row.images for row in few)
    note = report.fail if few[0].images < TOO_FEW_IMAGES else report.warn
    note(
        f"classes with fewer than {FEW_IMAGES} images: {len(few)}; the smallest is label {few[0].label}"
        f" with {few[0].images}",
        why="weights repeat what is there; they add no view of the object that was not photographed",
        fix=f"add {missing} images ({', '.join(f'{FEW_IMAGES - row.images} of label {row.label}' for row in few[:5])}"
        f"{' …' if len(few) > 5 else ''}), or merge or leave out these classes",
    )


def judge_ratio(report: Report, weights: list[ClassWeights], batch: int) -> None:
    """Recommend a setting that fits the ratio."""
    ratio, smallest = _ratio(weights), _by_size(weights)[0]
    if ratio < RATIO_EVEN:
        report.good(
            f"the largest class has {ratio:.2f} times the images of the smallest; below {RATIO_EVEN} nothing is needed"
        )
        return
    sampler = pk_sampler(len(weights), batch)
    repeat = f"write each line of label {smallest.label} {smallest.repeat:.0f} times into the list; the others: repeat"
    fixes = [
        f"sampling, the first to try: {sampler or repeat}",
        "or the loss: paddle.nn.CrossEntropyLoss(weight=…) with loss_weights (CELoss of PaddleClas takes no weights)",
        "not both at once at full strength",
    ]
    if ratio >= RATIO_LONG_TAIL:
        fixes.insert(
            0, "train as it is first, then freeze all but the last layer and train that for some epochs balanced"
        )
    elif smallest.repeat > 10:
        fixes.append("add augmentation, e.g. RandAugment: the same few images come up again and again")
    report.warn(
        f"the largest class has {ratio:.1f} times the images of the smallest"
        f" (label {smallest.label}: {smallest.images})",
        why="the loss is mostly that of the large classes, so the network leans towards answering with them",
        fix="; ".join(fixes),
    )


def pk_sampler(classes: int, batch: int) -> str:
    """Return the setting of PaddleClas' PKSampler that draws all classes equally often, "" where it does not fit.

    It draws batch / sample_per_id different classes, of which there have to be more (ppcls pk_sampler.py asserts that
    classes x sample_per_id > batch); the smallest sample_per_id mixes most classes in a batch.
    """
    per_class = next((k for k in range(1, batch + 1) if batch % k == 0 and classes * k > batch), 0)
    if not per_class or per_class == batch:
        return ""
    return (
        f"DataLoader.Train.sampler: {{name: PKSampler, batch_size: {batch}, sample_per_id: {per_class},"
        " sample_method: id_avg_prob, shuffle: True, drop_last: False}"
    )


def judge_later_list(report: Report, first: LabelList, found: LabelList, trained: set[int], own: set[int]) -> None:
    """Find classes that one list has and the other lacks."""
    never_trained, never_measured = sorted(own - trained), sorted(trained - own)
    if never_trained:
        report.fail(
            f"classes of {found.name} without a training image: {len(never_trained)} ({_few(never_trained)})",
            why="what was never trained is never predicted: all of these images count as errors",
            fix=f"add images of these labels to {first.name}, the first at {found.at(found.line_of(never_trained[0]))}",
        )
    if never_measured:
        report.warn(
            f"classes of {first.name} without an image in {found.name}: {len(never_measured)} ({_few(never_measured)})",
            why="how well they are recognised is not measured; the average hides it",
            fix=f"move some images of these labels from {first.name} to {found.name}",
        )


def note_weights(report: Report, weights: list[ClassWeights], written: str | None) -> None:
    """Print weights ready to paste, by label from 0; a label without an image has 1, which nothing uses."""
    if weights[-1].label < PASTED_CLASSES:
        report.facts["loss_weights"] = _by_label(weights, "loss")
        report.facts["sampler_weights"] = _by_label(weights, "sampler")
        source = ""
    else:
        name = written or "weights.json"
        source = f"weights = json.load(open({json.dumps(name)}))\n"
        source += "loss_weights, sampler_weights = weights['loss_weights'], weights['sampler_weights']\n"
        if not written:
            report.good(f"more than {PASTED_CLASSES} labels: --weights {name} writes the weights of all")
    report.facts["paste"] = source + (
        "loss = paddle.nn.CrossEntropyLoss(weight=paddle.to_tensor(loss_weights, dtype='float32'))\n"
        "sampler = paddle.io.WeightedRandomSampler([sampler_weights[n] for n in labels], num_samples=len(labels))"
    )


def write_weights(path: str, weights: list[ClassWeights], beta: float) -> None:
    """Write all weights to a file that did not exist."""
    document = {
        "beta": beta,
        "loss_weights": _by_label(weights, "loss"),
        "sampler_weights": _by_label(weights, "sampler"),
        "classes": [_shown(row) for row in weights],
    }
    try:
        with open(path, "x", encoding="utf-8") as stream:
            json.dump(document, stream)
    except FileExistsError:
        raise WrongUse(f"--weights: {path} is there already and is not written over; name a new file") from None
    except OSError as error:
        raise WrongUse(f"--weights: {path} cannot be written ({error.strerror}); name another place") from None


def _by_label(weights: list[ClassWeights], name: str) -> list[float]:
    by_label = [1.0] * (weights[-1].label + 1)
    for row in weights:
        by_label[row.label] = float(f"{getattr(row, name):.4g}")
    return by_label


def _by_size(weights: list[ClassWeights]) -> list[ClassWeights]:
    return sorted(weights, key=lambda row: (row.images, row.label))


def _shown(row: ClassWeights) -> dict[str, float]:
    numbers = {name: float(f"{getattr(row, name):.4g}") for name in ("effective", "sampler", "loss", "repeat")}
    return {"label": row.label, "images": row.images, **numbers}


def _ratio(weights: list[ClassWeights]) -> float:
    sizes = [row.images for row in weights]
    return max(sizes) / min(sizes)


def _mean_one(values: list[float]) -> list[float]:
    mean = sum(values) / len(values)
    return [value / mean for value in values]


def _few(labels: list[int]) -> str:
    return ", ".join(map(str, labels[:5])) + (" …" if len(labels) > 5 else "")


# --- part label_list ---
# PaddleClas (ppcls/data/dataloader/imagenet_dataset.py) does line.strip().split(delimiter), takes the first field as
# the path and the second as the label; what it would misread is noted here, and read as it was meant.
LIST_BYTES = 256 << 20  # about five million images; a bigger file is something else
LABEL_DIGITS = 19  # of the largest 64-bit integer; Paddle's labels are int64
IGNORED_LABEL = -100  # cross_entropy's default ignore_index: such an image is silently not trained on
SEPARATOR_NAMES = {"tab": "\t", "space": " ", "comma": ",", "\\t": "\t"}
DELIMITERS = {"\t": '"\\t"', " ": '" "'}  # as a YAML file spells them


class LabelList:
    """One list, in columns; entry i stands in line `lines[i]`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.encoding = "utf-8"
        self.separator = " "
        self.lines: list[int] = []
        self.paths: list[str] = []
        self.labels: list[int] = []
        self.problems: dict[str, list[tuple[int, str]]] = {}
        """Kind of problem -> the lines that have it, with their text."""

    def at(self, line: int) -> str:
        """Return where a line is, as editors and grep write it."""
        return f"{self.name}:{line}"

    def line_of(self, label: int) -> int:
        """Return the first line with a label."""
        return self.lines[self.labels.index(label)]


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what every check of label lists can be told."""
    parser.add_argument("lists", nargs="*", metavar="LIST", help="label list, one `path label` a line; training first")
    parser.add_argument(
        "--separator",
        metavar="SEP",
        help="what stands between path and label, the `delimiter` of your configuration: space, tab, comma or a text"
        " (default: a tab where the list has one, else a space)",
    )


def read_lists(arguments: argparse.Namespace) -> list[LabelList]:
    """Read the lists that the command line names."""
    if not arguments.lists:
        script = os.path.basename(__file__)
        raise WrongUse(f"name a label list, e.g. python {script} train_list.txt val_list.txt")
    if arguments.separator == "":
        raise WrongUse("--separator is empty; give space, tab, comma or a text")
    separator = SEPARATOR_NAMES.get(arguments.separator, arguments.separator)
    return [read_label_list(path, separator) for path in arguments.lists]


def read_label_list(path: str, separator: str | None = None) -> LabelList:
    """Read one list, without a separator given with the one it seems to have; what is wrong becomes `problems`."""
    found = LabelList(path)
    text, found.encoding = _decoded(path, _read_bytes(path))
    found.separator = separator or next((mark for mark in "\t ," if mark in text), " ")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if "\0" in text:
        found.problems["nul"] = [(number, line) for number, line in enumerate(lines, 1) if "\0" in line]
        lines = [line.replace("\0", "") for line in lines]
    _read_lines(found, lines)
    return found


def _read_lines(found: LabelList, lines: list[str]) -> None:
    """Fill the columns; 100,000 lines have to take less than a tenth of a second, so the usual line is read here."""
    separator = found.separator
    for number, line in enumerate(lines, 1):
        fields = line.split(separator)
        if len(fields) != 2 or not fields[0] or len(fields[1]) >= LABEL_DIGITS:
            _read_unusual(found, number, line)
            continue
        try:
            label = int(fields[1])
        except ValueError:
            _read_unusual(found, number, line)
            continue
        found.lines.append(number)
        found.paths.append(fields[0])
        found.labels.append(label)


def _read_unusual(found: LabelList, number: int, line: str) -> None:
    """Read a line that is not simply a path, one separator and a number."""
    text = line.strip()
    fields = text.split(found.separator)
    numbers = [_integer(field) for field in fields]
    problem = ""
    if not text:
        problem = "empty"
    elif len(fields) < 2 or not fields[0]:
        problem = "no label"
    elif numbers[-1] is None:
        problem = "no integer"
    elif "" in fields:
        problem = "two separators"
    elif len(fields) > 2:
        # `a.jpg 3 5`: too many fields. `my photo.jpg 3`, `img 1.jpg 3`: the separator is in the path.
        problem = "too many fields" if numbers[1] is not None and "." not in fields[-2] else "separator in path"
    if problem:
        found.problems.setdefault(problem, []).append((number, text[:120]))
    if problem not in {"", "separator in path"}:
        return
    found.lines.append(number)
    found.paths.append(found.separator.join(fields[:-1]))
    found.labels.append(numbers[-1] or 0)


def _integer(text: str) -> int | None:
    """Return a 64-bit integer; None for any other text. Long digits are not converted: that takes quadratic time."""
    text = text.strip()
    if len(text) > LABEL_DIGITS + 1:
        return None
    try:
        number = int(text)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None


def _read_bytes(path: str) -> bytes:
    """Return the bytes of a list."""
    if os.path.isdir(path):
        raise WrongUse(f"{path} is a folder; name the list in it, e.g. {os.path.join(path, 'train_list.txt')}")
    try:
        content = bytearray()
        with open(path, "rb") as stream:
            while len(content) <= LIST_BYTES and (piece := stream.read(1 << 20)):  # the size of a pipe is not known
                content += piece
    except FileNotFoundError:
        raise WrongUse(f"{path} does not exist; name a label list that does") from None
    except (OSError, ValueError) as error:
        raise WrongUse(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > LIST_BYTES:
        raise WrongUse(f"{path} is bigger than {readable_bytes(LIST_BYTES)}; that is no label list")
    if not content.strip():
        raise WrongUse(f"{path} is empty; a label list has one `path label` a line")
    return bytes(content)


def _decoded(path: str, content: bytes) -> tuple[str, str]:
    """Return the text of a list and its encoding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").replace("\r\n", "\n"), "utf-16"
    bom = content.startswith(b"\xef\xbb\xbf")
    try:
        return content.decode("utf-8-sig"), "utf-8 with BOM" if bom else "utf-8"
    except UnicodeDecodeError as error:
        start, bad_line = error.start, content.count(b"\n", 0, error.start) + 1
    try:
        return content.decode("gb18030"), "gb18030"
    except UnicodeDecodeError:
        raise WrongUse(
            f"{path}:{bad_line} is neither UTF-8 nor GB18030 (byte 0x{content[start]:02x}); save the list as UTF-8"
        ) from None


# --- end of part label_list ---


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
