"""A knowledge base that an earlier version wrote: every command says what to do, and that works."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from cli_support import faq

from faqkb.faq.main import main
from faqkb.kb.model.files import MODEL_FORMAT, default_folder, read_manifest
from faqkb.kb.snapshot.manifest import FORMAT

STORED = Path(__file__).parents[1] / "fixtures" / "earlier"
NAME = (STORED / "format-4" / "current").read_text().strip()
COMMANDS = [
    "faq ask x",
    "faq list",
    "faq show faq/Q1",
    "faq check list",
    "faq check run disk-room",
    "faq eval queries.jsonl",
    "faq tune --queries queries.jsonl --no-encoder",
    "faq export --format jsonl",
    "faq export --format site site",
    "faq export --format kb out.faqkb",
    "faq serve --port 0",
    "faq mcp",
    f"faq snapshots --rollback {NAME}",
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: what an earlier version stored, and the content it was made of."""
    shutil.copytree(STORED / "format-4", tmp_path / "kb")
    (tmp_path / "faq.md").write_text("# FAQ\n\n## Is this another one?\n\nYes.\n")
    lines = (f'{{"query": "What is number {number}?", "relevant": ["faq/Q1"]}}\n' for number in range(30))
    (tmp_path / "queries.jsonl").write_text("".join(lines))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAQ_KB", "kb")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    return main()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_what_makes_it_anew(
    command: str, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(command, monkeypatch) == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1, error
    assert f"snapshot format 4, this version reads {FORMAT}; run `faq ingest`" in error
    assert sorted(path.name for path in place.iterdir()) == ["faq.md", "kb", "queries.jsonl"]


@pytest.mark.usefixtures("place")
def test_what_they_name_works(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("faq ingest faq.md", monkeypatch) == 0
    assert run("faq ask Is this another one?", monkeypatch) == 0
    assert run("faq doctor", monkeypatch) == 0


@pytest.fixture
def older_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's prepared model as an earlier version left it: other files, and the bytes of none matter."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("FAQ_MODEL", raising=False)
    folder = default_folder()
    folder.mkdir(parents=True)
    files = {name: {"sha256": "0" * 64, "size": 5} for name in ("model.onnx", "tokenizer.json")}
    for name in files:
        (folder / name).write_bytes(b"older")
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "dim": 384, "files": files}))
    return folder


def test_a_prepared_model_of_an_earlier_version_is_prepared_anew(older_model: Path, tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text("# FAQ\n\n## Is this another one?\n\nYes.\n")
    told = faq("model", "info")
    assert told.returncode == 2
    assert f"of another version (got format 1, expected {MODEL_FORMAT}); run `faq model prepare`" in told.stderr
    done = faq("ingest", tmp_path / "faq.md", "--kb", tmp_path / "kb")
    assert done.returncode == 0, done.stderr
    assert "preparing again: " in done.stderr
    assert read_manifest(older_model).format == MODEL_FORMAT


def test_one_that_is_named_is_left_as_it_is(older_model: Path, tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text("# FAQ\n\n## Is this another one?\n\nYes.\n")
    done = faq("ingest", tmp_path / "faq.md", "--kb", tmp_path / "kb", FAQ_MODEL=str(older_model))
    assert done.returncode == 2
    assert "of another version (got format 1, " in done.stderr
    assert (older_model / "model.onnx").read_bytes() == b"older"
