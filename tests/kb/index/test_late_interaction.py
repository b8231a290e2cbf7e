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
from faqkb.kb.vectors import Packing


def unit(*rows: tuple[float, ...]) -> np.ndarray:
    matrix = np.array(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def stored(folder: Path, codes: np.ndarray, packing: Packing | None = None) -> TokenIndex:
    packing = packing or Packing.of(codes)
    (folder / "t.i4").write_bytes(packing.pack(codes).tobytes())
    return TokenIndex([folder / "t.i4"], packing)


def test_each_query_token_takes_its_best_match_in_each_text(tmp_path: Path) -> None:
    tokens = unit((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
    index = stored(tmp_path, quantise(tokens))
    query = unit((1, 0, 0, 0), (0, 0, 1, 0))
    scores = index.scores(query, [range(2), range(2, 3), range(3)])
    assert scores == pytest.approx([0.5, 0.5, 1.0], abs=0.1)
    assert index.scores(query, []).shape == (0,)
    index.close()


@pytest.mark.parametrize("rows", [511, 512, 513, 2_000])
def test_texts_of_any_length_are_scored_as_the_formula_says(tmp_path: Path, rows: int) -> None:
    random = np.random.default_rng(rows)
    codes = random.integers(-127, 128, (rows + 300, 8), dtype=np.int8)
    packing = Packing.of(codes)
    codes = packing.rounded(codes)
    query = unit(*random.normal(size=(3, 8)))
    spans = [range(rows), range(rows, rows + 1), range(7, rows + 300)]
    expected = [(dequantise(codes[span.start : span.stop]) @ query.T).max(axis=0).mean() for span in spans]
    index = stored(tmp_path, codes, packing)
    assert index.scores(query, spans) == pytest.approx(expected, rel=1e-5)
    index.close()


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.i4").write_bytes(bytes(2 * 3 + 1))
    with pytest.raises(SnapshotDamaged, match="7 bytes are no vectors of 4"):
        TokenIndex([tmp_path / "t.i4"], Packing.of(quantise(unit((1, 0, 0, 0)))))


def test_rows_are_counted_through_all_files_and_none_reaches_over_two(tmp_path: Path) -> None:
    tokens = unit((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
    packing = Packing.of(quantise(tokens))
    (tmp_path / "a").write_bytes(packing.pack(quantise(tokens[:1])).tobytes())
    (tmp_path / "b").write_bytes(packing.pack(quantise(tokens[1:])).tobytes())
    index = TokenIndex([tmp_path / "a", tmp_path / "b"], packing)
    assert index.scores(unit((0, 0, 1, 0)), [range(1), range(1, 3), range(2, 3)]) == pytest.approx([0, 1, 1], abs=0.1)
    with pytest.raises(SnapshotDamaged, match="are of two files"):
        index.codes(range(2))
    index.close()


def test_rows_that_the_file_lacks_are_told(tmp_path: Path) -> None:
    index = stored(tmp_path, quantise(unit((1, 0, 0, 0), (0, 1, 0, 0))))
    with pytest.raises(SnapshotDamaged, match="no token vectors 1 to 3 among 2"):
        index.scores(unit((1, 0, 0, 0)), [range(1, 3)])
    os.truncate(tmp_path / "t.i4", 2)
    with pytest.raises(SnapshotDamaged, match="cut short"):
        index.codes(range(2))
    index.close()


@given(seed=st.integers(0, 2**32 - 1))
def test_codes_keep_a_cosine(seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(8, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert np.abs(dequantise(quantise(vectors)) @ vectors.T - vectors @ vectors.T).max() < 0.01


@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0, 60), lean=st.floats(-90, 90))
def test_what_is_packed_comes_back_near_and_packed_again_the_same(seed: int, spread: float, lean: float) -> None:
    chance = np.random.default_rng(seed)
    codes = np.clip(np.rint(chance.normal(lean, spread, (50, 6))), -127, 127).astype(np.int8)
    packing = Packing.of(codes)
    packed = packing.pack(codes)
    assert packed.shape == (50, 3)
    kept = packing.unpack(packed)
    assert np.array_equal(packing.pack(kept), packed)
    stored_again = Packing.from_bytes(packing.to_bytes(), 6)
    assert np.array_equal(stored_again.unpack(packed), kept)
    inside = (codes >= packing.base) & (codes <= packing.base + 15 * packing.step)
    off = np.abs(kept.astype(int) - codes)
    assert np.all(off[inside] <= np.broadcast_to(packing.step / 2, off.shape)[inside])


@pytest.mark.parametrize("content", [b"", bytes(8), b"\x70\x70\x70\x70\x02\x02\x02\x02", bytes(4) + b"\xff" * 4])
def test_a_packing_that_was_never_stored_is_refused(content: bytes) -> None:
    with pytest.raises(SnapshotDamaged):
        Packing.from_bytes(content, 4)


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
