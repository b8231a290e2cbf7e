# Made from tools/checks/pretrained.py and the parts array_file, pdiparams_reading, pickle_stand_ins, pickle_reading,
# known_networks and contract
# by `python tools/assemble_checks.py`; change those, not this file.

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
from dataclasses import dataclass
from typing import IO

MAX_KEPT_BYTES = 4096  # of a text; names are shorter, what is longer are numbers
MAX_ENTRIES = 200_000  # arrays and values of a file, counted through nested tables


@dataclass
class Array:
    """An array without its numbers."""

    shape: tuple[int, ...] = ()
    dtype: str = "float32"

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


class Refused(Exception):
    """The file would run something when it is loaded; the text names it."""


class Damaged(Exception):
    """The file is not what it seems to be; the text says where it stops making sense."""


def _exactly(stream: IO[bytes], count: int) -> bytes:
    found = stream.read(count)
    if len(found) < count:
        raise Damaged(f"it ends in the middle, at byte {stream.tell()}")
    return found


def _skip(stream: IO[bytes], count: int, size: int) -> None:
    if stream.tell() + count > size:
        raise Damaged(f"it ends in the middle: {stream.tell() + count - size} more bytes should follow byte {size}")
    stream.seek(count, 1)


# --- end of part array_file ---


# --- part pdiparams_reading ---
# Needs the part array_file.
import struct
from collections.abc import Iterator
from typing import IO

# paddle/fluid/framework/framework.proto, VarType.Type: name and bytes of an element
TENSOR_TYPES = {
    0: ("bool", 1),
    1: ("int16", 2),
    2: ("int32", 4),
    3: ("int64", 8),
    4: ("float16", 2),
    5: ("float32", 4),
    6: ("float64", 8),
    20: ("uint8", 1),
    21: ("int8", 1),
    22: ("bfloat16", 2),
    23: ("complex64", 8),
    24: ("complex128", 16),
}


# The combined format, for each array: u32 version 0, u64 levels of LoD, for each level u64 length and its bytes,
# u32 version 0, i32 length of a protobuf message TensorDesc, the message, the numbers.
def combined_arrays(stream: IO[bytes], size: int) -> Iterator[Array]:
    """Yield the arrays of a .pdiparams file; it has no names, they are in the graph."""
    count = 0
    while stream.tell() < size:
        version, levels = struct.unpack("<IQ", _exactly(stream, 12))
        if version or levels > 8:
            raise Damaged(f"array {count} does not begin as Paddle's arrays do, at byte {stream.tell() - 12}")
        for _ in range(levels):
            _skip(stream, int.from_bytes(_exactly(stream, 8), "little"), size)
        version, length = struct.unpack("<Ii", _exactly(stream, 8))
        if version or not 0 < length <= MAX_KEPT_BYTES:
            raise Damaged(f"array {count} has no description, at byte {stream.tell() - 8}")
        shape, kind = tensor_description(_exactly(stream, length))
        if kind not in TENSOR_TYPES or any(side < 0 for side in shape):
            raise Damaged(f"array {count} is of no known type")
        dtype, itemsize = TENSOR_TYPES[kind]
        array = Array(shape, dtype)
        _skip(stream, array.elements * itemsize, size)
        yield array
        count += 1
        if count > MAX_ENTRIES:
            raise Damaged(f"it has more than {MAX_ENTRIES} arrays")


def tensor_description(message: bytes) -> tuple[tuple[int, ...], int]:
    """Return shape and type: field 1 is the type, field 2 the sides, one by one or packed."""
    at, kind, shape = 0, -1, []
    while at < len(message):
        key, at = _varint(message, at)
        value, at = _varint(message, at)
        if key == 8:
            kind = value
        elif key == 16:
            shape.append(value)
        elif key == 18:
            end = at + value
            while at < min(end, len(message)):
                side, at = _varint(message, at)
                shape.append(side)
        else:
            raise Damaged("the description of an array has a field that Paddle does not write")
    return tuple(shape), kind


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return (value if value < 2**63 else -1), at
    raise Damaged("the description of an array is cut off")


