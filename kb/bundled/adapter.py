"""A correction to the encoder's linear layers, small enough to ship: low rank, added to the weights once.

LoRA (Hu et al. 2021, arXiv 2106.09685). The one in `kb/bundled/adapter.npz` was trained on questions put in other words
(`tools/train_adapter.py`), and is part of the bundled model; `faq tune` trains another on a maintainer's own queries.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import ModelDamaged

ADAPTER_FILE = "adapter.npz"
Halves = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class LowRank:
    """What is added to one layer's weight: `up @ down`."""

    down: Halves
    """Shape (rank, inputs)."""
    up: Halves
    """Shape (outputs, rank)."""

    def product(self) -> npt.NDArray[np.float32]:
        """Return what is added, shape (outputs, inputs).

        Summed in a fixed order: a product by BLAS differs in the last digit with the number of its threads, and the
        same weights are to give the same file on every machine.
        """
        down, up = self.down.astype(np.float32), self.up.astype(np.float32)
        added = np.zeros((len(up), down.shape[1]), np.float32)
        for rank in range(len(down)):
            added += up[:, rank : rank + 1] * down[rank]
        return added


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
    return files("faqkb.kb.bundled").joinpath(ADAPTER_FILE).read_bytes()
