"""Looking up the pieces of one text gives the tokens that the whole tokenizer gives."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from kb.errors import ModelDamaged
from kb.model_files import TOKENIZER_FILE, VOCABULARY_FILE
from kb.vocabulary import tokenize_text

SAMPLE = resources.files("kb").joinpath("model_sample.txt").read_text(encoding="utf-8").splitlines()
AWKWARD = [
    "",
    " ",
    "ﷺ" * 100,
    "<mask>\u0338 </s>x",
    "a\0b\ufeff",
    "Привет мир, 日本語かな",
    "👍🏽👩‍👩‍👧",
    "▁▁ ▁a",
    "e\u0301" * 40,
]


@pytest.fixture(scope="module")
def whole(model_folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(model_folder / TOKENIZER_FILE))
    tokenizer.no_truncation()
    return tokenizer


@pytest.mark.parametrize("text", [*SAMPLE, *AWKWARD])
def test_the_tokens_are_those_of_the_whole_tokenizer(model_folder: Path, whole: Tokenizer, text: str) -> None:
    assert tokenize_text(model_folder / VOCABULARY_FILE, text) == whole.encode(text).ids


@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_any_text_gives_the_tokens_of_the_whole_tokenizer(model_folder: Path, whole: Tokenizer, text: str) -> None:
    assert tokenize_text(model_folder / VOCABULARY_FILE, text) == whole.encode(text).ids


@given(text=st.text("的 a显b存c1.ﬀ①<s>/μ̈", max_size=40))
def test_mixed_chinese_and_english_gives_the_tokens_of_the_whole_tokenizer(
    model_folder: Path, whole: Tokenizer, text: str
) -> None:
    assert tokenize_text(model_folder / VOCABULARY_FILE, text) == whole.encode(text).ids


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be taken for one" * 20])
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / VOCABULARY_FILE
    path.write_bytes(content)
    with pytest.raises(ModelDamaged, match="not a vocabulary"):
        tokenize_text(path, "text")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match="faq model prepare"):
        tokenize_text(tmp_path / VOCABULARY_FILE, "text")
