# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "pretrained"
# version = "1.0"
# title = "What is in a weight file, and what of it will load?"
# title_zh = "这份权重文件里是什么，能装进我的网络吗？"
# answers = ["faq_2021_s1/Q1.4", "en/faq_2021_s1/Q1.4"]
# reads = ["names, shapes and types in the file you name; its numbers are skipped"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Find out which network a .pdparams or .pdiparams file belongs to and what of it will load, running nothing in it.

A .pdparams file is a pickle: loading it with Paddle runs whatever code it names. Here it is only walked through: a
small reader of its own follows the instructions, keeps names and shapes, skips the numbers, and refuses a file that
names anything but numpy arrays. The memory it takes does not grow with the size of the file.

A network is recognised by the number of its arrays and of the numbers in them without the final FC layer, which were
counted in paddle.vision.models (Paddle 3.3) and PaddleClas 2.6. --class-num and --network say what the file is to be
loaded into. Whether the numbers are good cannot be seen here.
"""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from collections.abc import Iterator
from typing import IO

MAX_DEPTH = 8  # of tables in tables; paddle.save of a training state has 3
SHOWN = 3  # names in a sentence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    parser.add_argument("file", nargs="?", metavar="FILE", help=".pdparams or .pdiparams file")
    parser.add_argument("--class-num", type=int, metavar="N", help="classes of the network it is to be loaded into")
    parser.add_argument("--network", metavar="NAME", help="that network, e.g. ResNet50_vd (PaddleClas) or resnet50")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Read the file's names and shapes, recognise its network, say what will load."""
    if arguments.class_num is not None and arguments.class_num < 1:
        raise WrongUse(f"--class-num is {arguments.class_num}; give the number of classes, 1 or more")
    if arguments.network is not None and not networks_called(arguments.network):
        known = sorted({network.name for network in NETWORKS})
        raise WrongUse(f"--network {arguments.network} is not known; one of {', '.join(known)}")
    path = existing_file(arguments.file)
    size = os.path.getsize(path)
    report.facts["file_bytes"] = size
    try:
        with open(path, "rb") as stream:
            if judge_kind(report, path, stream.read(512), size):
                return
            stream.seek(0)
            arrays, report.facts["format"] = read_arrays(stream, size)
    except Refused as error:
        report.fail(
            f"refused: loading {path} would run {error}",
            why="a .pdparams file is a pickle, and paddle.load runs what it names; weights need numpy arrays only",
            fix="do not load it and delete it; download the weights from their publisher and compare the checksum",
        )
    except Damaged as error:
        report.fail(
            f"{path} cannot be read: {error}",
            why="the download was cut off, or this is not a file that Paddle wrote",
            fix=f"download it again and compare its size ({size} bytes here) or checksum with the publisher's",
        )
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None
    else:
        judge_arrays(report, path, arrays, arguments)


def existing_file(path: str | None) -> str:
    """Return the file to read; PaddleClas is given it without .pdparams, so that is understood too."""
    if not path:
        raise WrongUse("name a weight file, e.g. ResNet50_vd_pretrained.pdparams")
    if os.path.isdir(path):
        raise WrongUse(f"{path} is a folder; name the .pdparams or .pdiparams file in it")
    if not os.path.exists(path) and os.path.isfile(f"{path}.pdparams"):
        return f"{path}.pdparams"
    if not os.path.isfile(path):
        raise WrongUse(f"{path} does not exist or is no file; name a .pdparams or .pdiparams file")
    return path


def judge_kind(report: Report, path: str, start: bytes, size: int) -> bool:
    """Name files of other kinds, with the way out."""
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t")[:64].lower()
    quoted = shlex.quote(path)
    json_length = int.from_bytes(start[:8], "little")
    for is_so, kind, fix in (
        (not size, "an empty file", "download it again"),
        (start[257:262] == b"ustar", "a tar archive", f"unpack it: tar -xf {quoted}, then name the file in it"),
        (start[:2] == b"\x1f\x8b", "a gzip archive", f"unpack it: tar -xzf {quoted}, then name the file in it"),
        (text[:1] == b"<", "a web page", "download it again: this is a server's answer; open it to read the error"),
        (text.startswith(b"version https://git-lfs"), "a git-lfs pointer, not the weights", "git lfs pull"),
        (
            start[:4] == b"PK\x03\x04",
            "a zip file, as PyTorch writes .pth",
            "unzip it if it is an archive; weights of PyTorch have to be converted: names differ, FC weights are"
            " transposed",
        ),
        (
            start[8:9] == b"{" and 2 <= json_length <= size - 8,
            "a safetensors file",
            "convert it: paddle.save(safetensors.paddle.load_file(FILE), 'weights.pdparams')",
        ),
        (start[:1] == b"\n", "a graph (.pdmodel) or another protobuf file", "name the .pdiparams file beside it"),
        (text[:1] == b"{", "a JSON file, as the graph of an inference model", "name the .pdiparams file beside it"),
    ):
        if is_so:
            report.fail(f"{path} is {kind}", why="Paddle loads .pdparams (a pickle) and .pdiparams files", fix=fix)
            return True
    return False


