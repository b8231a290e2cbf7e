"""What was read before is not parsed again, and is never believed further than what is read now."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from active_parts import active_parts
from hypothesis import given
from hypothesis import strategies as st
from picture_support import png, write_faq

from faqkb.ingest import Ingested, Means, Order, ReadingCache, ReadingMemory, parse_document, read_sources
from faqkb.ingest.known.reader import FOLDERS, reader_fingerprint
from faqkb.ingest.known.reading import Reading, ReadingDamaged, dump_reading, load_reading

ROOT = Path(__file__).resolve().parents[2]
FAQ = "# FAQ\n\n## Why is it {0}?\n\nBecause it is {0}, see **[here](https://example.org/{0})**.\n"
SOMEBODY = 12_345


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A folder of four files, one of which has something to warn of."""
    folder = tmp_path / "content"
    folder.mkdir()
    for name in ("one", "two", "three"):
        (folder / f"{name}.md").write_text(FAQ.format(name))
    (folder / "four.md").write_text(f"{FAQ.format('four')}\n## Is it so?\n\n## Why is it four?\n\n[There](there.md).\n")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "readings"


def read(content: Path, cache: Path, **options: object) -> Ingested:
    """Read a folder as another run would, which knows nothing but what is on disk."""
    memory = ReadingMemory(ReadingCache(cache, **options))
    return read_sources([content], means=Means(memory=memory))


def test_what_was_read_before_is_not_parsed_again_and_is_the_same(content: Path, cache: Path) -> None:
    first, second = read(content, cache), read(content, cache)
    assert (first.unchanged, second.unchanged) == (0, 4)
    assert first == second == read_sources([content])
    assert any(second.warnings())


def test_only_a_file_that_changed_is_parsed(content: Path, cache: Path) -> None:
    read(content, cache)
    (content / "two.md").write_text(FAQ.format("green"))
    again = read(content, cache)
    assert again.unchanged == 3
    assert "Why is it green?" in [record.question for record in again.records]
    assert again == read_sources([content])


def test_the_time_of_a_file_says_nothing(content: Path, cache: Path) -> None:
    read(content, cache)
    for path in content.iterdir():
        os.utime(path, (0, 0))
    assert read(content, cache).unchanged == 4


def test_another_name_or_order_or_way_to_name_it_is_another_reading(content: Path, cache: Path) -> None:
    read(content, cache)
    (content / "one.md").rename(content / "five.md")
    renamed = read(content, cache)
    assert renamed.unchanged == 3
    assert "five/why-is-it-one" in [record.id for record in renamed.records]
    memory = ReadingMemory(ReadingCache(cache))
    ordered = read_sources([content], [("t*.md", Order("none"))], Means(memory=memory))
    assert (ordered.unchanged, len(ordered.records)) == (2, 3)
    assert read_sources([content / "two.md"], means=Means(memory=memory)).unchanged == 0


def test_a_picture_that_changed_is_asked_for_again(tmp_path: Path, cache: Path) -> None:
    write_faq(tmp_path / "content")
    first = read(tmp_path / "content", cache)
    same = read(tmp_path / "content", cache)
    assert (same.unchanged, same.pictures) == (1, first.pictures)
    (tmp_path / "content" / "img" / "chart.png").write_bytes(png(200))
    other = read(tmp_path / "content", cache)
    assert other.unchanged == 0
    assert other.pictures != first.pictures
    assert other.pictures[0].name in other.records[0].answer_html
    (tmp_path / "content" / "img" / "chart.png").unlink()
    gone = read(tmp_path / "content", cache)
    assert "not there" in gone.files[0].warnings[0].message
    assert read(tmp_path / "content", cache) == gone


