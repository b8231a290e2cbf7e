"""A model loaded by sentence-transformers, in full precision on the CPU.

All of torch, transformers and sentence-transformers that preparing a model touches is here, in `assemble` and in
`export`, imported inside their functions: serving must never load them.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from faqkb.kb import limits
from faqkb.kb.bundled.adapter import ADAPTER_FILE, bundled_adapter, read_adapter
from faqkb.kb.bundled.weights import E5_PREFIXES, checked_weights
from faqkb.kb.errors import KbError, ModelMissing, ModelRefused
from faqkb.kb.model.assemble import apply_adapter, assemble_e5
from faqkb.kb.model.export import export_onnx, keep_embedding_rows
from faqkb.kb.model.source import ModelSource, Prefixes

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class LoadedModel:
    """A SentenceTransformer, as `FullPrecision` wants a model."""

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        self._model = model
        self.prefixes = model_prefixes(model, name)

    @property
    def max_tokens(self) -> int:
        """Its longest input in tokens, special tokens included."""
        return min(int(self._model.max_seq_length or limits.INPUT_TOKENS), limits.INPUT_TOKENS)

    def tokenizer(self) -> str:
        """Return the text of its tokenizer.json."""
        text: str = self._model.tokenizer.backend_tokenizer.to_str()
        return text

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of norm 1 for each text as it is, no further prompt."""
        rows = self._model.encode(
            list(texts), prompt="", batch_size=8, show_progress_bar=False, normalize_embeddings=True
        )
        return np.asarray(rows, dtype=np.float32)

    def write_onnx(self, path: Path, kept: Sequence[int]) -> None:
        """Write its graph with the embedding rows of the kept token ids; the model keeps no others."""
        keep_embedding_rows(self._model, kept)
        export_onnx(self._model, path)


def load_source(source: ModelSource) -> SentenceTransformer:
    """Load the model in full precision on the CPU, ready to encode.

    Raises KbError without the libraries, ModelMissing when the folder or hub has no such model.
    """
    try:
        import sentence_transformers  # noqa: PLC0415
    except ImportError as error:
        raise KbError(
            f"another model than the bundled one needs sentence-transformers ({error}); pip install 'faqkb[model]'"
        ) from error
    if source.location is None:
        assembled = assemble_e5(checked_weights())
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


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence the progress bars, advice and warnings of the libraries: the progress lines are ours."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with without_advice():
        _hide_progress_bars()
        yield


@contextmanager
def without_advice() -> Iterator[None]:
    """Silence advice and warnings alone; transformers, which takes seconds to import, is left alone."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
