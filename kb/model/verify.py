"""Is a prepared model still the model it came from? Cosines over a fixed sample of Chinese and English texts."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.errors import ModelRefused
from faqkb.kb.model.files import MODEL_FILE, TOKENIZER_FILE
from faqkb.kb.model.source import Prefixes

LEAST_COSINE = 0.99  # below it ranks of neighbouring answers start to change places

Matrix = NDArray[np.float32]


def sample_texts(prefixes: Prefixes) -> list[str]:
    """Return the verification sample, each text once with each prefix."""
    lines = resources.files("faqkb.kb.model").joinpath("sample.txt").read_text(encoding="utf-8").splitlines()
    return [prefix + line for prefix in sorted({prefixes.query, prefixes.passage}) for line in lines]


def verify_prepared(folder: Path, texts: list[str], expected: Matrix, max_tokens: int) -> float:
    """Embed the texts with the prepared files and return the lowest cosine to the expected rows.

    Raises ModelRefused when it is below LEAST_COSINE or any number that comes out is not finite.
    """
    session, tokenizer = _open(folder, max_tokens)
    cosines = []
    for text, row in zip(texts, expected, strict=True):
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        embedding, tokens = session.run(
            ["sentence_embedding", "token_embeddings"], {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        )
        if not (np.isfinite(embedding).all() and np.isfinite(tokens).all()):
            raise ModelRefused(
                f"the prepared model gives numbers that are not finite for {text!r:.60}; keep the source model"
            )
        if embedding.shape != (1, row.size) or tokens.shape[:2] != ids.shape:
            raise ModelRefused(f"the prepared model gives shape {embedding.shape}, expected {(1, row.size)}")
        cosines.append(float(embedding[0] @ row))
    worst = int(np.argmin(cosines))
    if cosines[worst] < LEAST_COSINE:
        raise ModelRefused(
            f"the prepared model is not faithful to its source (got cosine {cosines[worst]:.4f} for "
            f"{texts[worst]!r:.60}, expected at least {LEAST_COSINE}); use another model"
        )
    return cosines[worst]


def _open(folder: Path, max_tokens: int) -> tuple[Any, Any]:
    import onnxruntime  # noqa: PLC0415
    from tokenizers import Tokenizer  # noqa: PLC0415

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.enable_truncation(max_tokens)
    return onnxruntime.InferenceSession(str(folder / MODEL_FILE), providers=["CPUExecutionProvider"]), tokenizer
