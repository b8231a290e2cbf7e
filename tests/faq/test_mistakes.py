"""Mistakes at the command line: each is told in one line, with what was got, what was expected and what to do."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server_support import copied_knowledge
from workers import made_once

from faqkb.faq.checks.new import write_skeleton
from faqkb.faq.main import main
from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder

FIXTURE = Path(__file__).parents[1] / "fixtures" / "mistakes" / "mistakes.toml"
TABLES: dict[str, list[dict[str, Any]]] = tomllib.loads(FIXTURE.read_text(encoding="utf-8"))
MISTAKES = TABLES["mistake"]
FAQ = "# FAQ\n\n" + "".join(f"## Q{n}: What is number {n}?\n\nIt is the number {n}.\n\n" for n in range(1, 6))
FILES = {
    "faq.md": FAQ,
    "one.md": "# FAQ\n\n## Is this another one?\n\nYes.\n",
    "prose.md": "# Guide\n\nJust prose, nothing is asked.\n",
    "notes.txt": "notes of somebody\n",
    "tool.py": "print('no check')\n",
    "bad.jsonl": '{"query": "x", "relevant": []}\n{"query": \n',
    "good.jsonl": '{"query": "What is number 1?", "relevant": ["faq/Q1"]}\n',
    "void.jsonl": "\n",
    "broken/faq.toml": "[faq\n",
    "unknown/faq.toml": "[faq]\ncolour = 'red'\n",
    "wrong/faq.toml": "[faq]\nkb = 3\n",
}


@pytest.fixture(scope="module")
def place(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of things to name wrongly; no test changes any of it."""

    def make(folder: Path) -> None:
        for name, text in FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "empty").mkdir()
        write_skeleton("disk-room", folder)
        with_check = read_sources([folder / "faq.md"])
        build_snapshot(folder / "checked", with_check.records, encoder, checks=with_check.checks)
        shutil.rmtree(folder / "checks")
        build_snapshot(folder / "kb", with_check.records, encoder)
        for name in ("damaged", "nosnapshot"):
            copied_knowledge(folder / "kb", folder / name)
        (folder / "nosnapshot" / "current").write_text("nonsense\n")
        for name in ("badranking", "badmodel"):
            copied_knowledge(folder / "kb", folder / name)
            (folder / name / "tuned" / "model").mkdir(parents=True)
        (folder / "badranking" / "tuned" / "model").rmdir()
        (folder / "badranking" / "tuned" / "ranking.json").write_text("{")
        records = next((folder / "damaged" / "snapshots").glob("*/records.sqlite"))
        records.chmod(0o644)
        records.write_bytes(bytes(records.stat().st_size))

    return made_once(tmp_path_factory, "mistakes", make)


@pytest.fixture(scope="module")
def taken() -> Iterator[int]:
    """A port that somebody has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_there_are_as_many_as_people_make() -> None:
    commands = [mistake["command"] for mistake in MISTAKES]
    assert len(set(commands)) >= 36


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["command"])
def test_a_mistake_is_one_line_that_says_what_to_do(
    mistake: dict[str, Any],
    place: Path,
    taken: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place / mistake.get("at", ""))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # nothing of this machine's user is touched
    for name in [name for name in os.environ if name.startswith("FAQ_") and name != "FAQ_SHARED"]:
        monkeypatch.delenv(name)
    for name, value in mistake.get("environment", {}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", shlex.split(mistake["command"].format(taken=taken)))
    assert main() == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1, error
    assert error.startswith("faq: ")
    for said in mistake["says"]:
        assert said.format(taken=taken) in error


@pytest.mark.parametrize("advice", TABLES["advice"], ids=lambda advice: advice["advised"])
def test_what_an_error_advises_works(
    advice: dict[str, Any], place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: str) -> int:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        return main()

    for path in place.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    for name in ("kb", "damaged", "nosnapshot", "checked", "badranking", "badmodel"):
        copied_knowledge(place / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert run(advice["command"]) == 2
    assert run(advice["advised"]) == 0
    if advice.get("mended", True):
        assert run(advice["command"]) in {0, 1}, "1: nothing there answers `x`"
