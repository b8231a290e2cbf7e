"""JSON and arrays in one file, for a reader without numpy: a browser.

It is a number of bytes (uint32), so much JSON, and the arrays, each at a multiple of 8, all little-endian; the JSON
says under `arrays` what each is called, its type and its length.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

_ALIGNED = 8


def array_file(values: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the content of the file; the same values and arrays give the same bytes."""
    listed = [{"name": name, "type": array.dtype.str[1:], "length": array.size} for name, array in arrays.items()]
    header = json.dumps({**values, "arrays": listed}, ensure_ascii=False, separators=(",", ":")).encode()
    parts = [len(header).to_bytes(4, "little") + header, *map(_little_endian, arrays.values())]
    return b"".join(part + bytes(-len(part) % _ALIGNED) for part in parts)


def _little_endian(array: npt.NDArray[Any]) -> bytes:
    return array.astype(np.dtype(array.dtype).newbyteorder("<")).tobytes()