# --- end of part pdiparams_reading ---


# --- part pickle_stand_ins ---
# Needs the part array_file, before it.
from dataclasses import dataclass
from typing import Union

DTYPES = {"f": "float", "i": "int", "u": "uint", "b": "bool", "c": "complex"}


@dataclass(frozen=True)
class Global:
    """The name of a function or class."""

    name: str


@dataclass(frozen=True)
class Payload:
    """Bytes, or a long text, that were skipped."""

    length: int


@dataclass
class Dtype:
    """numpy's dtype: a letter and the bytes of an element."""

    code: str

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return int(self.code[1:])

    @property
    def name(self) -> str:
        """Its name, e.g. float32."""
        return "bool" if self.code == "b1" else f"{DTYPES[self.code[0]]}{8 * self.itemsize}"


class Mark:
    """Where a tuple, list or table begins on the stack."""


Value = Union[None, bool, int, float, str, list, tuple, dict, Array, Global, Payload, Dtype, Mark]
MARK = Mark()


def _made(function: str, arguments: tuple[Value, ...]) -> Value:
    """Return the stand-in for what a call of one of the allowed names would make."""
    count, make = MAKERS.get(function, (0, None))
    if make is None or len(arguments) != count:
        raise Damaged(f"it calls {function} in a way that Paddle does not")
    return make(*arguments)


def _pair(values: Value) -> Value:
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise Damaged("a named array is not a name and an array")
    return tuple(values)


def _dtype(name: Value, _align: Value, _copy: Value) -> Dtype:
    code = name.lstrip("<>=|") if isinstance(name, str) else ""
    if code[:1] not in DTYPES or not code[1:].isdecimal() or len(code) > 3 or not 1 <= int(code[1:]) <= 16:
        raise Refused(f"an array of {code[:20]!r}, which are not numbers")
    return Dtype(code)


def _filled(array: Array, shape: Value, dtype: Value, numbers: Value) -> Array:
    """Give an array its shape and type, which have to agree with the bytes that were skipped."""
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and 0 <= side < 2**63 for side in shape):
        raise Damaged("an array has no shape")
    if not isinstance(dtype, Dtype) or len(shape) > 64:
        raise Damaged("an array has no type")
    array.shape, array.dtype = shape, dtype.name
    found = _length_of(numbers)
    if array.elements * dtype.itemsize != found:
        raise Damaged(f"an array of shape {list(shape)} comes with {found} bytes")
    return array


def _length_of(numbers: Value) -> int:
    if isinstance(numbers, Payload):
        return numbers.length
    if isinstance(numbers, str):
        return len(numbers)
    raise Damaged("an array comes without its numbers")


# All that a pickle may name, by numpy 1 and numpy 2: how many arguments it takes, and the stand-in that is made of
# them. None of these functions is ever called.
MAKERS = {
    "collections.OrderedDict": (0, dict),
    "builtins.tuple": (1, _pair),
    "__builtin__.tuple": (1, _pair),
    "_codecs.encode": (2, lambda text, _: Payload(_length_of(text))),
    "numpy.dtype": (3, _dtype),
    "numpy.ndarray": (0, None),
}
for _core in ("numpy.core", "numpy._core"):
    MAKERS[f"{_core}.multiarray._reconstruct"] = (3, lambda *_: Array())
    MAKERS[f"{_core}.multiarray.scalar"] = (2, lambda dtype, numbers: _filled(Array(), (), dtype, numbers))
    MAKERS[f"{_core}.numeric._frombuffer"] = (
        4,
        lambda numbers, dtype, shape, _: _filled(Array(), shape, dtype, numbers),
    )


# --- end of part pickle_stand_ins ---


# --- part pickle_reading ---
# Needs the parts array_file and pickle_stand_ins.
import struct
from typing import IO

MAX_OPERATIONS = 1_000_000  # of a pickle; the largest network of the tables takes about 60,000
MAX_TEXT_BYTES = 16 << 20  # of all texts kept


