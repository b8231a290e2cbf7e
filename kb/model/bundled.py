"""The bundled model in full precision, without torch: its graph is written, its embeddings are stored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.adapter import ADAPTER_FILE, bundled_adapter, read_adapter
from faqkb.kb.bundled.graph import write_graph
from faqkb.kb.bundled.reference import read_reference
from faqkb.kb.bundled.tensors import BertTensors
from faqkb.kb.bundled.tokenizer import build_tokenizer
from faqkb.kb.bundled.weights import E5_PREFIXES, BundledWeights, checked_weights
from faqkb.kb.model.source import Prefixes


class BundledModel:
    """The published weights with our adapter, as `FullPrecision` wants a model."""

    prefixes = Prefixes(*E5_PREFIXES)

    @property
    def max_tokens(self) -> int:
        """Its longest input in tokens, special tokens included."""
        return self._weights.config.positions

    def tokenizer(self) -> str:
        """Return the text of its tokenizer.json."""
        text: str = build_tokenizer(self._weights).to_str()
        return text

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return what sentence-transformers made of the same weights, stored for these texts alone.

        Raises ModelDamaged for any other texts or another adapter.
        """
        return read_reference(texts)

    def write_onnx(self, path: Path, kept: Sequence[int]) -> None:
        """Write its graph with the embedding rows of the kept token ids."""
        write_graph(BertTensors(self._weights, read_adapter(bundled_adapter(), ADAPTER_FILE), kept), path)

    @cached_property
    def _weights(self) -> BundledWeights:
        return checked_weights()
