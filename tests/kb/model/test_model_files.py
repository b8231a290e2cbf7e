"""A prepared folder: its manifest, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from faqkb.kb.errors import ModelDamaged, ModelMissing
from faqkb.kb.model.files import (
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    ModelManifest,
    default_folder,
    model_id,
    read_manifest,
    verify_files,
)


@pytest.fixture
def copied(model_folder: Path, tmp_path: Path) -> Path:
    """Return a private copy of the prepared model."""
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def test_a_prepared_folder_is_whole(model_folder: Path) -> None:
    manifest = read_manifest(model_folder)
    verify_files(model_folder, manifest)
    assert (manifest.dim, manifest.max_tokens) == (384, 512)
    assert (manifest.query_prefix, manifest.passage_prefix) == ("query: ", "passage: ")
    assert manifest.verified_cosine >= 0.99
    assert manifest.id == model_id(manifest.name, manifest.files)


def test_the_manifest_survives_writing(model_folder: Path) -> None:
    manifest = read_manifest(model_folder)
    assert ModelManifest.from_json(manifest.to_json()) == manifest
    assert manifest.to_json() == (model_folder / MANIFEST_FILE).read_text(encoding="utf-8")


def test_a_flipped_bit_is_found_and_named(copied: Path) -> None:
    with (copied / MODEL_FILE).open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)[0]
        file.seek(1_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelDamaged, match=r"model\.onnx: sha256 [0-9a-f]{12}, manifest says [0-9a-f]{12}; run"):
        verify_files(copied, read_manifest(copied))


def test_a_file_cut_short_is_found_without_reading_it(copied: Path) -> None:
    with (copied / TOKENIZER_FILE).open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json: got 1000 bytes, manifest says \d+"):
        read_manifest(copied)


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied / MODEL_FILE).unlink()
    with pytest.raises(ModelDamaged, match=r"model\.onnx: got no file"):
        read_manifest(copied)


@pytest.mark.parametrize("place", ["", "nowhere", "a_file"])
def test_a_folder_without_manifest_is_no_model(tmp_path: Path, place: str) -> None:
    (tmp_path / "a_file").write_text("x", encoding="utf-8")
    with pytest.raises(ModelMissing, match="faq model prepare"):
        read_manifest(tmp_path / place)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"format": 99}, "got format 99, expected 2"),
        ({"dim": "384"}, "'dim'"),
        ({"dim": 0}, "not between 1"),
        ({"max_tokens": True}, "'max_tokens'"),
        ({"languages": [1]}, "'languages'"),
        ({"files": {}}, "'files'"),
        ({"files": {"../../etc/passwd": {"sha256": "0" * 64, "size": 1}}}, "'files'"),
        ({"files": {"model.onnx": 1, "table.i8": 2, "tokenizer.json": 3}}, "no sha256 and size"),
        ({"files": {"model.onnx": {}, "table.i8": {}, "tokenizer.json": {}, "pieces.txt": {}}}, "'files' lists"),
        ({"name": None}, "'name'"),
    ],
)
def test_a_manifest_with_a_wrong_field_is_refused(
    model_folder: Path, change: dict[str, object], complaint: str
) -> None:
    document = json.loads((model_folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    with pytest.raises(ModelDamaged, match=complaint):
        ModelManifest.from_json(json.dumps(document | change))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '"\ud800"'])
def test_a_manifest_that_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ModelDamaged, match=r"manifest\.json"):
        ModelManifest.from_json(text)


def test_a_manifest_of_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_FILE).write_bytes(b"\xff\xfe{\x00}\x00")
    with pytest.raises(ModelDamaged, match="cannot be read"):
        read_manifest(tmp_path)


def test_the_environment_names_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQ_MODEL", str(tmp_path))
    assert default_folder() == tmp_path


def test_languages_in_any_order_share_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAQ_MODEL", raising=False)
    assert default_folder(("en", "zh")) == default_folder(("zh", "en", "zh"))
    assert default_folder(("en",)) != default_folder()