def test_another_reader_does_not_use_what_this_one_made(content: Path, tmp_path: Path) -> None:
    """A copy of the whole package, as it is and with one weight of it learned anew."""
    package = tmp_path / "copy" / "faqkb"
    shutil.copytree(ROOT / "faqkb", package, ignore=shutil.ignore_patterns("__pycache__", "static", "translations"))
    program = (
        "import sys; from pathlib import Path; from faqkb.ingest import *\n"
        "memory = ReadingMemory(ReadingCache(Path(sys.argv[2])))\n"
        "print(read_sources([Path(sys.argv[1])], means=Means(memory=memory)).unchanged)"
    )

    def unchanged() -> str:
        return subprocess.run(
            [sys.executable, "-P", "-c", program, str(content), str(tmp_path / "cache")],
            env=os.environ | {"PYTHONPATH": str(package.parent)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert (unchanged(), unchanged()) == ("0", "4")
    (weights,) = (package / "ingest" / "readings").glob("*.json")
    weights.write_text(re.sub(r"(\d)\n", r"\g<1>1\n", weights.read_text(), count=1))
    assert (unchanged(), unchanged()) == ("0", "4")


def test_all_that_a_reading_is_made_of_tells_one_reader_from_another() -> None:
    assert re.fullmatch("[0-9a-f]{64}", reader_fingerprint())
    seen: set[str] = set()
    others = {"editing", "linted", "linting"}  # rooms that use a reading, and are no part of it
    waiting = [
        path
        for path in (ROOT / "ingest").rglob("*.py")
        if path.name not in {"cache.py", "memory.py"} and path.parent.name not in others
    ]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("faqkb.kb") and node.module not in seen:
                seen.add(str(node.module))
                waiting.append(ROOT / f"{str(node.module).removeprefix('faqkb.').replace('.', '/')}.py")
                waiting[-1:] = waiting[-1:] if waiting[-1].exists() else []
    folders = {module.removeprefix("faqkb.").rpartition(".")[0].replace(".", "/") or "kb" for module in seen}
    assert folders <= set(FOLDERS)


# What others may have done to the file


def test_nobody_else_may_read_or_write_what_is_kept(content: Path, cache: Path) -> None:
    before = os.umask(0)
    try:
        read(content, cache)
    finally:
        os.umask(before)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in cache.iterdir()} == {0o600}


def rewrite(cache: Path, change: Callable[[bytes], bytes], *, sealed: bool = True) -> None:
    """Change what each row holds, with a hash that fits, as somebody could who knows how."""
    with sqlite3.connect(cache / "readings.sqlite") as connection:
        for key, packed in connection.execute("SELECT key, packed FROM readings").fetchall():
            forged = zlib.compress(change(zlib.decompress(packed)))
            if sealed:
                row = (forged, hashlib.sha256(key + forged).digest(), key)
                connection.execute("UPDATE readings SET packed = ?, sha256 = ? WHERE key = ?", row)
            else:
                connection.execute("UPDATE readings SET packed = ? WHERE key = ?", (forged, key))
    connection.close()


def test_a_row_that_does_not_fit_its_hash_is_read_again(content: Path, cache: Path) -> None:
    right = read(content, cache)
    rewrite(cache, lambda row: row.replace(b"Because", b"Despite"), sealed=False)
    again = read(content, cache)
    assert (again.unchanged, again) == (0, right)
    assert read(content, cache).unchanged == 4  # and is mended


def test_a_row_in_the_place_of_another_is_read_again(content: Path, cache: Path) -> None:
    right = read(content, cache)
    with sqlite3.connect(cache / "readings.sqlite") as connection:
        (row,) = connection.execute("SELECT sha256, packed FROM readings LIMIT 1").fetchall()
        connection.execute("UPDATE readings SET sha256 = ?, packed = ?", row)
    connection.close()
    again = read(content, cache)
    assert (again.unchanged, again) == (1, right)


EVIL = rb"<img src=x onerror=alert(1)><script>alert(1)</script><a href=\"javascript:alert(1)\">x</a></div>"


def test_html_of_a_forged_row_comes_through_as_harmless_as_any(content: Path, cache: Path) -> None:
    read(content, cache)
    rewrite(cache, lambda row: row.replace(b'"answer_html":"', b'"answer_html":"' + EVIL))
    forged = read(content, cache)
    assert forged.unchanged == 4
    for record in forged.records:
        assert record.answer_html.startswith('<img src="x">')  # it is what was forged
        assert not active_parts(record.answer_html)
        assert not [part for part in ("script", "onerror", "</div>") if part in record.answer_html]


@pytest.mark.parametrize(
    "change",
    [
        lambda row: b"",
        lambda row: row[: len(row) // 2],
        lambda row: b"[" * 100_000,
        lambda row: row.replace(b'"line":', b'"line":"3","l":'),
        lambda row: row.replace(b'"question":"', b'"question":7,"q":"'),
        lambda row: row.replace(b".md", b".mdx"),
        lambda row: row.replace(b'"records":', b'"records":[],"r":'),
        lambda row: row.replace(b'"pictures":[', b'"pictures":[[[1],{},3],'),
        lambda row: row.replace(b'"answer":"', b'"answer":"\xff'),
        lambda row: row.replace(b'"targets":[]', b'"targets":[{"start":1,"end":99999,"address":"/"}]'),
        lambda row: row.replace(b'"targets":[]', b'"targets":[{"start":1,"end":2,"address":"javascript:x"}]'),
    ],
)
def test_a_row_of_another_form_is_read_again(content: Path, cache: Path, change: Callable[[bytes], bytes]) -> None:
    right = read(content, cache)
    rewrite(cache, change)
    again = read(content, cache)
    assert (again.unchanged, again) == (0, right)


@given(st.data())
def test_any_bytes_are_a_reading_or_none(data: st.DataObject) -> None:
    document = parse_document(f"{FAQ.format('so')}\n## Is it?\n\n![c](c.png)\n", "x.md")
    whole = dump_reading(Reading(document, {(3, "c.png"): None, (9, "d.png"): "/pictures/x"}))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    instead = data.draw(
        st.binary(max_size=20) | st.sampled_from([b"null", b"[]", b"{}", b"1e999", b'"', b"\n", b"NaN"])
    )
    try:
        reading = load_reading(whole[:start] + instead + whole[end:])
    except ReadingDamaged:
        return
    for record in reading.document.records:
        assert not active_parts(record.answer_html)
    assert all(isinstance(warned.message, str) for warned in reading.document.report.warnings)
    json.dumps(reading.document.to_json())


def test_a_row_that_unpacks_to_more_than_any_reading_is_read_again(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "faq.md").write_text(FAQ.format("so"))
    right = read(tmp_path / "faq.md", cache)
    rewrite(cache, lambda row: row + b" " * 300_000_000)
    again = read(tmp_path / "faq.md", cache)
    assert (again.unchanged, again) == (0, right)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"no database at all" * 1000),
        lambda file: os.truncate(file, 5000),
        lambda file: file.write_bytes(file.read_bytes()[:4096] + os.urandom(8192)),
        lambda file: sqlite3.connect(file).executescript("CREATE VIEW more AS SELECT 1"),
        lambda file: sqlite3.connect(file).executescript("PRAGMA application_id = 7"),
        lambda file: sqlite3.connect(file).executescript("PRAGMA user_version = 7"),
        lambda file: sqlite3.connect(file).executescript("DROP TABLE uses; CREATE TABLE uses (key, day, bytes)"),
        lambda file: os.truncate(file, 10_000_000_000),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), os.mkfifo(file)),
        lambda file: (file.unlink(), file.symlink_to("/dev/zero")),
    ],
)
def test_a_damaged_file_goes_without_a_word(
    content: Path, cache: Path, spoil: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    right = read(content, cache)
    spoil(cache / "readings.sqlite")
    assert read(content, cache) == right
    assert read(content, cache) == right
    assert read(content, cache).unchanged == 4
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
@pytest.mark.parametrize("whose", ["readings.sqlite", "."])
def test_what_somebody_else_keeps_is_not_used(content: Path, cache: Path, whose: str) -> None:
    right = read(content, cache)
    os.chown(cache / whose, SOMEBODY, -1)
    again = read(content, cache)
    assert (again.unchanged, again) == (0, right)


def test_a_folder_that_others_may_write_in_is_not_used(content: Path, cache: Path) -> None:
    right = read(content, cache)
    cache.chmod(0o777)
    again = read(content, cache)
    assert (again.unchanged, again) == (0, right)


# What the disk does not take


def test_a_cache_that_cannot_be_made_fails_nothing(content: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert read(content, tmp_path / "file" / "readings") == read_sources([content])
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "at" / "all")
    assert read(content, tmp_path / "dangling") == read_sources([content])


WITH_LITTLE_ROOM = """
import sys
from pathlib import Path
from faqkb.ingest import *
def read():
    memory = ReadingMemory(ReadingCache(Path(sys.argv[2]) / "readings"))
    return read_sources([Path(sys.argv[1])], means=Means(memory=memory))
assert len(read().records) == 5
print(read().unchanged)
"""


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs root and unshare for a mount")
@pytest.mark.parametrize(
    ("mount", "known"),
    [("-t tmpfs -o size=4k tmpfs", "0"), ("-t tmpfs -o size=48k tmpfs", "0"), ("-t tmpfs -o ro tmpfs", "0")],
)
def test_a_full_disk_or_one_that_cannot_be_written_fails_nothing(
    content: Path, tmp_path: Path, mount: str, known: str
) -> None:
    (tmp_path / "disk").mkdir()
    script = f'mount {mount} {tmp_path / "disk"} && exec "$@"'
    program = [sys.executable, "-c", WITH_LITTLE_ROOM, str(content), str(tmp_path / "disk")]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.split() == [known]


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs root and unshare for a mount")
def test_a_cache_that_can_only_be_read_is_read(content: Path, cache: Path) -> None:
    read(content, cache)
    script = f'mount --bind -o ro {cache.parent} {cache.parent} && mount -o remount,bind,ro {cache.parent} && exec "$@"'
    program = [sys.executable, "-c", WITH_LITTLE_ROOM, str(content), str(cache.parent)]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout.split()) == (0, ["4"]), done.stderr