def read_arrays(stream: IO[bytes], size: int) -> tuple[dict[str, Array], str]:
    """Return the arrays of a file by name, and what kind of file it is."""
    start = stream.read(4)
    stream.seek(0)
    if start == bytes(4):
        return {f"array {number}": array for number, array in enumerate(combined_arrays(stream, size))}, "pdiparams"
    value = PickleReader(stream, size).read()
    if isinstance(value, Array):
        return {"": value}, "pdparams"
    if not isinstance(value, dict):
        raise Damaged("it holds no table of arrays")
    return dict(named_arrays(value)), "pdparams"


def named_arrays(value: dict[object, object]) -> Iterator[tuple[str, Array]]:
    """Yield the arrays of nested tables by name; `StructuredToParameterName@@` holds names only."""
    visited = 0

    def walk(prefix: str, table: dict[object, object], depth: int) -> Iterator[tuple[str, Array]]:
        nonlocal visited
        for key, entry in table.items():
            visited += 1
            if visited > MAX_ENTRIES or depth > MAX_DEPTH:
                raise Damaged(f"it has more than {MAX_ENTRIES} entries, or tables nested deeper than {MAX_DEPTH}")
            if isinstance(entry, Array):
                yield f"{prefix}{key}", entry
            elif isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[1], Array):
                yield f"{prefix}{key}", entry[1]  # paddle.save writes a tensor of a nested table as (name, array)
            elif isinstance(entry, dict) and key != "StructuredToParameterName@@":
                yield from walk(f"{prefix}{key}.", entry, depth + 1)

    return walk("", value, 1)


def judge_arrays(report: Report, path: str, arrays: dict[str, Array], arguments: argparse.Namespace) -> None:
    """Say what the file holds and what will load."""
    report.facts |= {
        "arrays": len(arrays),
        "parameters": sum(array.elements for array in arrays.values()),
        "types": dict(sorted(Counter(array.dtype for array in arrays.values()).items())),
    }
    if not arrays:
        report.fail(
            f"{path} holds no array",
            why="paddle.save was given something that is no state_dict",
            fix="save the weights: paddle.save(network.state_dict(), 'weights.pdparams')",
        )
    elif looks_like_optimizer(arrays):
        report.fail(
            f"{path} holds the state of an optimizer, not weights",
            why="its arrays are momenta, named after parameters; no network has arrays of these names",
            fix="name the .pdparams file beside it; for Global.checkpoints both have to have the same stem",
        )
    elif {name.partition(".")[0] for name in arrays} == {"Teacher", "Student"}:
        report.fail(
            f"{path} holds a Teacher and a Student",
            why="it was saved by a distillation; a single network finds none of its names in it",
            fix="take the Student out: paddle.save({k[8:]: v for k, v in paddle.load('IN').items()"
            " if k.startswith('Student.')}, 'student.pdparams')",
        )
    else:
        judge_network(report, path, arrays, arguments)


def looks_like_optimizer(arrays: dict[str, Array]) -> bool:
    """Tell a .pdopt file by the names that Paddle's optimizers give."""
    marks = ("_velocity_", "_moment1_", "_moment2_", "_beta1_pow_acc_", "_moment_", "_mean_square_", "master_weights.")
    return any(mark in name for name in arrays for mark in marks)


def judge_network(report: Report, path: str, arrays: dict[str, Array], arguments: argparse.Namespace) -> None:
    """Say which network it is, then what fits."""
    found = recognise(arrays)
    if found is None:
        judge_unknown(report, path, arrays, arguments)
        return
    network, nameless = found.network, report.facts["format"] == "pdiparams"
    names = " or ".join(dict.fromkeys(one.name for one in found.networks))
    naming = network.naming if found.named else "none known here"
    report.facts |= {"network": names, "fc_classes": found.classes, "fc_features": network.features}
    if not nameless:
        report.facts["names_of"] = naming
    layer = f"with its final FC for {found.classes} classes" if found.classes else "without its final FC layer"
    report.summary = f"{names} {layer}"
    report.good(f"{names} {layer}, {report.facts['parameters']:,} numbers in {len(arrays)} arrays")
    if not found.named and not nameless:
        first = next(iter(arrays))
        report.warn(
            f"the shapes are those of {names}, the names are not: {first!r} instead of {network.first_array!r}",
            why="arrays are loaded by name, so a network of that name finds none of its own",
            fix=f"load it with the code it was saved with, or rename the arrays to begin with {network.first_array}",
        )
    if found.named and network.naming.startswith("PaddleClas 2.0") and not arguments.network:
        report.warn(
            f"the names are those of {network.naming}",
            why=f"since 2.2 {network.name} begins with {networks_called(network.name)[-1].first_array!r}: nothing of"
            " this file loads there, and Paddle only warns",
            fix="use it with PaddleClas release/2.1, or download the weights that your PaddleClas names (MODEL_URLS in"
            " ppcls/arch/backbone/legendary_models/resnet.py)",
        )
    if arguments.network and not judge_target(report, found, arguments.network, nameless=nameless):
        return
    judge_last_layer(report, path, found, arrays, arguments)


