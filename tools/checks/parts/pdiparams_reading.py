"""The part that reads the arrays of a .pdiparams file, without their numbers."""

from __future__ import annotations

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
