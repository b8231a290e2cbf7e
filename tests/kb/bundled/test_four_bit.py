"""The encoder for browsers: faithful to what sentence-transformers makes of the weights; the same bytes each time."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from faqkb.kb.bundled.adapter import ADAPTER_FILE, bundled_adapter, read_adapter
from faqkb.kb.bundled.browser import BrowserEncoder
from faqkb.kb.bundled.four_bit import INPUT, four_bit_model
from faqkb.kb.bundled.reference import read_reference
from faqkb.kb.bundled.tokenizer import build_tokenizer
from faqkb.kb.bundled.weights import BundledWeights, checked_weights
from faqkb.kb.model.bundled import BundledModel
from faqkb.kb.model.languages import piece_speaker
from faqkb.kb.model.verify import sample_texts
from faqkb.kb.retrieval.spelling import english_words

LONGEST = 256


@pytest.fixture(scope="module")
def weights() -> BundledWeights:
    return checked_weights()


def model(weights: BundledWeights) -> bytes:
    return four_bit_model(weights, read_adapter(bundled_adapter(), ADAPTER_FILE), LONGEST)


def test_it_gives_what_sentence_transformers_gives(weights):
    session = onnxruntime.InferenceSession(model(weights))
    tokenizer = build_tokenizer(weights)
    table = weights.tensors["emb.word"]
    texts = sample_texts(BundledModel.prefixes)
    for text, wanted in zip(texts, read_reference(texts), strict=True):
        ids = tokenizer.encode(text).ids
        if len(ids) <= LONGEST:
            found = session.run(["sentence_embedding"], {INPUT: table.rows(384, ids)[None]})[0][0]
            assert float(found @ wanted) > 0.998, text[:80]  # here activations are rounded to bytes, in browsers not


def test_the_same_weights_give_the_same_bytes(weights):
    assert model(weights) == model(weights)


def test_chinese_and_english_take_the_pieces_of_both():
    both, english = (
        BrowserEncoder({each: piece_speaker((each,)) for each in languages}, english_words())
        for languages in (("en", "zh"), ("en",))
    )
    assert set(english.pieces) < set(both.pieces)
    assert len(english.table()) < len(both.table())
    texts = both.texts(both.pieces)
    assert {"▁memory", "▁GPU", "训练", "<mask>", "▁", "8"} <= set(texts)
    assert not any("訓" in text for text in texts)  # questions are simplified first
    assert english.beside(["训练"])
    assert both.beside(["训练"]) == ()
    assert np.isfinite(both.rows(both.pieces)["scores"]).all()
