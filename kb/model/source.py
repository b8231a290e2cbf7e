"""Where a model comes from: the bundled weights, a local sentence-transformers folder, or a hub name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.adapter import ADAPTER_FILE, bundled_adapter
from faqkb.kb.bundled.weights import WEIGHTS_FILE, WEIGHTS_SHA256
from faqkb.kb.checksums import file_sha256
from faqkb.kb.foreign.paths import expanded
from faqkb.kb.model.files import BUNDLED_NAME


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model to prepare, named but not yet loaded."""

    name: str
    """Short name for folders and ids, e.g. `multilingual-e5-small`."""
    origin: str
    """What the manifest remembers; equal origins are the same model."""
    location: str | None
    """Folder or hub name; None is the bundled weights."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What the model wants in front of each text."""

    query: str
    passage: str


class FullPrecision(Protocol):
    """A model as published, from which the small one is made and to which it has to stay faithful."""

    @property
    def prefixes(self) -> Prefixes:
        """What it wants in front of each text."""

    @property
    def max_tokens(self) -> int:
        """Its longest input in tokens, special tokens included."""

    def tokenizer(self) -> str:
        """Return the text of its tokenizer.json."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of norm 1 for each text as it is, no further prompt."""

    def write_onnx(self, path: Path, kept: Sequence[int]) -> None:
        """Write its graph with the embedding rows of the kept token ids."""


def find_source(source: str | None) -> ModelSource:
    """Name a source: None is the bundled weights with our adapter, a folder is itself, anything else a hub name.

    A folder's origin holds a hash over its files, so that a retrained model in the same place is a new one.
    """
    if source is None:
        adapter = hashlib.sha256(bundled_adapter()).hexdigest()
        origin = f"bundled:{WEIGHTS_FILE}@{WEIGHTS_SHA256[:12]}+{ADAPTER_FILE}@{adapter[:12]}"
        return ModelSource(BUNDLED_NAME, origin, None)
    folder = expanded(source)
    if folder.is_dir():
        name = _short_name(folder.resolve().name)
        return ModelSource(name, f"folder:{name}@{_folder_sha256(folder)[:12]}", str(folder))
    return ModelSource(_short_name(source.rsplit("/", 1)[-1]), f"hub:{source}", source)


def _folder_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}:{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def _short_name(name: str) -> str:
    kept = "".join(character if character.isalnum() or character in "-_." else "-" for character in name)
    return kept.strip("-.")[:60] or "model"
