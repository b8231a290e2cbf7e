"""`faq doctor` names all that is wrong at once, and puts right what can be."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from cli_support import faq
from server_support import copied_knowledge

from faqkb.kb.feedback.events import Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import Scope
from faqkb.kb.snapshot.published import current_snapshot


@pytest.fixture
def folder(kb_folder: Path, tmp_path: Path) -> Path:
    return copied_knowledge(kb_folder, tmp_path / "kb")


def bad(folder: Path, *options: str) -> dict[str, str]:
    done = faq("doctor", "--kb", folder, "--json", *options)
    assert "Traceback" not in done.stderr
    findings = json.loads(done.stdout)["findings"]
    return {found["what"]: found["detail"] for found in findings if not found["ok"]}


def test_every_damaged_file_is_named_at_once(folder: Path) -> None:
    name = current_snapshot(folder)
    for file in ("keys.sqlite", "feedback.sqlite"):
        (folder / file).write_bytes(b"no database" * 500)
    (folder / "tuned").mkdir()
    (folder / "tuned" / "ranking.json").write_text("{")
    records = folder / "snapshots" / name / "records.sqlite"
    size = records.stat().st_size
    records.unlink()
    records.write_bytes(bytes(size))
    (folder / "snapshots" / f"2001{name[4:]}").symlink_to(name)
    found = bad(folder)
    assert {"keys", "feedback", "tuned ranking", f"snapshot {name}", f"snapshots/2001{name[4:]}"} <= set(found)
    assert all("; " in detail for detail in found.values()), "each with what to do"


def test_a_repair_removes_what_is_damaged_for_good_once_a_whole_one_is_live(folder: Path) -> None:
    live = current_snapshot(folder)
    damaged = f"2001{live[4:]}"
    shutil.copytree(folder / "snapshots" / live, folder / "snapshots" / damaged, copy_function=os.link)
    (folder / "snapshots" / damaged / "manifest.json").unlink()
    assert f"snapshot {damaged}" in bad(folder)
    done = faq("doctor", "--repair", "--kb", folder)
    assert done.returncode == 0, done.stdout
    assert f"{damaged} was damaged and is removed" in done.stderr
    assert [path.name for path in (folder / "snapshots").iterdir()] == [live]


def test_a_repair_puts_right_what_can_be(folder: Path) -> None:
    name = current_snapshot(folder)
    KeyStore(folder).add("bot", [Scope.READ])
    FeedbackStore(folder).record(Vote("a", True))
    (folder / "feedback.sqlite").chmod(0o644)
    (folder / ".tmp-killed.sqlite").write_bytes(b"")
    os.utime(folder / ".tmp-killed.sqlite", (0, 0))
    (folder / "snapshots" / ".tmp-killed").mkdir()
    (folder / "current").unlink()
    assert {"knowledge base", "feedback", "answers"} <= set(bad(folder))
    assert not bad(folder, "--repair")
    assert current_snapshot(folder) == name
    assert not [*folder.glob(".tmp-*"), *(folder / "snapshots").glob(".tmp-*")]
