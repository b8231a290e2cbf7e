"""Files of a model, looked at before a library that believes them reads them.

What it would take of time and memory cannot be told from its files in every case: a matrix may be as large as it likes.
What has no end, and what grows with each step, is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_ONNX_BYTES = 2 << 30  # a protobuf cannot be longer
_TOKENIZER_BYTES = 100_000_000  # the largest in use, of 256,000 pieces, has 33 MB
_LEVELS = 64  # of messages within each other; ours have four, and four more for a graph within a node
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of TensorProto
_OPERATOR = 4  # field of NodeProto
_OPERATOR_BYTES = 100  # of its name; what is longer is none of these
# Operators that run others as often as a file says; no encoder of texts has one.
_WITHOUT_END = frozenset({b"Loop", b"Scan", b"SequenceMap", b"BeamSearch", b"GreedySearch", b"Sampling"})
_NORMALIZERS = 16  # of a tokenizer; those in use have five
_LENGTHENING = 8  # of them that may put a text in place of a shorter one
_PREPENDED_CHARS = 8
_CHARSMAP_CHARS = 2_000_000  # XLM-R's has 320,000
# Which fields hold messages that may hold a tensor, by message: onnx/onnx.proto.
_MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}


class ForeignModel(ValueError):
    """A file of a model is none that we would have made."""


def check_onnx(path: Path) -> None:
    """Make sure that an ONNX file is one protobuf whose tensors all lie in it, without loops.

    Raises ForeignModel, OSError.

    A tensor may name another file that its numbers are read from: anywhere (onnx/onnx #3991, CVE-2026-27489).
    """
    size = path.stat().st_size
    if size > _ONNX_BYTES:
        raise ForeignModel(f"{size:,} bytes, more than a model can have")
    with path.open("rb") as file:
        _walk(file, size, "model", 0)


def check_tokenizer(path: Path) -> None:
    """Make sure that a tokenizer is no longer than one can be. Raises ForeignModel, OSError."""
    size = path.stat().st_size
    if size > _TOKENIZER_BYTES:
        raise ForeignModel(f"{size:,} bytes, more than a tokenizer can have")


def check_steps(path: Path) -> None:
    """Make sure that no step of a tokenizer makes a text grow without bounds. Raises ForeignModel, OSError."""
    check_tokenizer(path)
    try:
        steps = list(_normalizers(json.loads(path.read_bytes()).get("normalizer"), 0))
        if len(steps) > _NORMALIZERS or sum(map(_may_lengthen, steps)) > _LENGTHENING:
            raise ForeignModel(f"{len(steps)} normalizers, more than a tokenizer has")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        told = str(error) if isinstance(error, ForeignModel) else "no tokenizer"
        raise ForeignModel(told) from error


def _normalizers(step: Any, level: int) -> Iterator[dict[str, Any]]:
    """Yield each normalizer, those of a sequence one by one."""
    if level > _LEVELS:
        raise ForeignModel("normalizers within normalizers")
    if step is None:
        return
    if step["type"] == "Sequence":
        for each in step["normalizers"]:
            yield from _normalizers(each, level + 1)
    else:
        yield step


def _may_lengthen(step: dict[str, Any]) -> bool:
    """Return whether a normalizer may make a text longer. Raises ForeignModel where it may make it much longer."""
    if step["type"] == "Replace":
        room = max(1, len(step["pattern"].get("String", "")))
        if len(step["content"]) > room:
            raise ForeignModel(f"a normalizer that puts {len(step['content'])} characters in place of {room}")
        return True
    if step["type"] == "Prepend":
        if len(step["prepend"]) > _PREPENDED_CHARS:
            raise ForeignModel(f"a normalizer that puts {len(step['prepend'])} characters before a text")
        return True
    if step["type"] == "Precompiled":
        if len(step["precompiled_charsmap"] or "") > _CHARSMAP_CHARS:
            raise ForeignModel("a table of characters that is longer than any")
        return True
    return False


def _walk(file: BinaryIO, end: int, message: str, level: int) -> None:
    if level > _LEVELS:
        raise ForeignModel("graphs within graphs")
    for field, length in _fields(file, end):
        if message == "tensor" and field in {_EXTERNAL_DATA, _DATA_LOCATION}:
            raise ForeignModel("a tensor that lies in another file")
        within = _MESSAGES[message].get(field)
        if length is None:
            continue
        after = file.tell() + length
        if message == "node" and field == _OPERATOR and length <= _OPERATOR_BYTES:
            operator = file.read(length)
            if operator in _WITHOUT_END:
                raise ForeignModel(f"an operator that may run for ever ({operator.decode()})")
        if within is not None:
            _walk(file, after, within, level + 1)
        file.seek(after)


def _fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int | None]]:
    """Yield each field of the message at hand; of one with a length, the caller reads or skips so many bytes."""
    while (at := file.tell()) < end:
        key = _varint(file)
        field, kind = key >> 3, key & 7
        if kind == 2:  # all kinds: protobuf.dev/programming-guides/encoding
            length = _varint(file)
            if length > end - file.tell():
                raise ForeignModel("a field longer than the file")
            yield field, length
        elif kind in _SKIPPED:
            if kind == 0:
                _varint(file)
            else:
                file.seek(_SKIPPED[kind], 1)
            yield field, None
        else:
            raise ForeignModel(f"no protobuf (at byte {at})")
    if file.tell() != end:
        raise ForeignModel("a field longer than its message")


_SKIPPED = {0: 0, 1: 8, 5: 4}  # a number that says its own length, of 8 bytes, of 4


def _varint(file: BinaryIO) -> int:
    number = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return number
    raise ForeignModel("a number without an end")
