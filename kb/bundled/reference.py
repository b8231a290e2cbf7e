"""What sentence-transformers makes of the bundled model: embeddings of the verification sample, stored.

`tools/reference_vectors.py` writes them, with torch. A model prepared without it is held against them.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.adapter import bundled_adapter
from faqkb.kb.bundled.weights import WEIGHTS_SHA256
from faqkb.kb.errors import ModelDamaged

REFERENCE_FILE = "reference.npz"

Matrix = NDArray[np.float32]


def reference_key(texts: Sequence[str]) -> str:
    """Return 64 hex digits over what the embeddings follow from: weights, adapter and texts."""
    digest = hashlib.sha256(WEIGHTS_SHA256.encode())
    digest.update(bundled_adapter())
    for text in texts:
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()


def read_reference(texts: Sequence[str]) -> Matrix:
    """Return the stored embeddings, shape (texts, hidden), rows of norm 1.

    Raises ModelDamaged when they are of other texts, weights or another adapter.
    """
    content = files("faqkb.kb.bundled").joinpath(REFERENCE_FILE).read_bytes()
    try:
        with np.load(io.BytesIO(content)) as arrays:
            key, rows = str(arrays["key"]), arrays["rows"].astype(np.float32)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelDamaged(f"{REFERENCE_FILE}: not reference vectors ({error}); install faqkb again") from error
    if key != reference_key(texts):
        raise ModelDamaged(f"{REFERENCE_FILE}: made of other weights or texts; run `python tools/reference_vectors.py`")
    norms: Matrix = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = rows / norms
    return unit


def write_reference(texts: Sequence[str], rows: Matrix, path: Path) -> None:
    """Write embeddings of the texts; halves are enough for cosines to six digits."""
    with path.open("wb") as file:
        np.savez(file, key=np.array(reference_key(texts)), rows=rows.astype(np.float16))
