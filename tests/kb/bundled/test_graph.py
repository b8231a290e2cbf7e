"""The bundled model written without torch is the one that sentence-transformers loads."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx
import onnxruntime
import pytest
from tokenizers import Tokenizer

from faqkb.kb.bundled.adapter import LowRank
from faqkb.kb.bundled.reference import read_reference
from faqkb.kb.bundled.tensors import BertTensors
from faqkb.kb.bundled.tokenizer import build_tokenizer
from faqkb.kb.bundled.weights import checked_weights
from faqkb.kb.errors import ModelDamaged
from faqkb.kb.model.bundled import BundledModel
from faqkb.kb.model.loaded import LoadedModel, load_source, quiet_libraries
from faqkb.kb.model.source import find_source
from faqkb.kb.model.verify import sample_texts

MODEL = BundledModel()
TEXTS = sample_texts(MODEL.prefixes)
CLOSE = 0.9999


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    """Return what sentence-transformers makes of the same weights and adapter."""
    pytest.importorskip("sentence_transformers", reason="pip install 'faqkb[model]'")
    with quiet_libraries():
        return LoadedModel(load_source(find_source(None)), "e5")


@pytest.fixture(scope="module")
def expected(loaded: LoadedModel) -> np.ndarray:
    return loaded.embed(TEXTS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> onnxruntime.InferenceSession:
    """Return the graph in full precision, with every row of the table."""
    path = tmp_path_factory.mktemp("graph") / "whole.onnx"
    MODEL.write_onnx(path, range(checked_weights().config.vocabulary))
    onnx.checker.check_model(str(path))
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@cache
def tokenizer(*, padding: bool = False) -> Tokenizer:
    made: Tokenizer = build_tokenizer(checked_weights())
    if padding:
        made.enable_padding(pad_id=1, pad_token="<pad>")
    return made


def run(session: onnxruntime.InferenceSession, texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embed a padded batch; return pooled rows, token rows, and which tokens are there."""
    batch = tokenizer(padding=True).encode_batch(texts)
    ids, mask = (np.array([getattr(text, part) for text in batch], np.int64) for part in ("ids", "attention_mask"))
    pooled, tokens = session.run(None, {"input_ids": ids, "attention_mask": mask})
    return pooled, tokens, mask.astype(bool)


def test_the_written_graph_gives_the_embeddings_of_sentence_transformers(
    expected: np.ndarray, written: onnxruntime.InferenceSession
) -> None:
    cosines = [float(run(written, [text])[0][0] @ row) for text, row in zip(TEXTS, expected, strict=True)]
    assert min(cosines) >= CLOSE


def test_the_vectors_of_tokens_are_those_of_sentence_transformers(
    loaded: LoadedModel, written: onnxruntime.InferenceSession
) -> None:
    text = "query: Docker 里共享内存不足 (shm)"
    theirs = loaded._model.encode(text, prompt="", output_value="token_embeddings").cpu().numpy()
    own = run(written, [text])[1][0]
    cosines = (own * theirs).sum(axis=1) / np.linalg.norm(own, axis=1) / np.linalg.norm(theirs, axis=1)
    assert own.shape == theirs.shape
    assert cosines.min() >= CLOSE


def test_padding_changes_no_embedding(written: onnxruntime.InferenceSession) -> None:
    texts = ["query: 显存不足", "query: " + "how do I reduce the size of the last fully connected layer " * 4]
    together, _, mask = run(written, texts)
    alone = np.concatenate([run(written, [text])[0] for text in texts])
    assert not mask.all()
    assert (together * alone).sum(axis=1).min() >= CLOSE


def test_the_stored_references_are_of_the_weights_and_adapter_shipped(expected: np.ndarray) -> None:
    assert (read_reference(TEXTS) * expected).sum(axis=1).min() >= CLOSE


def test_references_of_other_texts_are_refused() -> None:
    with pytest.raises(ModelDamaged, match="reference_vectors"):
        read_reference([*TEXTS, "one more"])


def test_the_two_tokenizers_cut_alike(loaded: LoadedModel) -> None:
    theirs = Tokenizer.from_str(loaded.tokenizer())
    for text in [*TEXTS, "a <mask> and </s> in text", "ﷺ" * 5, "\u200bzero\u200bwidth", " "]:
        assert tokenizer().encode(text).ids == theirs.encode(text).ids


def test_an_adapter_of_another_architecture_is_refused() -> None:
    other = {"decoder.layer.0": LowRank(np.zeros((1, 4), np.float16), np.zeros((4, 1), np.float16))}
    with pytest.raises(ModelDamaged, match=r"no layer decoder\.layer\.0"):
        BertTensors(checked_weights(), other, [0])
