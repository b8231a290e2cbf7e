"""Preparing a model: faithful, cached, safe when two do it or one is killed, and clear when it cannot be done."""

from __future__ import annotations

import fcntl
import resource
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from model_support import TINY_WORDS

from faqkb.kb.errors import KbError, ModelMissing, ModelRefused, StorageFailed
from faqkb.kb.model.files import MODEL_FILE, read_manifest, verify_files
from faqkb.kb.model.loaded import load_source, model_prefixes
from faqkb.kb.model.prepare import is_outdated, prepare_model
from faqkb.kb.model.source import Prefixes, find_source
from faqkb.kb.model.verify import sample_texts, verify_prepared
from faqkb.kb.prepared.table import RowTable
from faqkb.kb.prepared.tokenizer import PreparedTokenizer

ROOT = Path(__file__).resolve().parents[3]


def embed(folder: Path, text: str) -> dict[str, np.ndarray]:
    manifest = read_manifest(folder)
    ids = PreparedTokenizer(folder, manifest.vocabulary).encode(text).ids[: manifest.max_tokens]
    session = onnxruntime.InferenceSession(str(folder / MODEL_FILE), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, RowTable(folder, manifest.vocabulary).feed(ids)), strict=True))


def run_python(code: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False, **options)


def test_the_outputs_are_a_unit_vector_and_a_vector_for_each_token(model_folder: Path) -> None:
    outputs = embed(model_folder, "query: 显存不足怎么办")
    assert list(outputs) == ["sentence_embedding", "token_embeddings"]
    assert outputs["sentence_embedding"].shape == (1, 384)
    assert outputs["token_embeddings"].shape[2] == 384
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in outputs.values())
    assert np.linalg.norm(outputs["sentence_embedding"]) == pytest.approx(1, abs=1e-6)


def test_the_model_refers_to_no_file_outside(model_folder: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="pip install 'faqkb[model]'")
    graph = onnx.load(model_folder / MODEL_FILE, load_external_data=False).graph
    assert not [weights.name for weights in graph.initializer if weights.external_data]


def test_text_that_grows_when_normalised_is_cut_at_the_limit(model_folder: Path) -> None:
    assert embed(model_folder, "query: " + "ﷺ" * 1000)["token_embeddings"].shape[1] == 512


def test_a_second_call_returns_at_once_without_torch(model_folder: Path) -> None:
    code = (
        "import sys; from faqkb.kb.model.prepare import prepare_model\n"
        "print(prepare_model(progress=lambda line: print('worked:', line)))\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    assert run_python(code).stdout.splitlines() == [str(model_folder), "[]"]


def test_the_bundled_model_of_another_version_is_outdated_and_no_other_is(
    model_folder: Path, tiny_prepared: Path
) -> None:
    current = read_manifest(model_folder)
    assert not is_outdated(current)
    assert is_outdated(replace(current, source="bundled:of-before recipe 1"))
    assert not is_outdated(read_manifest(tiny_prepared))


def test_a_local_folder_can_be_the_source(tiny_prepared: Path) -> None:
    manifest = read_manifest(tiny_prepared)
    verify_files(tiny_prepared, manifest)
    assert (manifest.name, manifest.dim, manifest.max_tokens) == ("tiny-e5", 32, 64)
    assert manifest.source.startswith("folder:tiny-e5@")
    assert manifest.vocabulary == len(TINY_WORDS.split()) - 1  # the Russian word is gone


def test_a_prepared_model_gives_the_vectors_of_its_source(tiny_model: Path, tiny_prepared: Path) -> None:
    from sentence_transformers import SentenceTransformer

    text = "the batch size is nan 显存不足"
    expected = SentenceTransformer(str(tiny_model), device="cpu").encode(text, normalize_embeddings=True)
    assert embed(tiny_prepared, text)["sentence_embedding"][0] @ expected > 0.99


def test_the_same_source_gives_the_same_bytes(tiny_model: Path, tiny_prepared: Path, tmp_path: Path) -> None:
    again = prepare_model(str(tiny_model), folder=tmp_path / "again")
    assert read_manifest(again) == read_manifest(tiny_prepared)


def test_a_retrained_folder_is_another_model(tiny_model: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_model, tmp_path / tiny_model.name))
    assert find_source(str(copy)) == find_source(str(tiny_model)).__class__(
        "tiny-e5", find_source(str(tiny_model)).origin, str(copy)
    )
    (copy / "README.md").write_text("trained again", encoding="utf-8")
    assert find_source(str(copy)).origin != find_source(str(tiny_model)).origin


