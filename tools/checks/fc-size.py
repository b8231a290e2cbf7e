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


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
