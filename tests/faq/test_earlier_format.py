"""A knowledge base that an earlier version wrote: every command says what to do, and that works."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from faqkb.faq.main import main
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