class PickleReader:
    """Follows the instructions of a pickle without making any of the objects it names.

    Source of the instructions: Lib/pickletools.py of CPython, protocols 2 to 5.
    """

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self.stream, self.size = stream, size
        self.stack: list[Value] = []
        self.memo: dict[int | str, Value] = {}
        self.text_bytes = 0
        self.declared = stream.read(1) == b"\x80"  # protocols from 2 on begin with their number
        stream.seek(0)

    def read(self) -> Value:
        """Return what the pickle would make, arrays without their numbers."""
        for _ in range(MAX_OPERATIONS):
            code = self._take(1)
            if code == b".":
                return self._pop()
            self._follow(code)
        raise Damaged(f"it has more than {MAX_OPERATIONS} instructions; weights need far fewer")

    def _follow(self, code: bytes) -> None:
        if code in CONSTANTS:
            self.stack.append(CONSTANTS[code]())
        elif code in NUMBERS:
            layout = NUMBERS[code]
            self.stack.append(struct.unpack(layout, self._take(struct.calcsize(layout)))[0])
        elif code in TEXTS:
            self.stack.append(self._text(self._length(TEXTS[code])))
        elif code in BYTES:
            length = self._length(BYTES[code])
            _skip(self.stream, length, self.size)
            self.stack.append(Payload(length))
        elif code in INSTRUCTIONS:
            INSTRUCTIONS[code](self)
        elif code in FORBIDDEN:
            self._refuse(f"the instruction {FORBIDDEN[code]}, which makes objects of any class")
        else:
            raise Damaged(
                f"byte 0x{code.hex()} at {self.stream.tell() - 1} is no instruction of a pickle that Paddle writes"
            )

    def _refuse(self, what: str) -> NoReturn:
        """Refuse a pickle; bytes that only happen to look like one are no danger, and no accusation either."""
        if self.declared or what.replace(".", "").isidentifier():
            raise Refused(what)
        raise Damaged("it is neither a pickle nor a .pdiparams file")

    def _take(self, count: int) -> bytes:
        return _exactly(self.stream, count)

    def _length(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def _text(self, length: int) -> str | Payload:
        """Read a short text; of a long one, which in protocol 2 are an array's bytes as Latin-1, count the letters."""
        if self.stream.tell() + length > self.size:
            _skip(self.stream, length, self.size)
        if length <= MAX_KEPT_BYTES:
            return self._kept(self._take(length))
        letters = 0
        for start in range(0, length, 1 << 20):
            piece = self._take(min(1 << 20, length - start))
            letters += len(piece.translate(None, CONTINUATION_BYTES))
        return Payload(letters)

    def _pop(self) -> Value:
        if not self.stack:
            raise Damaged("an instruction finds nothing to work on")
        return self.stack.pop()

    def _pop_to_mark(self) -> list[Value]:
        for at in range(len(self.stack) - 1, -1, -1):
            if self.stack[at] is MARK:
                values = self.stack[at + 1 :]
                del self.stack[at:]
                return values
        raise Damaged("an instruction finds nothing to work on")

    def _top(self) -> Value:
        if not self.stack:
            raise Damaged("an instruction finds nothing to work on")
        return self.stack[-1]

    def _line(self, encoding: str = "utf-8") -> str:
        line = self.stream.readline(MAX_KEPT_BYTES)
        if not line.endswith(b"\n"):
            raise Damaged(f"it ends in the middle, at byte {self.stream.tell()}")
        return self._kept(line[:-1], encoding)

    def _kept(self, text: bytes, encoding: str = "utf-8") -> str:
        self.text_bytes += len(text)
        if self.text_bytes > MAX_TEXT_BYTES:
            raise Damaged(f"it has more than {MAX_TEXT_BYTES >> 20} MiB of names")
        return text.decode(encoding, "backslashreplace")

    def _global(self, module: Value, name: Value) -> None:
        if not isinstance(module, str) or not isinstance(name, str) or f"{module}.{name}" not in MAKERS:
            self._refuse(f"{module}.{name}"[:120])
        self.stack.append(Global(f"{module}.{name}"))

    def _read_global(self) -> None:
        module = self._line()
        self._global(module, self._line())

    def _stack_global(self) -> None:
        name = self._pop()
        self._global(self._pop(), name)

    def _refuse_instance(self) -> None:
        module = self._line()
        self._refuse(f"{module}.{self._line()}"[:120])

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self.stack.append(tuple(reversed(values)))

    def _put(self, index: int | str) -> None:
        self.memo[index] = self._top()

    def _get(self, index: int | str) -> None:
        if index not in self.memo:
            raise Damaged("it refers to something that is not there")
        self.stack.append(self.memo[index])

    def _append(self, values: list[Value]) -> None:
        target = self._top()
        if not isinstance(target, list):
            raise Damaged("it appends to what is no list")
        target += values

    def _set(self, values: list[Value]) -> None:
        target = self._top()
        if not isinstance(target, dict) or len(values) % 2:
            raise Damaged("it sets entries of what is no table")
        for key, value in zip(values[::2], values[1::2]):
            if not isinstance(key, (str, int, float, type(None))):
                raise Damaged("a table has a key that is neither text nor number")
            target[key] = value

    def _dict(self) -> None:
        values = self._pop_to_mark()
        self.stack.append({})
        self._set(values)

    def _set_one(self) -> None:
        value = self._pop()
        self._set([self._pop(), value])

    def _append_one(self) -> None:
        self._append([self._pop()])

    def _reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            raise Refused("a call of something that is not a plain name")
        self.stack.append(_made(function.name, arguments))

    def _build(self) -> None:
        state, target = self._pop(), self._top()
        if isinstance(target, Dtype):
            return
        if not isinstance(target, Array):
            raise Refused("a change of an object that is no array")
        if not isinstance(state, tuple) or len(state) != 5:
            raise Damaged("an array has no shape")
        _filled(target, state[1], state[2], state[4])

    def _long(self) -> None:
        length = self._length(1)
        self.stack.append(int.from_bytes(self._take(length), "little", signed=True) if length <= 8 else Payload(length))


def _integer(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or len(text) > 20:
        raise Damaged("a number is none")
    return int(text)


CONTINUATION_BYTES = bytes(range(0x80, 0xC0))  # in UTF-8 every other byte begins a letter
CONSTANTS = {
    b"(": lambda: MARK,
    b")": tuple,
    b"]": list,
    b"}": dict,
    b"N": lambda: None,
    b"\x88": lambda: True,
    b"\x89": lambda: False,
}
NUMBERS = {b"J": "<i", b"K": "<B", b"M": "<H", b"G": ">d"}
TEXTS = {b"X": 4, b"\x8c": 1, b"\x8d": 8}
BYTES = {b"B": 4, b"C": 1, b"\x8e": 8, b"\x96": 8, b"T": 4, b"U": 1}
INSTRUCTIONS = {
    b"\x80": lambda reader: reader._take(1),  # PROTO
    b"\x95": lambda reader: reader._take(8),  # FRAME
    b"c": PickleReader._read_global,
    b"\x93": PickleReader._stack_global,
    b"i": PickleReader._refuse_instance,
    b"t": lambda reader: reader.stack.append(tuple(reader._pop_to_mark())),
    b"\x85": lambda reader: reader._tuple(1),
    b"\x86": lambda reader: reader._tuple(2),
    b"\x87": lambda reader: reader._tuple(3),
    b"q": lambda reader: reader._put(reader._length(1)),
    b"r": lambda reader: reader._put(reader._length(4)),
    b"\x94": lambda reader: reader._put(len(reader.memo)),
    b"h": lambda reader: reader._get(reader._length(1)),
    b"j": lambda reader: reader._get(reader._length(4)),
    b"a": PickleReader._append_one,
    b"e": lambda reader: reader._append(reader._pop_to_mark()),
    b"s": PickleReader._set_one,
    b"u": lambda reader: reader._set(reader._pop_to_mark()),
    b"R": PickleReader._reduce,
    b"b": PickleReader._build,
    b"\x8a": PickleReader._long,
    b"0": PickleReader._pop,
    # Protocol 0, which Paddle does not write: followed as far as to name what such a file would run.
    b"1": PickleReader._pop_to_mark,
    b"2": lambda reader: reader.stack.append(reader._top()),
    b"S": lambda reader: reader.stack.append(reader._line()),
    b"V": lambda reader: reader.stack.append(reader._line("raw-unicode-escape")),
    b"I": lambda reader: reader.stack.append(_integer(reader._line())),
    b"L": lambda reader: reader.stack.append(_integer(reader._line().rstrip("L"))),
    b"F": lambda reader: reader.stack.append(reader._line()),
    b"p": lambda reader: reader._put(reader._line()),
    b"g": lambda reader: reader._get(reader._line()),
    b"l": lambda reader: reader.stack.append(reader._pop_to_mark()),
    b"d": PickleReader._dict,
}
FORBIDDEN = {
    b"o": "OBJ",
    b"\x81": "NEWOBJ",
    b"\x92": "NEWOBJ_EX",
    b"\x82": "EXT1",
    b"\x83": "EXT2",
    b"\x84": "EXT4",
    b"P": "PERSID",
    b"Q": "BINPERSID",
}


# --- end of part pickle_reading ---


# --- part known_networks ---
# Needs the part array_file.
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """A row of the tables."""

    naming: str
    first_array: str
    fc_weight: str
    name: str
    arrays: int
    elements: int
    features: int

    @property
    def made_by(self) -> str:
        """What makes this network."""
        vision = self.naming == "paddle.vision.models"
        return f"{self.naming}.{self.name}()" if vision else f"-o Arch.name={self.name}"

    def with_classes(self, classes: object) -> str:
        """Return what makes it for so many classes."""
        vision = self.naming == "paddle.vision.models"
        return f"{self.naming}.{self.name}(num_classes={classes})" if vision else f"-o Arch.class_num={classes}"

    def fine_tuned(self, path: str, classes: object) -> str:
        """Return how to start from a file of its weights."""
        if self.naming == "paddle.vision.models":
            return f"{self.with_classes(classes)}.set_state_dict(paddle.load({path!r}))"
        return f"-o Global.pretrained_model={shlex.quote(os.path.splitext(path)[0])} {self.with_classes(classes)}"


@dataclass(frozen=True)
class Recognised:
    """What a set of arrays belongs to."""

    networks: list[Network]
    """All that have these shapes, those with these names first."""
    named: bool
    """Whether the names are those of the first."""
    classes: int | None
    """Outputs of the final FC layer; None when it is not in the file."""

    @property
    def network(self) -> Network:
        """The best of them."""
        return self.networks[0]


def networks_called(name: str) -> list[Network]:
    """Return the networks of a name, today's naming first."""
    exact = [network for network in NETWORKS if network.name == name]
    return exact or [network for network in NETWORKS if network.name.lower() == name.lower()]


def recognise(arrays: dict[str, Array]) -> Recognised | None:
    """Return the networks that have these arrays, with or without the final FC layer."""
    elements = sum(array.elements for array in arrays.values())
    shapes = Counter(array.shape for array in arrays.values())
    fitting: list[tuple[bool, Network, int | None]] = []
    for network in NETWORKS:
        rest = elements - network.elements
        classes = rest // (network.features + 1)
        without = len(arrays) == network.arrays and rest == 0
        last = (network.features, classes)
        has_last = len(arrays) == network.arrays + 2 and rest == classes * (network.features + 1) > 0 and shapes[last]
        if without or has_last:
            fitting.append((network.first_array in arrays, network, None if without else classes))
    if not fitting:
        return None
    fitting.sort(key=lambda one: not one[0])
    named = [one for one in fitting if one[0]] or fitting
    return Recognised([network for _, network, _ in named], named=fitting[0][0], classes=fitting[0][2])


def _networks() -> Iterator[Network]:
    for naming, table in NAMINGS.items():
        first_array = fc_weight = ""
        for line in table.strip().splitlines():
            words = line.split()
            if line.startswith(" "):
                yield Network(naming, first_array, fc_weight, words[0], *map(int, words[1:]))
            else:
                first_array, fc_weight = words


# First array and weight of the last FC layer, then for each network with these names: arrays without that layer,
# numbers in them, features before that layer.
NAMINGS = {
    "paddle.vision.models": """
_conv1._conv.weight _fc8.weight
    alexnet 14 57003840 4096
conv1_func._conv.weight out.weight
    densenet121 604 7037504 1024
    densenet161 804 26691936 2208
    densenet169 844 12642880 1664
    densenet201 1004 18321984 1920
    densenet264 1324 31047232 2688
inception_stem.conv_1a_3x3.0.weight fc.weight
    inception_v3 470 21820000 2048
conv1.0.weight fc.weight
    mobilenet_v1 135 3228864 1024
features.0.0.weight classifier.1.weight
    mobilenet_v2 260 2257984 1280
conv.0.weight classifier.3.weight
    mobilenet_v3_large 264 4226432 1280
    mobilenet_v3_small 208 1529968 1024
conv1.weight fc.weight
    resnet18 100 11186112 512
    resnet34 180 21301696 512
    resnet50 265 23561152 2048
    resnet101 520 42605504 2048
    resnet152 775 58295232 2048
    resnext50_32x4d 265 23048128 2048
    resnext50_64x4d 265 43241920 2048
    resnext101_32x4d 520 42266560 2048
    resnext101_64x4d 520 81609152 2048
    resnext152_32x4d 775 58101696 2048
    resnext152_64x4d 775 113217984 2048
    wide_resnet50_2 265 66902464 2048
    wide_resnet101_2 520 124975552 2048
_conv1.0.weight _fc.weight
    shufflenet_v2_x0_25 280 94712 512
    shufflenet_v2_x0_33 280 139264 512
    shufflenet_v2_x0_5 280 349744 1024
    shufflenet_v2_x1_0 280 1269784 1024
    shufflenet_v2_x1_5 280 2502064 1024
    shufflenet_v2_x2_0 280 5350952 2048
features.0.weight classifier.6.weight
    vgg11 20 128766336 4096
    vgg13 24 128950848 4096
    vgg16 30 134260544 4096
    vgg19 36 139570240 4096
""",
    "PaddleClas 2.0 and 2.1": """
conv1_1._conv.weight out.weight
    ResNet50_vd 275 23580512 2048
    ResNet101_vd 530 42624864 2048
    ResNet152_vd 785 58314592 2048
    ResNet200_vd 1025 72884064 2048
""",
    "PaddleClas 2.6": """
stem.0.conv.weight fc.weight
    ResNet18 105 11190464 512
    ResNet18_vd 115 11209824 512
    ResNet34 185 21306048 512
    ResNet34_vd 195 21325408 512
    ResNet50 265 23561152 2048
    ResNet50_vd 275 23580512 2048
    ResNet101 520 42605504 2048
    ResNet101_vd 530 42624864 2048
    ResNet152 775 58295232 2048
    ResNet152_vd 785 58314592 2048
    ResNet200_vd 1025 72884064 2048
    PPLCNetV2_small 214 2936160 1280
    PPLCNetV2_base 276 5560192 1280
    PPLCNetV2_large 338 9498400 1280
    PPHGNet_tiny 191 12701904 2048
    PPHGNet_small 216 22332864 2048
    PPHGNet_base 367 69575584 2048
conv.conv.weight fc.weight
    MobileNetV1_x0_25 135 218544 256
    MobileNetV1_x0_5 135 829536 512
    MobileNetV1_x0_75 135 1832976 768
    MobileNetV1 135 3228864 1024
    MobileNetV3_small_x0_35 212 389226 1280
    MobileNetV3_small_x0_5 212 627696 1280
    MobileNetV3_small_x0_75 212 1103338 1280
    MobileNetV3_small_x1_0 212 1671102 1280
    MobileNetV3_small_x1_25 212 2361650 1280
    MobileNetV3_large_x0_35 268 831920 1280
    MobileNetV3_large_x0_5 268 1404790 1280
    MobileNetV3_large_x0_75 268 2649696 1280
    MobileNetV3_large_x1_0 268 4223638 1280
    MobileNetV3_large_x1_25 268 6192948 1280
conv1.conv.weight fc.weight
    PPLCNet_x0_25 144 242936 1280
    PPLCNet_x0_35 144 365930 1280
    PPLCNet_x0_5 144 604048 1280
    PPLCNet_x0_75 144 1084232 1280
    PPLCNet_x1_0 144 1682464 1280
    PPLCNet_x1_5 144 3235248 1280
    PPLCNet_x2_0 144 5262400 1280
    PPLCNet_x2_5 144 7763920 1280
    ESNet_x0_25 318 1550562 1280
    ESNet_x0_5 318 1967671 1280
    ESNet_x0_75 318 2585657 1280
    ESNet_x1_0 318 3356374 1280
stem.stem1.conv.weight fc.weight
    PPHGNetV2_B0 273 3959822 2048
    PPHGNetV2_B1 273 4308246 2048
    PPHGNetV2_B2 385 9199052 2048
    PPHGNetV2_B3 447 14277816 2048
    PPHGNetV2_B4 401 17793376 2048
    PPHGNetV2_B5 651 37613984 2048
    PPHGNetV2_B6 871 73374192 2048
conv_layer1_1.conv.weight fc.weight
    HRNet_W18_C 1625 19297380 2048
    HRNet_W32_C 1625 39254464 2048
    HRNet_W48_C 1625 75518400 2048
conv_block_1.conv1.weight fc3.weight
    VGG11 12 128763584 4096
    VGG13 14 128947904 4096
    VGG16 17 134256320 4096
    VGG19 20 139564736 4096
patch_embed.proj.weight head.weight
    SwinTransformer_tiny_patch4_window7_224 183 27548166 768
    SwinTransformer_small_patch4_window7_224 351 48894882 768
    SwinTransformer_base_patch4_window7_224 351 86800848 1024
conv1._conv.weight out.weight
    MobileNetV2_x0_5 265 703104 1280
    MobileNetV2_x0_75 265 1373864 1280
    MobileNetV2 265 2259136 1280
    MobileNetV2_x1_5 265 4982976 1920
    MobileNetV2_x2_0 265 8769664 2560
conv._conv.weight out.weight
    ResNeXt50_32x4d 265 23048128 2048
    ResNeXt50_64x4d 265 43241920 2048
    ResNeXt101_32x4d 520 42266560 2048
    ResNeXt101_64x4d 520 81609152 2048
_conv1._conv.weight _fc.weight
    ShuffleNetV2_x0_25 280 94712 512
    ShuffleNetV2_x0_5 280 349744 1024
    ShuffleNetV2_x1_0 280 1269784 1024
    ShuffleNetV2_x1_5 280 2502064 1024
    ShuffleNetV2_x2_0 280 5378712 2048
_ef._conv_stem._conv._conv._conv.weight _fc.weight
    EfficientNetB0 309 4049564 1280
    EfficientNetB1 437 6575232 1280
    EfficientNetB3 494 10783528 1536
    EfficientNetB4 608 17673816 1792
pos_embed head.weight
    ViT_small_patch16_224 94 47985408 768
    ViT_base_patch16_224 150 85798656 768
downsample_layers.0.0.weight head.weight
    ConvNeXt_tiny 180 27820128 768
    ConvNeXt_small 342 49454688 768
conv1_1._conv.weight out.weight
    ResNet50_vc 275 23580512 2048
    SE_ResNet18_vd 147 11298904 512
    SE_ResNet34_vd 259 21486604 512
    SE_ResNet50_vd 339 26111504 2048
conv1_func._conv.weight out.weight
    DenseNet121 604 7037504 1024
    DenseNet161 804 26691936 2208
    DenseNet169 844 12642880 1664
    DenseNet201 1004 18321984 1920
    DenseNet264 1324 31047232 2688
conv1._conv.weight fc_1.weight
    GhostNet_x0_5 433 1320776 1280
    GhostNet_x1_0 433 3926544 1280
    GhostNet_x1_3 433 6102718 1280
""",
}
NETWORKS = list(_networks())


# --- end of part known_networks ---


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
