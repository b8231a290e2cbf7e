"""Late interaction: scores by hand, codes, and what a snapshot keeps."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.late_interaction import TokenIndex, dequantise, quantise
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder


def unit(*rows: tuple[float, ...]) -> np.ndarray:
    matrix = np.array(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def stored(folder: Path, codes: np.ndarray) -> TokenIndex:
    (folder / "t.i8").write_bytes(codes.tobytes())
    return TokenIndex([folder / "t.i8"], codes.shape[1])


def test_each_query_token_takes_its_best_match_in_each_text(tmp_path: Path) -> None:
    tokens = unit((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
    index = stored(tmp_path, quantise(tokens))
    query = unit((1, 0, 0, 0), (0, 0, 1, 0))
    scores = index.scores(query, [range(2), range(2, 3), range(3)])
    assert scores == pytest.approx([0.5, 0.5, 1.0], abs=0.02)
    assert index.scores(query, []).shape == (0,)
    index.close()


@pytest.mark.parametrize("rows", [511, 512, 513, 2_000])
def test_texts_of_any_length_are_scored_as_the_formula_says(tmp_path: Path, rows: int) -> None:
    random = np.random.default_rng(rows)
    codes = random.integers(-127, 128, (rows + 300, 8), dtype=np.int8)
    query = unit(*random.normal(size=(3, 8)))
    spans = [range(rows), range(rows, rows + 1), range(7, rows + 300)]
    expected = [(dequantise(codes[span.start : span.stop]) @ query.T).max(axis=0).mean() for span in spans]
    index = stored(tmp_path, codes)
    assert index.scores(query, spans) == pytest.approx(expected, rel=1e-5)
    index.close()


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.i8").write_bytes(bytes(4 * 3 + 1))
    with pytest.raises(SnapshotDamaged, match="13 bytes are no vectors of 4"):
        TokenIndex([tmp_path / "t.i8"], 4)


def test_rows_are_counted_through_all_files_and_none_reaches_over_two(tmp_path: Path) -> None:
    tokens = unit((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
    (tmp_path / "a").write_bytes(quantise(tokens[:1]).tobytes())
    (tmp_path / "b").write_bytes(quantise(tokens[1:]).tobytes())
    index = TokenIndex([tmp_path / "a", tmp_path / "b"], 4)
    assert index.scores(unit((0, 0, 1, 0)), [range(1), range(1, 3), range(2, 3)]) == pytest.approx([0, 1, 1], abs=0.02)
    with pytest.raises(SnapshotDamaged, match="are of two files"):
        index.codes(range(2))
    index.close()


def test_rows_that_the_file_lacks_are_told(tmp_path: Path) -> None:
    index = stored(tmp_path, quantise(unit((1, 0, 0, 0), (0, 1, 0, 0))))
    with pytest.raises(SnapshotDamaged, match="no token vectors 1 to 3 among 2"):
        index.scores(unit((1, 0, 0, 0)), [range(1, 3)])
    os.truncate(tmp_path / "t.i8", 4)
    with pytest.raises(SnapshotDamaged, match="cut short"):
        index.codes(range(2))
    index.close()


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
