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


# --- part paddle ---


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