def test_a_damaged_model_is_prepared_again(tiny_model: Path, tiny_prepared: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_prepared, tmp_path / "tiny"))
    (folder / MODEL_FILE).write_bytes(bytes((folder / MODEL_FILE).stat().st_size))
    lines: list[str] = []
    prepare_model(str(tiny_model), folder=folder, progress=lines.append)
    assert lines[0].startswith(f"preparing again: {folder / MODEL_FILE}: sha256 ")
    assert read_manifest(folder) == read_manifest(tiny_prepared)


def test_who_waits_for_another_finds_the_model_done(tiny_model: Path, tiny_prepared: Path, tmp_path: Path) -> None:
    folder, lines, waiting = tmp_path / "tiny", list[str](), threading.Event()

    def note(line: str) -> None:
        lines.append(line)
        waiting.set()

    with (tmp_path / "tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: prepare_model(str(tiny_model), folder=folder, progress=note))
        second.start()
        assert waiting.wait(30)
        shutil.copytree(tiny_prepared, folder)
    second.join(30)
    assert lines == ["another process prepares this model: waiting for it"]


def test_a_killed_run_leaves_no_model_and_the_next_one_cleans_up(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    code = (
        "import os, signal, sys; from pathlib import Path; from faqkb.kb.model.prepare import prepare_model\n"
        "def die(line): line.startswith('verifying') and os.kill(os.getpid(), signal.SIGKILL)\n"
        "prepare_model(sys.argv[1], folder=Path(sys.argv[2]), progress=die)"
    )
    assert run_python(code, str(tiny_model), str(folder)).returncode == -signal.SIGKILL
    assert any(path.name.startswith("tiny.tmp-") for path in tmp_path.iterdir())
    with pytest.raises(ModelMissing):
        read_manifest(folder)
    prepare_model(str(tiny_model), folder=folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny", "tiny.lock"]


def test_progress_tells_each_stage_and_its_seconds_and_nothing_else_is_printed(
    tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    prepare_model(str(tiny_model), folder=tmp_path / "tiny", progress=lines.append)
    assert [line for line in lines if line.startswith("verifying")][1].endswith(" s")
    assert capfd.readouterr() == ("", "")


def test_an_unfaithful_model_is_refused(model_folder: Path) -> None:
    texts = sample_texts(Prefixes("query: ", "passage: "))[:3]
    with pytest.raises(ModelRefused, match=r"not faithful to its source \(got cosine .*, expected at least 0\.99\)"):
        verify_prepared(
            model_folder,
            texts,
            np.full((3, 384), 384**-0.5, np.float32),
            max_tokens=512,
            vocabulary=read_manifest(model_folder).vocabulary,
        )


def test_a_model_of_numbers_that_are_not_finite_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    broken = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    weights = load_file(broken / "model.safetensors")
    weights["embeddings.LayerNorm.weight"][:] = np.nan
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelRefused):
        prepare_model(str(broken), folder=tmp_path / "prepared")
    assert not (tmp_path / "prepared").exists()


def test_a_full_disk_is_told_and_leaves_nothing(tiny_model: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from faqkb.kb.errors import StorageFailed\n"
        "from faqkb.kb.model.prepare import prepare_model\n"
        "try: prepare_model(sys.argv[1], folder=Path(sys.argv[2]))\n"
        "except StorageFailed as error: print('told:', error)"
    )
    limit = (20_000, 20_000)  # bytes in one file, less than the model needs
    done = run_python(
        code,
        str(tiny_model),
        str(tmp_path / "tiny"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert done.stdout.startswith("told: "), done.stderr
    assert not (tmp_path / "tiny").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageFailed, match="cannot write the model"):
        prepare_model(folder=tmp_path / "file" / "model")


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="pip install 'faqkb[model]'")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelMissing, match="not a model that can be loaded"):
        prepare_model(str(tmp_path / "empty"), folder=tmp_path / "out")


def test_without_the_libraries_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(KbError, match=r"pip install 'faqkb\[model\]'"):
        load_source(find_source(None))


@pytest.mark.parametrize(
    ("prompts", "name", "expected"),
    [
        ({"query": "q: ", "document": "d: "}, "any", Prefixes("q: ", "d: ")),
        ({"query": "q: ", "passage": "p: ", "document": "d: "}, "any", Prefixes("q: ", "p: ")),
        ({"query": "", "document": ""}, "multilingual-E5-large", Prefixes("query: ", "passage: ")),
        ({}, "bge-small", Prefixes("", "")),
    ],
)
def test_prefixes_are_the_models_own_or_those_of_e5(
    tiny_model: Path, prompts: dict[str, str], name: str, expected: Prefixes
) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_model), device="cpu")
    model.prompts = prompts
    assert model_prefixes(model, name) == expected
