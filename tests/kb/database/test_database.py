"""The files of feedback and of keys: whole from the first write on, and no damage is ever a traceback."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from faqkb.kb.errors import KbError
from faqkb.kb.feedback.events import Click, Unanswered, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.keys.ring import KeyStore, Use
from faqkb.kb.keys.values import Scope

ROOT = Path(__file__).resolve().parents[3]
# Leaves so much room on a small disk for the first write, then room for a second; prints what each of them did.
FIRST_WRITES = """
import sys
from pathlib import Path
from faqkb.kb.errors import StorageFailed
from faqkb.kb.feedback.events import Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import Scope
disk, kilobytes = Path(sys.argv[1]), int(sys.argv[2])
for free in range(0, 200, 4):
    for what in ("feedback", "keys"):
        folder, filler = disk / f"{what}{free}", disk / "filler"
        folder.mkdir()
        filler.write_bytes(bytes(1024 * kilobytes // 2))
        try:
            with filler.open("ab") as file:
                while True:
                    file.write(bytes(4096)) and file.flush()
        except OSError:
            with filler.open("ab") as file:
                file.truncate(filler.stat().st_size - 1024 * free)
        for name in ("first", "second"):
            try:
                if what == "feedback":
                    FeedbackStore(folder).record(Vote(name, True))
                else:
                    KeyStore(folder).add(name, [Scope.READ])
            except StorageFailed:
                print("refused", name)
            else:
                print("kept", name)
                kept = FeedbackStore(folder).votes() if what == "feedback" else KeyStore(folder).read()
                assert name in {getattr(each, "record_id", None) or each.name for each in kept}, free
            filler.unlink(missing_ok=True)
        assert [path.name for path in folder.iterdir()] == [f"{what}.sqlite"], (free, list(folder.iterdir()))
        (folder / f"{what}.sqlite").unlink()
        folder.rmdir()
"""


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs root and unshare for a small tmpfs")
def test_a_first_write_on_a_nearly_full_disk_spoils_no_later_one(tmp_path: Path) -> None:
    script = f'mount -t tmpfs -o size=1024k tmpfs {tmp_path} && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-c", FIRST_WRITES, str(tmp_path), "1024"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said.count("kept second") == 100, "with room there is nothing left to refuse it"
    assert {"refused first", "kept first"} <= set(said)


@pytest.mark.parametrize("name", ["feedback.sqlite", "keys.sqlite"])
def test_what_is_written_is_for_its_owner_alone(tmp_path: Path, name: str) -> None:
    before = os.umask(0)
    try:
        FeedbackStore(tmp_path).record(Vote("a", True))
        KeyStore(tmp_path).add("bot", [Scope.READ])
        with sqlite3.connect(tmp_path / name) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE more (a)")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(f"{name}*")}
            connection.rollback()
    finally:
        os.umask(before)
    assert len(modes) > 1, "its journal or its log"
    assert set(modes.values()) == {0o600}, modes


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder that takes writes as fast as memory does where there is one: thousands of them are synced."""
    beside = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=beside if beside.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


def uses_of_keys(folder: Path) -> list[Callable[[], object]]:
    store = KeyStore(folder)
    known = store.read()
    return [
        store.read,
        store.uses,
        store.verify,
        lambda: store.note_uses({key.id: Use("2026-11-30", 3) for key in known}),
        lambda: store.add("new", [Scope.READ]),
        lambda: store.revoke(known[0].id),
        lambda: store.rotate(known[1].id, grace=timedelta(hours=1)),
    ]


def uses_of_feedback(folder: Path) -> list[Callable[[], object]]:
    store = FeedbackStore(folder, retention_days=1)
    return [
        lambda: list(store.events()),
        store.votes,
        store.asked_in_vain,
        store.verify,
        lambda: store.most_asked(at_least=1),
        store.unanswered_without_text,
        lambda: store.record(Vote("a", True, answer="1")),
        lambda: store.record(Unanswered("天气", answer="2")),
        lambda: store.record(Click("a")),
        store.forget_old,
    ]


def fill_keys(folder: Path) -> Path:
    store = KeyStore(folder)
    for number in range(12):
        made = store.add(f"机器人 {number}", list(Scope)[: 1 + number % 3], days=9, rate_per_minute=5, quota_per_day=7)
        store.note_uses({made.stored.id: Use("2026-11-29", 2)})
    store.revoke(made.stored.id)
    return store.path


def fill_feedback(folder: Path) -> Path:
    store = FeedbackStore(folder)
    for number in range(12):
        store.record(Vote(f"faq/Q{number}", False, ("wrong",), "不对" * 20, "怎么办" * 9, answer=str(number)))
        store.record(Unanswered("天气"))
    return folder / "feedback.sqlite"


@pytest.mark.parametrize(
    ("fill", "uses_of"), [(fill_keys, uses_of_keys), (fill_feedback, uses_of_feedback)], ids=["keys", "feedback"]
)
def test_a_single_flip_is_never_a_traceback(
    in_memory: Path, fill: Callable[[Path], Path], uses_of: Callable[[Path], list[Callable[[], object]]]
) -> None:
    path = fill(in_memory)
    uses = uses_of(in_memory)
    content = path.read_bytes()
    chance = random.Random(17)
    # The header, the schema with its texts, and anything else that is not empty.
    places = [*range(120), *(at for at in range(2_000, len(content)) if content[at])]
    told: list[str] = []
    for at in chance.sample(places, 300):
        flipped = bytearray(content)
        flipped[at] ^= 1 << chance.randrange(8)
        for use in uses:
            path.write_bytes(flipped)
            try:
                use()
            except KbError as error:
                told.append(str(error))
            for beside in ("-wal", "-shm", "-journal"):
                path.with_name(f"{path.name}{beside}").unlink(missing_ok=True)
    assert len(told) > 50
    assert not [line for line in told if "\n" in line]
