"""Pruning a vocabulary: what is kept reads as before, what is dropped is gone."""

from __future__ import annotations

import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from faqkb.kb.bundled.tokenizer import build_tokenizer
from faqkb.kb.bundled.weights import find_bundled_weights, read_bundled_weights
from faqkb.kb.errors import ConfigError, ModelMissing
from faqkb.kb.model.languages import parse_languages
from faqkb.kb.model.vocabulary import prune_vocabulary

SAMPLE = resources.files("faqkb.kb.model").joinpath("sample.txt").read_text(encoding="utf-8")
BYTE_PAIRS = {"type": "BPE", "vocab": {"a": 0, "ф": 1, "aф": 2}, "merges": [["a", "ф"]]}


@pytest.fixture(scope="module")
def whole() -> Tokenizer:
    """Return the tokenizer of the bundled weights with all of its pieces."""
    try:
        return build_tokenizer(read_bundled_weights(find_bundled_weights()))
    except ModelMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def pruned(whole: Tokenizer) -> Tokenizer:
    return Tokenizer.from_str(prune_vocabulary(whole.to_str(), ("en", "zh")).tokenizer)


@pytest.fixture(scope="module")
def word_pieces() -> str:
    vocab = {piece: number for number, piece in enumerate(["[PAD]", "[UNK]", "при", "##вет", "loss", "显", "##存"])}
    tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0", "model": _word_piece(vocab), "added_tokens": []}))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(8)
    return tokenizer.to_str()


def _word_piece(vocab: dict[str, int]) -> dict[str, object]:
    return {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": vocab,
    }


def test_kept_languages_read_exactly_as_before(whole: Tokenizer, pruned: Tokenizer) -> None:
    for text in [SAMPLE, *SAMPLE.splitlines()]:
        assert pruned.encode(text).tokens == whole.encode(text).tokens


@given(text=st.text(st.characters(max_codepoint=0x24F) | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)))
def test_any_latin_and_chinese_text_reads_as_before(whole: Tokenizer, pruned: Tokenizer, text: str) -> None:
    assert pruned.encode(text).tokens == whole.encode(text).tokens


@pytest.mark.parametrize("text", ["привет", "안녕하세요", "नमस्ते", "สวัสดี", "שלום", "مرحبا", "こんにちは"])
def test_other_scripts_become_unknown(pruned: Tokenizer, text: str) -> None:
    unknown = pruned.token_to_id("<unk>")
    assert set(pruned.encode(text, add_special_tokens=False).ids) <= {pruned.token_to_id("▁"), unknown}
    assert unknown in pruned.encode(text).ids


def test_the_serialised_tokenizer_neither_pads_nor_cuts(word_pieces: str) -> None:
    document = json.loads(prune_vocabulary(word_pieces, ("en", "zh")).tokenizer)
    assert document["padding"] is None
    assert document["truncation"] is None


def test_word_pieces_are_pruned_and_renumbered(word_pieces: str) -> None:
    vocabulary = prune_vocabulary(word_pieces, ("en", "zh"))
    assert vocabulary.pruned
    assert vocabulary.kept == (0, 1, 4, 5, 6)
    assert json.loads(vocabulary.tokenizer)["model"]["vocab"] == {
        "[PAD]": 0,
        "[UNK]": 1,
        "loss": 2,
        "显": 3,
        "##存": 4,
    }


def test_a_language_more_keeps_its_pieces(word_pieces: str) -> None:
    assert prune_vocabulary(word_pieces, ("en", "ru", "zh")).kept == tuple(range(7))


def test_all_keeps_everything(word_pieces: str) -> None:
    vocabulary = prune_vocabulary(word_pieces, ("all",))
    assert not vocabulary.pruned
    assert vocabulary.kept == tuple(range(7))


def test_a_tokenizer_of_another_kind_keeps_everything() -> None:
    vocabulary = prune_vocabulary(json.dumps({"model": BYTE_PAIRS, "added_tokens": []}), ("en",))
    assert not vocabulary.pruned
    assert vocabulary.kept == (0, 1, 2)


@pytest.mark.parametrize(
    ("given_languages", "expected"),
    [(["zh", "en"], ("en", "zh")), ([" EN ", "en"], ("en",)), (["zh", "all"], ("all",))],
)
def test_languages_are_sorted_and_unique(given_languages: list[str], expected: tuple[str, ...]) -> None:
    assert parse_languages(given_languages) == expected


@pytest.mark.parametrize("given_languages", [["zh", "klingon"], [], [""]])
def test_an_unknown_language_is_named_with_the_known_ones(given_languages: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"languages: got (klingon|none), expected some of am, ar"):
        parse_languages(given_languages)
