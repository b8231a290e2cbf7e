"""Snapshots: published whole, opened whole, or not at all."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faqkb.kb import limits
from faqkb.kb.disk import lock_shared, writer_lock
from faqkb.kb.errors import (
    Busy,
    KbError,
    KnowledgeBaseMissing,
    SnapshotDamaged,
    SnapshotNotFound,
    SnapshotUnsupported,
    StorageFailed,
)
from faqkb.kb.snapshot.manifest import FORMAT
from faqkb.kb.snapshot.published import find_snapshot, list_snapshots, open_current, open_snapshot, snapshot_names
from faqkb.kb.snapshot.publishing import go_back, publish_snapshot, rollback

ROOT = Path(__file__).resolve().parents[3]
WRITING_CALLS = ("open", "write", "fsync", "link", "rename", "replace", "mkdir")


def publish(folder: Path, text: str) -> str:
    files = {
        "records.sqlite": text.encode() * 50,
        "passages.faiss": b"vectors of " + text.encode(),
        "model/model.onnx": b"m",
    }
    with writer_lock(folder / "lock", subject="test"):
        return publish_snapshot(folder, files, encoder="e", records=1, passages=1)


def content_of(folder: Path) -> bytes:
    """Open the live snapshot the way a reader does: every hash checked."""
    files = open_current(folder)
    try:
        files.verify()
        return files.read_verified("passages.faiss")
    finally:
        files.close()


def test_what_was_published_is_what_is_opened(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    publish(tmp_path, "two")
    assert content_of(tmp_path) == b"vectors of two"


def test_publishing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    assert publish(tmp_path, "one") == publish(tmp_path, "one")
    assert len(list_snapshots(tmp_path)) == 1


def test_the_same_content_has_the_same_hash_in_any_folder(tmp_path: Path) -> None:
    names = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        names.append(publish(folder, "one").rpartition("-")[2])
    assert names[0] == names[1]


def test_going_back_makes_an_earlier_snapshot_live(tmp_path: Path) -> None:
    first = publish(tmp_path, "one")
    publish(tmp_path, "two")
    rollback(tmp_path, first)
    assert content_of(tmp_path) == b"vectors of one"


def test_going_back_to_an_unknown_snapshot_names_it(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    with pytest.raises(SnapshotNotFound, match=r"has no snapshot '\.\./\.\./etc'"):
        rollback(tmp_path, "../../etc")


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseMissing, match="run `faq ingest"):
        open_current(tmp_path)


def test_a_second_writer_is_told_at_once(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "lock", subject="kb"), pytest.raises(Busy, match="being written by another process"):
        publish(tmp_path, "one")


def test_old_snapshots_are_removed_but_not_while_they_are_read(tmp_path: Path) -> None:
    read = publish(tmp_path, "0")
    holder = lock_shared(tmp_path / "snapshots" / read / "manifest.json")
    for number in range(1, limits.KEEP_SNAPSHOTS + 3):
        publish(tmp_path, str(number))
    names = [snapshot.name for snapshot in list_snapshots(tmp_path)]
    os.close(holder)
    assert read in names
    publish(tmp_path, "last")
    assert read not in [snapshot.name for snapshot in list_snapshots(tmp_path)]


def damage_a_copy(source: Path, target: Path, number: int) -> str:
    """Damage one thing in a copy of a knowledge base; returns what was done."""
    shutil.copytree(source, target)
    choice = random.Random(number)
    files = sorted(path for path in target.rglob("*") if path.is_file() and path.name != "lock")
    path = choice.choice(files)
    content = bytearray(path.read_bytes())
    kind = choice.choice(["flip", "truncate", "extend", "remove", "symlink", "folder", "add"])
    if kind == "flip":
        content[choice.randrange(len(content))] ^= 1 << choice.randrange(8)
        path.write_bytes(content)
    elif kind == "truncate":
        path.write_bytes(content[: choice.randrange(len(content))])
    elif kind == "extend":
        path.write_bytes(content + b"\0")
    elif kind == "add":
        path = next(target.glob("snapshots/*")) / "extra"
        path.write_bytes(b"x")
    else:
        path.unlink()
        if kind == "symlink":
            path.symlink_to(source / "lock")
        elif kind == "folder":
            path.mkdir()
    return f"{kind} {path.relative_to(target)}"


@pytest.mark.parametrize("number", range(150))
def test_damage_is_never_served(tmp_path: Path, number: int) -> None:
    source = tmp_path / "source"
    source.mkdir()
    publish(source, "one")
    done = damage_a_copy(source, tmp_path / "damaged", number)
    with pytest.raises(KbError) as caught:
        content_of(tmp_path / "damaged")
    assert "\n" not in str(caught.value), done


def test_ingesting_again_repairs_a_damaged_snapshot(tmp_path: Path) -> None:
    name = publish(tmp_path, "one")
    (tmp_path / "snapshots" / name / "passages.faiss").write_bytes(b"vectors of 0ne")
    publish(tmp_path, "one")
    assert content_of(tmp_path) == b"vectors of one"


def run_in_child(action: Callable[[], object]) -> int:
    """Run an action in a forked child; returns its wait status."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except StorageFailed:
            os._exit(3)
        except BaseException:  # noqa: BLE001 - the parent reads the exit code
            os._exit(4)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def fail_at(call: int, consequence: Callable[[], None]) -> list[int]:
    """Let the Nth writing system call of this process have a consequence; returns the counter of calls."""
    count = [0]
    for name in WRITING_CALLS:
        original = getattr(os, name)

        def replaced(*args: object, _original: Callable[..., object] = original, **kwargs: object) -> object:
            count[0] += 1
            if count[0] == call:
                consequence()
            return _original(*args, **kwargs)

        setattr(os, name, replaced)
    return count