def judge_target(report: Report, found: Recognised, wanted: str, *, nameless: bool) -> bool:
    """Say whether the file fits the network it is meant for."""
    targets = networks_called(wanted)
    same_shapes = [
        one for one in targets if (one.arrays, one.elements) == (found.network.arrays, found.network.elements)
    ]
    if not same_shapes:
        report.facts["will_load"] = 0
        report.fail(
            f"the file holds {found.network.name}, not {wanted}",
            why="arrays are loaded where name and shape agree; here they do not, and Paddle only warns",
            fix=f"{found.network.made_by}, or the weights of {wanted}",
        )
        return False
    target = next((one for one in same_shapes if not one.naming.startswith("PaddleClas 2.0")), same_shapes[0])
    if nameless or (found.named and target.first_array == found.network.first_array):
        return True
    report.facts["will_load"] = 0
    report.fail(
        f"the shapes are those of {wanted}, but the arrays have other names than {target.naming} gives them",
        why=f"{target.naming} looks for {target.first_array!r} and finds nothing of its own; Paddle only warns",
        fix=f"download the weights that {target.naming} itself names for {target.name}",
    )
    return False


def judge_last_layer(
    report: Report, path: str, found: Recognised, arrays: dict[str, Array], arguments: argparse.Namespace
) -> None:
    """Say what becomes of the final FC layer."""
    wanted, has = arguments.class_num, found.classes
    shape = (found.network.features, has)
    own = next((name for name, array in arrays.items() if array.shape == shape), "")
    weight = own if own and not found.named and report.facts["format"] == "pdparams" else found.network.fc_weight
    bias = weight.rpartition(".")[0] + ".bias"
    fits = has is not None and wanted in {None, has}
    report.facts["will_load"] = len(arrays) if fits or has is None else len(arrays) - 2
    report.facts["will_not_load"] = [] if fits else [weight, bias]
    if fits:
        report.good(f"everything loads into a network with class_num {has}")
    elif has is None:
        report.warn(
            f"the final FC layer ({weight}, {bias}) is not in the file",
            why=f"it stays random, so the file cannot predict; Paddle warns: Skip loading for {weight}. {weight} is not"
            " found in the provided dict. That is expected when fine-tuning",
            fix=f"fine-tune on your data: {found.network.fine_tuned(path, wanted or 'N')}",
        )
    else:
        report.warn(
            f"the final FC layer is for {has} classes, not for {wanted}: {weight} and {bias} will not load",
            why=f"{weight} has shape [{found.network.features}, {has}]; Paddle warns: Skip loading for {weight}, and"
            " the layer stays random. That is expected when fine-tuning, and wrong when predicting or exporting",
            fix=f"to predict or export: {found.network.with_classes(has)}; to fine-tune:"
            f" {found.network.fine_tuned(path, wanted)}",
        )


def judge_unknown(report: Report, path: str, arrays: dict[str, Array], arguments: argparse.Namespace) -> None:
    """Say of an unknown network what its last matrix shows."""
    report.facts["network"] = "not known here"
    matrices = [(name, array.shape) for name, array in arrays.items() if len(array.shape) == 2]
    if arguments.network:
        report.fail(
            f"the arrays are not those of {arguments.network}",
            why=f"{arguments.network} has {networks_called(arguments.network)[0].arrays} arrays besides the final FC"
            f" layer; the file has {len(arrays)}, e.g. {', '.join(list(arrays)[:SHOWN])}",
            fix=f"download the weights of {arguments.network}, or set Arch.name to the network of this file",
        )
        return
    report.good(f"arrays of a network that is not in the tables: {len(arrays)}")
    report.summary = f"a network that is not known here, {report.facts['parameters']:,} numbers"
    if not matrices:
        report.good("there is no matrix in it, so no FC layer")
        return
    name, shape = matrices[-1]
    report.facts |= {"last_matrix": name, "last_matrix_shape": list(shape)}
    if arguments.class_num and arguments.class_num != shape[1]:
        report.warn(
            f"the last matrix, {name}, has {shape[1]} outputs, not {arguments.class_num}",
            why="if it is the final FC layer, it will not load (Skip loading for …) and stays random",
            fix=f"to predict or export: -o Arch.class_num={shape[1]}; to fine-tune, go on",
        )
    else:
        report.good(f"its last matrix, {name}, has {shape[1]} outputs")


# --- part array_file ---


# --- part pdiparams_reading ---


# --- part pickle_stand_ins ---


# --- part pickle_reading ---


# --- part known_networks ---


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
