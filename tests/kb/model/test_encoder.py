"""The encoder: text to unit vectors, the same every time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from faqkb.kb.errors import ModelDamaged, ModelMissing
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder

TEXTS = [f"第 {number} 条：共享内存 shared memory {'很长 ' * number}" for number in range(24)]


@pytest.fixture(scope="module")
def encoder(model_folder: Path) -> Encoder:
    """Return an encoder that embeds all it is given, again and again: that is what is tested here."""
    return Encoder(model_folder)


def test_a_question_is_nearer_to_its_answer_than_to_another(encoder: Encoder) -> None:
    query = encoder.encode_query("docker 训练时共享内存不够")
    near, far = encoder.encode_passages(["给 /dev/shm 分配更大的空间", "学习率不要太大"], [Kind.ANSWER] * 2).vectors
    assert query.vector @ near > query.vector @ far


def test_every_vector_has_norm_one(encoder: Encoder) -> None:
    vectors = encoder.encode_passages(TEXTS, [Kind.ANSWER] * len(TEXTS)).vectors
    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_passage_has_the_same_vector_alone_and_in_company(encoder: Encoder) -> None:
    alone = encoder.encode_passages(TEXTS[5:6], [Kind.ANSWER])
    for texts in (TEXTS, TEXTS * 10):  # few, and so many that each runs on one core
        together = encoder.encode_passages(texts, [Kind.ANSWER] * len(texts))
        assert np.array_equal(together.vectors[5], alone.vectors[0])
        assert np.array_equal(together.tokens[5], alone.tokens[0])


def test_threads_do_not_change_vectors(encoder: Encoder, model_folder: Path) -> None:
    serial = [encoder.encode_query(text) for text in TEXTS]
    one_core = Encoder(model_folder, threads=1)
    with ThreadPoolExecutor(8) as pool:
        others = [*pool.map(encoder.encode_query, TEXTS), *(one_core.encode_query(text) for text in TEXTS)]
    for one, other in zip([*serial, *serial], others, strict=True):
        assert np.array_equal(one.vector, other.vector)
        assert np.array_equal(one.tokens, other.tokens)


def test_a_text_longer_than_the_encoder_reads_is_reported(encoder: Encoder) -> None:
    encoded = encoder.encode_passages(["短", "长文 " * 2000], [Kind.QUESTION] * 2)
    assert encoded.truncated == (1,)


@pytest.mark.parametrize("text", ["ﷺ" * 1000, "a" * 1_000_000, "", "\x00", "🙂" * 3000, "ا" * 5000])
def test_no_text_breaks_the_encoder(encoder: Encoder, text: str) -> None:
    assert np.isfinite(encoder.encode_query(text).tokens).all()


def test_pieces_hold_the_whole_text_and_no_more_tokens_than_asked(encoder: Encoder) -> None:
    text = "\n".join(f"第{number}步：运行 train.py --batch-size {number}，检查输出。" for number in range(60))
    pieces = encoder.split(text, 50)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert max(map(encoder.count_tokens, pieces)) <= 52  # a piece on its own may tokenise a little longer
    assert all(piece.endswith("。") for piece in pieces)


def test_an_empty_text_has_no_pieces(encoder: Encoder) -> None:
    assert encoder.split("", 50) == ()


def test_a_folder_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="faq model prepare"):
        Encoder(tmp_path)


def test_a_model_file_that_is_no_model_is_named(model_folder: Path, tmp_path: Path) -> None:
    for path in model_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    size = (tmp_path / "model.onnx").stat().st_size
    (tmp_path / "model.onnx").write_bytes(b"x" * size)
    with pytest.raises(ModelDamaged, match=r"model\.onnx: sha256"):
        Encoder(tmp_path)
