"""The bundled encoder's weights in full precision: the published ones, corrected by the adapter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.adapter import Adapter, LowRank
from faqkb.kb.bundled.weights import BundledWeights, WeightsConfig
from faqkb.kb.errors import ModelDamaged

Floats = NDArray[np.float32]

WORDS = "emb.word"
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def bert_names(layers: int) -> dict[str, str]:
    """Return the names of BertModel's modules by those of the weights file, `l0.q` to `encoder.layer.0.….query`."""
    inner = {
        f"l{layer}.{part}": f"encoder.layer.{layer}.{name}" for layer in range(layers) for part, name in _PARTS.items()
    }
    return {"emb.ln": "embeddings.LayerNorm"} | inner


class BertTensors:
    """The encoder's tensors by the names of the weights file, each in its own shape."""

    def __init__(self, weights: BundledWeights, adapter: Adapter, kept: Sequence[int]) -> None:
        """Take the weights, what corrects them, and the token ids whose rows of the table are wanted.

        Raises ModelDamaged when the adapter is of another architecture.
        """
        self.config: WeightsConfig = weights.config
        self._weights = weights
        self._kept = kept
        by_bert = {theirs: ours for ours, theirs in bert_names(self.config.layers).items()}
        unknown = sorted(adapter.keys() - by_bert.keys())
        if unknown:
            raise ModelDamaged(f"adapter: the model has no layer {unknown[0]}; install faqkb again")
        self._added = {by_bert[name]: layer for name, layer in adapter.items()}

    @cached_property
    def words(self) -> Floats:
        """The kept rows of the table of tokens, shape (kept, hidden)."""
        return self._weights.tensors[WORDS].rows(self.config.hidden, self._kept)

    def __getitem__(self, name: str) -> Floats:
        """Return a tensor: a matrix of shape (outputs, inputs), a table of positions or types, or a vector."""
        flat = self._weights.tensors[name].unpack()
        if name in ("emb.pos", "emb.type"):
            return flat.reshape(-1, self.config.hidden)
        if not name.endswith(".w") or name.endswith("ln.w"):
            return flat
        bias = self._weights.tensors[f"{name[:-2]}.b"].unpack()
        matrix = flat.reshape(len(bias), -1)
        added = self._added.get(name[:-2])
        return matrix if added is None else matrix + added.product()

    def added(self, name: str) -> LowRank:
        """Return what corrects a layer, e.g. `l0.q`; a correction of rank 0 where nothing does."""
        found = self._added.get(name)
        if found is not None:
            return found
        outputs = len(self._weights.tensors[f"{name}.b"].unpack())
        inputs = len(self._weights.tensors[f"{name}.w"].unpack()) // outputs
        return LowRank(np.zeros((0, inputs), np.float16), np.zeros((outputs, 0), np.float16))

    def attention(self, layer: str, scale: float) -> tuple[Floats, Floats]:
        """Return weight and bias of query, key and value below each other, the query's times `scale`."""
        names = [f"{layer}.{part}" for part in "qkv"]
        weight, bias = (np.concatenate([self[f"{name}.{part}"] for name in names]) for part in "wb")
        hidden = self.config.hidden
        weight[:hidden] *= np.float32(scale)
        bias[:hidden] *= np.float32(scale)
        return weight, bias