def test_it_grows_to_its_limit_and_what_was_used_longest_ago_goes(content: Path, cache: Path) -> None:
    for number in range(200):
        (content / f"more{number}.md").write_text(FAQ.format(hashlib.sha256(b"%d" % number).hexdigest() * 20))
    read(content, cache)
    with sqlite3.connect(cache / "readings.sqlite") as connection:
        connection.execute("UPDATE uses SET day = day - 10")
    connection.close()
    for path in content.glob("more*"):
        path.unlink()
    assert read(content, cache).unchanged == 4  # used today
    (content / "five.md").write_text(FAQ.format("five"))
    read(content, cache, most_bytes=10_000)
    with sqlite3.connect(cache / "readings.sqlite") as connection:
        kept = {row[0] for row in connection.execute("SELECT key FROM readings")}
        total, uses = connection.execute("SELECT sum(bytes), count(*) FROM uses").fetchone()
    connection.close()
    assert total <= 10_000
    assert len(kept) == uses
    assert read(content, cache).unchanged == 5


def test_two_at_once_leave_a_file_that_serves_both(content: Path, cache: Path) -> None:
    for number in range(60):
        (content / f"more{number}.md").write_text(FAQ.format(f"more{number}"))
    program = [sys.executable, "-c", WITH_LITTLE_ROOM.replace("== 5", "== 65"), str(content), str(cache.parent)]
    running = [subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    said = [process.communicate()[0].strip() for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert said == ["64"] * 4
    assert read(content, cache) == read_sources([content])
    assert read(content, cache).unchanged == 64


def test_two_who_find_it_damaged_at_once_both_read(content: Path, cache: Path) -> None:
    right = read(content, cache)
    for _ in range(10):
        (cache / "readings.sqlite").write_bytes(b"no database" * 1000)
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: read(content, cache), range(4))) == [right] * 4
    assert read(content, cache).unchanged == 4