def calls_of_a_publish(folder: Path) -> int:
    reading, writing = os.pipe()

    def count() -> None:
        counter = fail_at(-1, lambda: None)
        publish(folder, "two")
        os.write(writing, str(counter[0]).encode())

    run_in_child(count)
    os.close(writing)
    with os.fdopen(reading) as file:
        return int(file.read())


def test_a_kill_at_any_moment_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    (tmp_path / "count").mkdir()
    publish(tmp_path / "count", "one")
    calls = calls_of_a_publish(tmp_path / "count")
    seen = set()
    for call in range(1, calls + 1):
        folder = tmp_path / str(call)
        folder.mkdir()
        publish(folder, "one")

        def publish_and_die(at: int = call, where: Path = folder) -> None:
            fail_at(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
            publish(where, "two")

        assert os.WIFSIGNALED(run_in_child(publish_and_die))
        seen.add(content_of(folder))
        publish(folder, "three")
        assert content_of(folder) == b"vectors of three"
        assert not list((folder / "snapshots").glob(".tmp-*"))
    assert seen == {b"vectors of one", b"vectors of two"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE])
def test_a_failing_disk_keeps_the_old_snapshot(tmp_path: Path, number: int) -> None:
    (tmp_path / "count").mkdir()
    publish(tmp_path / "count", "one")
    calls = calls_of_a_publish(tmp_path / "count")
    for call in range(1, calls + 1):
        folder = tmp_path / f"{call}"
        folder.mkdir()
        publish(folder, "one")

        def fail() -> None:
            raise OSError(number, os.strerror(number))

        def publish_and_fail(at: int = call, where: Path = folder) -> None:
            fail_at(at, fail)
            publish(where, "two")

        status = run_in_child(publish_and_fail)
        assert os.waitstatus_to_exitcode(status) in {0, 3}, f"call {call}"
        assert content_of(folder) in {b"vectors of one", b"vectors of two"}


def test_eight_writers_at_once_leave_one_whole_snapshot(tmp_path: Path) -> None:
    children = []
    for number in range(8):
        child = os.fork()
        if child == 0:
            try:
                publish(tmp_path, str(number))
            except Busy:
                os._exit(3)
            os._exit(0)
        children.append(child)
    codes = {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}
    assert codes <= {0, 3}
    assert content_of(tmp_path).startswith(b"vectors of ")


def test_a_snapshot_of_a_later_format_says_so(tmp_path: Path) -> None:
    name = publish(tmp_path, "one")
    manifest = tmp_path / "snapshots" / name / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(KbError, match=f"snapshot format 99, this version reads {FORMAT}"):
        open_snapshot(tmp_path, name)


def test_a_damaged_snapshot_is_left_out_of_the_list(tmp_path: Path) -> None:
    first = publish(tmp_path, "one")
    second = publish(tmp_path, "two")
    (tmp_path / "snapshots" / first / "records.sqlite").unlink()
    assert [snapshot.name for snapshot in list_snapshots(tmp_path)] == [second]
    with pytest.raises(SnapshotDamaged, match="is missing"):
        open_snapshot(tmp_path, first)


