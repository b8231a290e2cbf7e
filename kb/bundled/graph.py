"""BERT with mean pooling as one ONNX graph in full precision, written node by node.

The plain attention graph: against ONNX Runtime's fused operator it starts in half the time. Query, key and value are
one product, and the query's part carries the attention's 1/sqrt(width), so that neither costs a node.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.tensors import BertTensors

INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("sentence_embedding", "token_embeddings")
OPSET = 20  # Gelu is one node from here on
IR_VERSION = 10
MASKED = -1e4  # added to the score of a token that is not there: exp of it is 0
LEAST = 1e-9  # a divisor that is never zero


def write_graph(tensors: BertTensors, path: Path) -> None:
    """Write the model: token ids and mask in, pooled and token embeddings out."""
    import onnx  # noqa: PLC0415

    onnx.save(Graph(tensors).model(), path)


class Graph:
    """Nodes and weights, in the order they run."""

    domains: tuple[str, ...] = ()
    """Of operators beside ONNX's own."""

    def __init__(self, tensors: BertTensors) -> None:
        self.nodes: list[Any] = []
        self.weights: dict[str, Any] = {}
        self._tensors = tensors
        self._config = tensors.config

    def model(self) -> Any:
        """Return the whole encoder as an ONNX model."""
        hidden = self.embeddings()
        masked = self.mask()
        for layer in range(self._config.layers):
            hidden = self.layer(layer, hidden, masked, OUTPUTS[1] if layer == self._config.layers - 1 else None)
        self.pooling()
        return self._closed()

    def inputs(self) -> list[Any]:
        """Return what goes in, as ONNX describes it."""
        from onnx import TensorProto, helper  # noqa: PLC0415

        return [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in INPUTS]

    def _closed(self) -> Any:
        from onnx import TensorProto, helper  # noqa: PLC0415

        axes, width = ["batch", "tokens"], self._config.hidden
        graph = helper.make_graph(
            self.nodes,
            "encoder",
            self.inputs(),
            [
                helper.make_tensor_value_info(OUTPUTS[0], TensorProto.FLOAT, ["batch", width]),
                helper.make_tensor_value_info(OUTPUTS[1], TensorProto.FLOAT, [*axes, width]),
            ],
            list(self.weights.values()),
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET), *(helper.make_opsetid(each, 1) for each in self.domains)],
            ir_version=IR_VERSION,
            producer_name="faqkb",
        )

    def embeddings(self) -> str:
        """Word and position, each token of the first type, normalised."""
        places = self._tensors["emb.pos"] + self._tensors["emb.type"][0]
        size = self._node("Shape", [INPUTS[0]], "tokens", start=1, end=2)
        ends = [self._weight("first", np.array([0])), size, self._weight("axis", np.array([0]))]
        own = self._node("Slice", [self._weight("places", places), *ends], "own_places")
        words = self._node("Gather", [self._weight("words", self._tensors.words), INPUTS[0]], "own_words")
        return self._norm("emb.ln", self._node("Add", [words, own], "embedded"), "embeddings")

    def mask(self) -> str:
        """What is added to the attention scores, shape (batch, 1, 1, tokens)."""
        present = self._node("Cast", [INPUTS[1]], "present", to=1)
        absent = self._node("Sub", [self._weight("one", np.float32(1)), present], "absent")
        low = self._node("Mul", [absent, self._weight("masked", np.float32(MASKED))], "low")
        return self._node("Unsqueeze", [low, self._weight("heads_axes", np.array([1, 2]))], "mask")

    def layer(self, number: int, hidden: str, mask: str, output: str | None) -> str:
        """One transformer layer; `output` names what comes out."""
        name = f"l{number}"
        attended = self._linear(f"{name}.ao", self._attention(name, hidden, mask))
        middle = self._norm(f"{name}.aln", self._node("Add", [attended, hidden], f"{name}.attended"), f"{name}.middle")
        wide = self._node("Gelu", [self._linear(f"{name}.fi", middle)], f"{name}.wide")
        summed = self._node("Add", [self._linear(f"{name}.fo", wide), middle], f"{name}.summed")
        return self._norm(f"{name}.oln", summed, output or f"{name}.out")

    def pooling(self) -> None:
        """The mean over the tokens that are there, of norm 1."""
        axis = self._weight("tokens_axis", np.array([1]))
        mask = self._node("Unsqueeze", ["present", self._weight("width_axis", np.array([2]))], "each_present")
        total = self._node("ReduceSum", [self._node("Mul", [OUTPUTS[1], mask], "own"), axis], "total", keepdims=0)
        count = self._node("ReduceSum", ["present", axis], "count", keepdims=1)
        some = self._node("Max", [count, self._weight("least", np.float32(LEAST))], "some")
        mean = self._node("Div", [total, some], "mean")
        self._node("LpNormalization", [mean], OUTPUTS[0], axis=-1, p=2)

    def _attention(self, name: str, hidden: str, mask: str) -> str:
        heads, width = self._config.heads, self._config.hidden // self._config.heads
        joint = self._joint(name, hidden)
        split = self._shape("split", [0, 0, 3, heads, width])
        parts = self._node("Reshape", [joint, split], f"{name}.parts")
        moved = self._node("Transpose", [parts], f"{name}.by_head", perm=[2, 0, 3, 1, 4])
        query, key, value = (
            self._node("Gather", [moved, self._weight(f"part{at}", np.int64(at))], f"{name}.{part}", axis=0)
            for at, part in enumerate(("query", "key", "value"))
        )
        turned = self._node("Transpose", [key], f"{name}.turned", perm=[0, 1, 3, 2])
        scores = self._masked(f"{name}.scores", self._node("MatMul", [query, turned], f"{name}.near"), mask)
        shares = self._node("Softmax", [scores], f"{name}.shares", axis=-1)
        seen = self._node("MatMul", [shares, value], f"{name}.seen")
        back = self._node("Transpose", [seen], f"{name}.by_token", perm=[0, 2, 1, 3])
        return self._node("Reshape", [back, self._shape("joined", [0, 0, self._config.hidden])], f"{name}.joined")

    def _masked(self, name: str, scores: str, mask: str) -> str:
        return self._node("Add", [scores, mask], name)

    def _joint(self, name: str, hidden: str) -> str:
        """Query, key and value beside each other; the query's part times 1/sqrt(width of a head)."""
        weight, bias = self._tensors.attention(name, 1 / math.sqrt(self._config.hidden // self._config.heads))
        return self._product(f"{name}.qkv", hidden, weight, bias)

    def _linear(self, name: str, taken: str) -> str:
        return self._product(name, taken, self._tensors[f"{name}.w"], self._tensors[f"{name}.b"])

    def _product(self, name: str, taken: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        matrix = self._weight(f"{name}.w", np.ascontiguousarray(weight.T))
        product = self._node("MatMul", [taken, matrix], f"{name}.product")
        return self._node("Add", [product, self._weight(f"{name}.b", bias)], name)

    def _norm(self, name: str, taken: str, output: str) -> str:
        own = [self._weight(f"{name}.{part}", self._tensors[f"{name}.{part}"]) for part in ("w", "b")]
        return self._node("LayerNormalization", [taken, *own], output, axis=-1, epsilon=self._config.layer_norm_eps)

    def _shape(self, name: str, sizes: Sequence[int]) -> str:
        return self._weight(f"{name}.shape", np.array(sizes))

    def _weight(self, name: str, array: Any) -> str:
        """Store an array once and return its name."""
        from onnx import numpy_helper  # noqa: PLC0415

        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(np.asarray(array), name)
        return name

    def _node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        from onnx import helper  # noqa: PLC0415

        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output
