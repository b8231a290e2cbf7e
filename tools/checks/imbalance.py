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


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
