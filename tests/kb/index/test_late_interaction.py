"""Late interaction: scores by hand, codes, and what a snapshot keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.index.late_interaction import TokenIndex, dequantise, quantise
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder


def unit(*rows: tuple[float, ...]) -> np.ndarray:
    matrix = np.array(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_each_query_token_takes_its_best_match_in_each_text(tmp_path: Path) -> None:
    tokens = unit((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
    (tmp_path / "t.i8").write_bytes(quantise(tokens).tobytes())
    index = TokenIndex.open(tmp_path / "t.i8", 4)
    query = unit((1, 0, 0, 0), (0, 0, 1, 0))
    scores = index.scores(query, [range(2), range(2, 3), range(3)])
    assert scores == pytest.approx([0.5, 0.5, 1.0], abs=0.02)
    assert index.scores(query, []).shape == (0,)


@pytest.mark.parametrize("rows", [511, 512, 513, 2_000])
def test_texts_of_any_length_are_scored_as_the_formula_says(rows: int) -> None:
    random = np.random.default_rng(rows)
    codes = random.integers(-127, 128, (rows + 300, 8), dtype=np.int8)
    query = unit(*random.normal(size=(3, 8)))
    spans = [range(rows), range(rows, rows + 1), range(7, rows + 300)]
    expected = [(dequantise(codes[span.start : span.stop]) @ query.T).max(axis=0).mean() for span in spans]
    assert TokenIndex(codes).scores(query, spans) == pytest.approx(expected, rel=1e-5)


def test_a_snapshot_without_passages_has_an_index_without_rows(tmp_path: Path) -> None:
    (tmp_path / "t.i8").touch()
    assert TokenIndex.open(tmp_path / "t.i8", 4).rows == 0


@given(seed=st.integers(0, 2**32 - 1))
def test_codes_keep_a_cosine(seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(8, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert np.abs(dequantise(quantise(vectors)) @ vectors.T - vectors @ vectors.T).max() < 0.01


def test_tokens_are_those_of_the_text_without_prompt_and_special_ones(encoder: Encoder) -> None:
    text = "给 /dev/shm 分配 8g"
    (codes,) = encoder.encode_passages([text], [Kind.ANSWER]).tokens
    spans = encoder.token_spans(text, Kind.ANSWER)
    assert len(spans) == len(codes)
    covered = {at for span in spans for at in span}
    assert {at for at, char in enumerate(text) if char != " "} <= covered <= set(range(len(text)))


def test_a_text_longer_than_the_encoder_reads_has_the_tokens_that_were_read(encoder: Encoder) -> None:
    text = "长文 " * 2000
    (codes,) = encoder.encode_passages([text], [Kind.ANSWER]).tokens
    assert len(encoder.token_spans(text, Kind.ANSWER)) == len(codes) < encoder.manifest.max_tokens


def test_a_text_without_tokens_is_its_own_one_token(encoder: Encoder) -> None:
    embedding = encoder.encode_query("")
    assert np.array_equal(embedding.tokens, embedding.vector[None, :])
    assert len(encoder.token_spans("", Kind.QUESTION)) == 1