def test_a_clock_that_was_set_back_loses_no_snapshot(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    (future,) = (tmp_path / "snapshots").iterdir()
    manifest = future / "manifest.json"
    created = json.loads(manifest.read_text())["created"]
    manifest.write_text(manifest.read_text().replace(created, f"2199{created[4:]}"))
    future.rename(future.with_name(f"2199{future.name[4:]}"))
    (tmp_path / "current").write_text(f"2199{future.name[4:]}\n")
    names = [publish(tmp_path, str(number)) for number in range(limits.KEEP_SNAPSHOTS + 2)]
    assert names == sorted(names)
    assert [snapshot.name for snapshot in list_snapshots(tmp_path)] == names[-limits.KEEP_SNAPSHOTS :]
    assert content_of(tmp_path) == f"vectors of {limits.KEEP_SNAPSHOTS + 1}".encode()
    rollback(tmp_path, find_snapshot(tmp_path, "previous"))
    assert content_of(tmp_path) == f"vectors of {limits.KEEP_SNAPSHOTS}".encode()


def test_a_link_with_the_name_of_a_snapshot_is_none(tmp_path: Path) -> None:
    name = publish(tmp_path, "one")
    (tmp_path / "snapshots" / f"2001{name[4:]}").symlink_to(tmp_path / "snapshots" / name)
    assert [snapshot.name for snapshot in list_snapshots(tmp_path)] == [name]
    publish(tmp_path, "two")
    assert content_of(tmp_path) == b"vectors of two"


def test_damaged_snapshots_do_not_push_whole_ones_out(tmp_path: Path) -> None:
    names = [publish(tmp_path, str(number)) for number in range(limits.KEEP_SNAPSHOTS)]
    for name in names[1:3]:
        (tmp_path / "snapshots" / name / "records.sqlite").unlink()
    publish(tmp_path, "new")
    assert names[0] in [snapshot.name for snapshot in list_snapshots(tmp_path)]
    for number in range(limits.KEEP_SNAPSHOTS):
        publish(tmp_path, f"later {number}")
    assert len(list((tmp_path / "snapshots").iterdir())) == limits.KEEP_SNAPSHOTS


OF_ANOTHER_USER = """
import os, sys
from pathlib import Path
from faqkb.kb.disk import writer_lock
from faqkb.kb.snapshot.publishing import publish_snapshot
folder = Path(sys.argv[1])
os.setuid(65534)
for text in ("later", "latest"):
    files = {"records.sqlite": text.encode() * 50, "passages.faiss": b"vectors of " + text.encode()}
    with writer_lock(folder / "lock", subject="test"):
        publish_snapshot(folder, files, encoder="e", records=1, passages=1, tell=print)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to leave folders of another owner")
def test_folders_of_another_owner_stop_no_publish_and_are_named() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        names = [publish(folder, str(number)) for number in range(limits.KEEP_SNAPSHOTS)]
        (folder / "snapshots" / ".tmp-killed" / "model").mkdir(parents=True)
        os.chown(folder, 65534, 65534)
        os.chown(folder / "snapshots", 65534, 65534)  # `sudo faq ingest`, once, in somebody's own folder
        command = [sys.executable, "-c", OF_ANOTHER_USER, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert content_of(folder) == b"vectors of latest"
        assert ".tmp-killed is not removed (Permission denied)" in done.stdout
        assert f"{names[0]} is not removed (Permission denied); remove it as its owner" in done.stdout
        assert len(list_snapshots(folder)) == limits.KEEP_SNAPSHOTS
    finally:
        shutil.rmtree(folder)


def test_files_that_killed_writers_left_go_with_the_next_publish(tmp_path: Path) -> None:
    for name, age in ((".tmp-old.sqlite", 7_200), (".tmp-old.sqlite-wal", 7_200), (".tmp-young.sqlite", 0)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    publish(tmp_path, "one")
    assert [path.name for path in tmp_path.glob(".tmp-*")] == [".tmp-young.sqlite"], "another process may write it"


def test_a_kill_in_the_first_publish_leaves_what_goes_on_by_itself(tmp_path: Path) -> None:
    """Without a snapshot there is nothing yet; with a whole one and no `current`, it is made live."""
    (tmp_path / "count").mkdir()
    publish(tmp_path / "count", "one")
    seen = set()
    for call in range(1, calls_of_a_publish(tmp_path / "count") + 1):
        folder = tmp_path / str(call)
        folder.mkdir()

        def publish_and_die(at: int = call, where: Path = folder) -> None:
            fail_at(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
            publish(where, "two")

        run_in_child(publish_and_die)
        if snapshot_names(folder):
            go_back(folder)
            assert content_of(folder) == b"vectors of two"
        seen.add(bool(snapshot_names(folder)))
    assert seen == {True, False}


@pytest.mark.parametrize("number", range(1, FORMAT))
def test_a_snapshot_of_an_earlier_format_names_the_command_that_builds_it_again(tmp_path: Path, number: int) -> None:
    name = publish(tmp_path, "one")
    manifest = tmp_path / "snapshots" / name / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"format": {FORMAT}', f'"format": {number}'))
    with pytest.raises(SnapshotUnsupported, match=rf"snapshot format {number}, .*; run `faq ingest`"):
        open_current(tmp_path)
    publish(tmp_path, "one")
    assert content_of(tmp_path) == b"vectors of one"
