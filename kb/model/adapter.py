"""A correction to the encoder's linear layers, small enough to ship: low rank, added to the weights once.

LoRA (Hu et al. 2021, arXiv 2106.09685). The one in `kb/model/adapter.npz` was trained on questions put in other words
(`tools/train_adapter.py`), and is part of the bundled model; `faq tune` trains another on a maintainer's own queries.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import ModelDamaged

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ADAPTER_FILE = "adapter.npz"
Halves = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class LowRank:
    """What is added to one layer's weight: `up @ down`."""

    down: Halves
    """Shape (rank, inputs)."""
    up: Halves
    """Shape (outputs, rank)."""


Adapter = Mapping[str, LowRank]
"""By the layer's name inside the transformer, e.g. `encoder.layer.0.attention.self.query`."""


def write_adapter(adapter: Adapter, path: Path) -> None:
    """Write an adapter; the same one gives the same bytes."""
    arrays = {f"{name}.{part}": getattr(layer, part) for name, layer in sorted(adapter.items()) for part in _PARTS}
    with path.open("wb") as file:
        np.savez(file, **arrays)


_PARTS = ("down", "up")


def read_adapter(content: bytes, place: str) -> Adapter:
    """Return the adapter of a file's content; `place` names it in errors. Raises ModelDamaged."""
    try:
        with np.load(io.BytesIO(content)) as arrays:
            names = sorted({name.rpartition(".")[0] for name in arrays.files})
            return {name: LowRank(*(arrays[f"{name}.{part}"] for part in _PARTS)) for name in names}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelDamaged(f"{place}: not an adapter ({error}); install faqkb again") from error


def bundled_adapter() -> bytes:
    """Return the content of the adapter that belongs to the bundled weights."""
    return files("faqkb.kb.model").joinpath(ADAPTER_FILE).read_bytes()


def apply_adapter(model: SentenceTransformer, adapter: Adapter) -> None:
    """Add an adapter to a model's weights, in place. Raises ModelDamaged when it is of another architecture."""
    import torch  # noqa: PLC0415

    encoder = model[0].auto_model
    for name, layer in adapter.items():
        try:
            weight = encoder.get_submodule(name).weight
            with torch.no_grad():
                weight += torch.from_numpy(layer.up.astype(np.float32) @ layer.down.astype(np.float32))
        except (AttributeError, RuntimeError) as error:
            raise ModelDamaged(f"adapter: the model has no fitting layer {name} ({error})") from error
