"""Is a prepared model still the model it came from? Cosines over a fixed sample of Chinese and English texts."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.errors import ModelRefused
from faqkb.kb.model.files import MODEL_FILE
from faqkb.kb.model.source import Prefixes
from faqkb.kb.prepared.table import RowTable
from faqkb.kb.prepared.tokenizer import PreparedTokenizer, cut_ids

LEAST_COSINE = 0.99  # below it ranks of neighbouring answers start to change places

Matrix = NDArray[np.float32]


def sample_texts(prefixes: Prefixes) -> list[str]:
    """Return the verification sample, each text once with each prefix."""
    lines = resources.files("faqkb.kb.model").joinpath("sample.txt").read_text(encoding="utf-8").splitlines()
    return [prefix + line for prefix in sorted({prefixes.query, prefixes.passage}) for line in lines]


def verify_prepared(folder: Path, texts: list[str], expected: Matrix, *, max_tokens: int, vocabulary: int) -> float:
    """Embed the texts with the prepared files and return the lowest cosine to the expected rows.

    Raises ModelRefused when it is below LEAST_COSINE or any number that comes out is not finite.
    """
    session, tokenizer, table = _open(folder), PreparedTokenizer(folder, vocabulary), RowTable(folder, vocabulary)
    cosines = []
    for text, row in zip(texts, expected, strict=True):
        ids = cut_ids(tokenizer.encode(text).ids, max_tokens)
        embedding, tokens = session.run(["sentence_embedding", "token_embeddings"], table.feed(ids))
        if not (np.isfinite(embedding).all() and np.isfinite(tokens).all()):
            raise ModelRefused(
                f"the prepared model gives numbers that are not finite for {text!r:.60}; keep the source model"
            )
        if embedding.shape != (1, row.size) or tokens.shape[:2] != (1, len(ids)):
            raise ModelRefused(f"the prepared model gives shape {embedding.shape}, expected {(1, row.size)}")
        cosines.append(float(embedding[0] @ row))
    worst = int(np.argmin(cosines))
    if cosines[worst] < LEAST_COSINE:
        raise ModelRefused(
            f"the prepared model is not faithful to its source (got cosine {cosines[worst]:.4f} for "
            f"{texts[worst]!r:.60}, expected at least {LEAST_COSINE}); use another model"
        )
    return cosines[worst]


def _open(folder: Path) -> Any:
    import onnxruntime  # noqa: PLC0415

    return onnxruntime.InferenceSession(str(folder / MODEL_FILE), providers=["CPUExecutionProvider"])
