"""The tokens of a text, from the pieces that occur in it, are those that all pieces give."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from faqkb.kb.bundled.tokenizer import build_tokenizer
from faqkb.kb.bundled.weights import find_bundled_weights, read_bundled_weights
from faqkb.kb.errors import ModelDamaged, ModelMissing
from faqkb.kb.model.files import read_manifest
from faqkb.kb.model.vocabulary import prune_vocabulary, write_tokenizer
from faqkb.kb.prepared.names import PIECES_FILE, SCORES_FILE, TOKENIZER_FILE
from faqkb.kb.prepared.tokenizer import MUCH, PreparedTokenizer, Tokens

ROOT = Path(__file__).resolve().parents[3]
ODD = [
    "",
    " ",
    "\n\t ",
    "a",
    "▁",
    "▁▁a ▁b",
    "<s>",
    "x<s>y</s><pad>z <mask>",
    "<unk> <unk>a<unk>",
    "<mas",
    "ﷺﷺ ﬁne ｆｕｌｌ ①②",
    "e\u0301 \u0301a 각 \u200b\u200d \ufeffx\u00ad",
    "\x00\x01\x1f\x7f a\x85b\u2028c",
    "🙂🙂‍🙂 𠀀𠀁",
    "привет שלום こんにちは",
    "a" * 3_000,
    "显存" * 3_000,
    "query: " * 300 + "<s>",
]


@pytest.fixture(scope="module")
def whole() -> Tokenizer:
    """Return one with all pieces that the prepared model keeps."""
    try:
        every = build_tokenizer(read_bundled_weights(find_bundled_weights()))
    except ModelMissing as error:
        pytest.skip(str(error))
    return Tokenizer.from_str(prune_vocabulary(every.to_str(), ("en", "zh")).tokenizer)


@pytest.fixture(scope="module")
def prepared(model_folder: Path) -> PreparedTokenizer:
    return PreparedTokenizer(model_folder, read_manifest(model_folder).vocabulary)


def of(tokenizer: Tokenizer, text: str, *, special: bool = True) -> Tokens:
    found = tokenizer.encode(text, add_special_tokens=special)
    return Tokens(found.ids, found.offsets)


@pytest.mark.parametrize("text", ODD, ids=[f"{at}" for at in range(len(ODD))])
def test_odd_texts_have_the_same_tokens_as_with_all_pieces(
    whole: Tokenizer, prepared: PreparedTokenizer, text: str
) -> None:
    assert prepared.encode(text) == of(whole, text)
    assert prepared.encode(text, special=False) == of(whole, text, special=False)


def test_every_line_of_the_content_has_the_same_tokens_as_with_all_pieces(
    whole: Tokenizer, prepared: PreparedTokenizer
) -> None:
    files = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "content").rglob("*.md"))]
    for text in [*files, *(line for file in files for line in file.splitlines())]:
        assert prepared.encode(text) == of(whole, text)


@settings(deadline=None)
@given(text=st.text(max_size=60), times=st.sampled_from([1, 30]))
def test_any_text_has_the_same_tokens_as_with_all_pieces(
    whole: Tokenizer, prepared: PreparedTokenizer, text: str, times: int
) -> None:
    assert prepared.encode(text * times) == of(whole, text * times)


def test_who_reads_much_gets_the_same_tokens_before_and_after_it_is_much(
    whole: Tokenizer, prepared: PreparedTokenizer
) -> None:
    text = "共享内存 shared memory <s> of a container " * 100
    with prepared.much():
        for _ in range(2 * MUCH // len(text)):
            assert prepared.encode(text) == of(whole, text)
    assert prepared.encode(text) == of(whole, text)


def test_a_unigram_of_another_kind_has_the_same_tokens_too(tmp_path: Path) -> None:
    pieces = [("<pad>", 0.0), ("<unk>", 0.0), ("▁a", -1.5), ("b", -2.0), ("ab", -2.5), ("▁", -3.0), ("a", -3.5)]
    made = Tokenizer(models.Unigram(pieces, unk_id=1))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    made.post_processor = processors.TemplateProcessing(single="$A <end>", special_tokens=[("<end>", 9)])
    made.add_special_tokens(["<pad>", "<unk>", "<x>", "<y>", "<end>"])
    write_tokenizer(tmp_path, made.to_str())
    own = PreparedTokenizer(tmp_path, len(pieces))
    for text in ["AB ab", "", "a<x>b a", "zz a<end>b", "<y><x>", "ba▁ab"]:
        assert own.encode(text) == of(made, text), text


def test_a_tokenizer_of_another_kind_stays_one_file(tmp_path: Path) -> None:
    made = Tokenizer(models.WordPiece({"[UNK]": 0, "loss": 1, "nan": 2}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    write_tokenizer(tmp_path, made.to_str())
    assert [path.name for path in tmp_path.iterdir()] == [TOKENIZER_FILE]
    assert PreparedTokenizer(tmp_path, 3).encode("loss is nan") == Tokens([1, 0, 2], [(0, 4), (5, 7), (8, 11)])


def _scores(folder: Path, change: object) -> None:
    scores = np.fromfile(folder / SCORES_FILE)
    scores[7] = change
    scores.tofile(folder / SCORES_FILE)


def _pieces(folder: Path, change: str) -> None:
    pieces = (folder / PIECES_FILE).read_text(encoding="utf-8").split("\n")
    pieces[7] = change
    (folder / PIECES_FILE).write_text("\n".join(pieces), encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: _scores(folder, np.nan),
        lambda folder: _scores(folder, -np.inf),
        lambda folder: _pieces(folder, ""),
        lambda folder: _pieces(folder, "<unk>"),
        lambda folder: _pieces(folder, "one\nmore"),
        lambda folder: (folder / PIECES_FILE).write_bytes(b"\xff\n" * 10),
        lambda folder: (folder / SCORES_FILE).unlink(),
        lambda folder: (folder / SCORES_FILE).write_bytes(b"seven b"),
    ],
    ids=["nan", "infinite", "empty", "twice", "more", "no text", "no scores", "half a number"],
)
def test_pieces_that_are_none_are_refused(model_folder: Path, tmp_path: Path, damage) -> None:
    for name in (TOKENIZER_FILE, PIECES_FILE, SCORES_FILE):
        shutil.copyfile(model_folder / name, tmp_path / name)
    damage(tmp_path)
    with pytest.raises(ModelDamaged, match=r"pieces\.txt: .*; run `faq model prepare` again"):
        PreparedTokenizer(tmp_path, read_manifest(model_folder).vocabulary)


def test_the_unknown_piece_must_be_one_of_them(model_folder: Path, tmp_path: Path) -> None:
    for name in (PIECES_FILE, SCORES_FILE):
        shutil.copyfile(model_folder / name, tmp_path / name)
    document = json.loads((model_folder / TOKENIZER_FILE).read_text(encoding="utf-8"))
    document["model"]["vocab"] = [["nowhere", 0.0]]
    (tmp_path / TOKENIZER_FILE).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelDamaged, match="not the pieces of this tokenizer"):
        PreparedTokenizer(tmp_path, read_manifest(model_folder).vocabulary)
