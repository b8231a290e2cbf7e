"""The bundled encoder as a browser loads it, in the four bits that its weights are published in.

No weight is rounded a second time. A product with a published matrix is ONNX Runtime's `MatMulNBits`, whose values are
`(nibble - 8) x scale` as in the weights file; our correction is a product of low rank beside it. The table of tokens is
no part of the graph: which of its rows are wanted depends on the languages and on the records, and the layers are the
same for all. One text at a time goes in, so there is no mask.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.adapter import Adapter
from faqkb.kb.bundled.graph import OUTPUTS, Graph
from faqkb.kb.bundled.tensors import WORDS, BertTensors
from faqkb.kb.bundled.weights import BLOCK, BLOCK_BYTES, BundledWeights

INPUT = "words"
"""What goes in: the rows of the table of tokens, float32, shape (1, tokens, hidden)."""
_MICROSOFT = "com.microsoft"  # domain of ONNX Runtime's own operators
_INT8_ACTIVATIONS = 4  # MatMulNBits' accuracy_level: without it the runtime's WebAssembly takes half as long again
_FLOAT = 1  # ONNX's number of float32

Bytes = NDArray[np.uint8]


def four_bit_model(weights: BundledWeights, adapter: Adapter, positions: int) -> bytes:
    """Return the ONNX file of the layers, for inputs of at most so many tokens."""
    content: bytes = _FourBitGraph(weights, adapter, positions).model().SerializeToString(deterministic=True)
    return content


def table_rows(weights: BundledWeights, kept: Sequence[int]) -> Mapping[str, Bytes]:
    """Return rows of the table of tokens: `nibbles` (rows, hidden / 2), and both bytes of the `scales` apart.

    The byte with sign and exponent is nearly the same everywhere, and packs the better the fewer others are between.
    """
    config = weights.config
    rows = np.frombuffer(weights.tensors[WORDS].packed, np.uint8).reshape(-1, config.hidden // BLOCK * BLOCK_BYTES)
    nibbles, scales = _unpacked(rows[np.asarray(kept, dtype=np.int64)].tobytes(), len(kept))
    parts = np.ascontiguousarray(scales).view(np.uint8).reshape(-1, 2)
    return {"nibbles": nibbles, "scales_low": parts[:, 0], "scales_high": parts[:, 1]}


class _FourBitGraph(Graph):
    """The encoder's graph over weights as they are packed."""

    domains = (_MICROSOFT,)

    def __init__(self, weights: BundledWeights, adapter: Adapter, positions: int) -> None:
        super().__init__(BertTensors(weights, adapter, ()))
        self._packed = weights.tensors
        self._positions = positions

    def inputs(self) -> list[Any]:
        """Return what goes in, as ONNX describes it."""
        from onnx import helper  # noqa: PLC0415

        return [helper.make_tensor_value_info(INPUT, _FLOAT, ["batch", "tokens", self._config.hidden])]

    def embeddings(self) -> str:
        """Word and position, each token of the first type, normalised."""
        places = (self._tensors["emb.pos"] + self._tensors["emb.type"][0])[: self._positions]
        size = self._node("Shape", [INPUT], "tokens", start=1, end=2)
        ends = [self._weight("first", np.array([0])), size, self._weight("axis", np.array([0]))]
        own = self._node("Slice", [self._half("places", places), *ends], "own_places")
        return self._norm("emb.ln", self._node("Add", [INPUT, own], "embedded"), "embeddings")

    def mask(self) -> str:
        """None: every token is there."""
        return ""

    def pooling(self) -> None:
        """The mean over the tokens, of norm 1."""
        axis = self._weight("tokens_axis", np.array([1]))
        mean = self._node("ReduceMean", [OUTPUTS[1], axis], "mean", keepdims=0)
        self._node("LpNormalization", [mean], OUTPUTS[0], axis=-1, p=2)

    def _masked(self, name: str, scores: str, mask: str) -> str:
        return scores

    def _joint(self, name: str, hidden: str) -> str:
        return self._products(f"{name}.qkv", [f"{name}.{part}" for part in "qkv"], hidden)

    def _linear(self, name: str, taken: str) -> str:
        return self._products(name, [name], taken)

    def _products(self, name: str, parts: Sequence[str], taken: str) -> str:
        """The products with some published matrices beside each other, corrected, and their biases."""
        factors = [self._factor(part) for part in parts]
        biases = [self._tensors[f"{part}.b"] * own for part, own in zip(parts, factors, strict=True)]
        outputs = sum(map(len, biases))
        nibbles, halves = _unpacked(b"".join(self._packed[f"{part}.w"].packed for part in parts), outputs)
        scales = self._half(f"{name}.s", halves)
        if len(parts) > 1:
            each = np.repeat(np.array(factors, np.float32), [len(bias) for bias in biases])[:, None]
            scales = self._node("Mul", [scales, self._weight("factors", each)], f"{name}.scales")
        blocks = self._weight(f"{name}.w", nibbles.reshape(outputs, -1, BLOCK // 2))
        shape = {"K": halves.shape[1] * BLOCK, "N": outputs, "bits": 4, "block_size": BLOCK}
        published = self._node(
            "MatMulNBits",
            [taken, blocks, scales],
            f"{name}.product",
            domain=_MICROSOFT,
            accuracy_level=_INT8_ACTIVATIONS,
            **shape,
        )
        corrected = self._node("Add", [published, self._correction(name, parts, taken)], f"{name}.corrected")
        return self._node("Add", [corrected, self._weight(f"{name}.b", np.concatenate(biases))], name)

    def _factor(self, part: str) -> float:
        """Return what a product is multiplied by: the query's carries the attention's 1/sqrt(width)."""
        return 1 / math.sqrt(self._config.hidden // self._config.heads) if part.endswith(".q") else 1.0

    def _correction(self, name: str, parts: Sequence[str], taken: str) -> str:
        layers = [self._tensors.added(part) for part in parts]
        down = np.concatenate([layer.down for layer in layers])
        up = np.zeros((sum(len(layer.up) for layer in layers), len(down)), np.float32)
        row = column = 0
        for part, layer in zip(parts, layers, strict=True):
            outputs, rank = layer.up.shape
            up[row : row + outputs, column : column + rank] = layer.up * np.float32(self._factor(part))
            row, column = row + outputs, column + rank
        narrowed = self._node("MatMul", [taken, self._eighth(f"{name}.down", down)], f"{name}.narrowed")
        return self._node("MatMul", [narrowed, self._eighth(f"{name}.up", up)], f"{name}.correction")

    def _half(self, name: str, array: Any) -> str:
        """Store an array in halves and return the name of it in floats; the runtime converts it once, as it starts."""
        stored = self._weight(f"{name}.half", np.ascontiguousarray(array, np.float16))
        return self._node("Cast", [stored], name, to=_FLOAT)

    def _eighth(self, name: str, matrix: Any) -> str:
        """Store a matrix in bytes with a scale a row, and return the name of it turned, in floats."""
        scales = np.abs(matrix).max(axis=1, keepdims=True).astype(np.float32) / 127
        scales[scales == 0] = 1
        codes = np.rint(matrix / scales).astype(np.int8)
        floats = self._node("Cast", [self._weight(f"{name}.codes", codes)], f"{name}.floats", to=_FLOAT)
        rows = self._node("Mul", [floats, self._weight(f"{name}.scales", scales)], f"{name}.rows")
        return self._node("Transpose", [rows], name, perm=[1, 0])


def _unpacked(packed: bytes, rows: int) -> tuple[Bytes, NDArray[np.float16]]:
    """Return the nibbles of so many rows, two neighbours in a byte, the first in its low half, and the scales."""
    blocks = np.frombuffer(packed, np.uint8).reshape(-1, BLOCK_BYTES)
    halves = blocks[:, 2:]
    apart = np.concatenate([halves & 15, halves >> 4], axis=1)
    paired: Bytes = apart[:, 0::2] | (apart[:, 1::2] << 4)
    return paired.reshape(rows, -1), blocks[:, :2].copy().view("<f2").reshape(rows, -1)
