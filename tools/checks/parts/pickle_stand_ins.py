"""The part that makes what stands for the objects that a pickle of weights names, calling none of them."""

from __future__ import annotations

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
