"""Parsing in several processes: the same records, warnings and order, and nothing left behind whatever happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from picture_support import png
from process_support import children_of, command_of, lives

from faqkb.ingest import Means, ReadingCache, ReadingMemory, read_sources
from faqkb.kb.limits import PICTURES

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # for what takes one on a machine that has nothing else to do


@pytest.fixture(scope="module")
def corpora(shared_data: Path) -> Path:
    """Real FAQ files, more than a second of parsing."""
    return shared_data / "data" / "corpora"


def children() -> list[psutil.Process]:
    """Return the processes that parse for this one."""
    begun = children_of(os.getpid())
    return [child for child in begun if any("faqkb.ingest.worker" in word for word in command_of(child))]


def page(number: int, count: int = 60) -> str:
    pairs = (
        f"## Why is it {number}.{each}?\n\nBecause of **{number}**, and `{each}`. {'So it is. ' * 30}\n"
        for each in range(count)
    )
    return "# FAQ\n\n" + "\n".join(pairs)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder of forty files that are parsed in two seconds."""
    (tmp_path / "pages").mkdir()
    for number in range(40):
        (tmp_path / "pages" / f"page{number:02}.md").write_text(page(number))
    return tmp_path / "pages"


@pytest.mark.parametrize("processes", [2, 3])
def test_many_processes_read_what_one_reads(corpora: Path, tmp_path: Path, processes: int) -> None:
    seen: list[list[psutil.Process]] = []
    means = Means(told=lambda done, files: seen.append(children()), processes=processes)
    assert read_sources([corpora], means=means) == read_sources([corpora])
    assert max(map(len, seen)) == processes
    assert not children()


def test_ids_that_two_files_give_are_made_unique_in_order(pages: Path) -> None:
    for number in range(40):
        (pages / f"page{number:02}.md").write_text(page(7).replace("## Why", "## Q1: Why"))
    twice = [pages, pages]
    many = read_sources(twice, means=Means(processes=2))
    assert many == read_sources(twice)
    assert len({record.id for record in many.records}) == len(many.records) == 2 * 40 * 60


def test_a_little_is_parsed_here(pages: Path) -> None:
    """Starting a process takes half a second."""
    for path in sorted(pages.iterdir())[5:]:
        path.unlink()
    seen: list[psutil.Process] = []
    read_sources([pages], means=Means(told=lambda done, files: seen.extend(children()), processes=2))
    assert not seen


def test_a_file_that_costs_too_much_and_one_that_is_no_text_are_named_as_ever(pages: Path) -> None:
    (pages / "page03.md").write_text("# FAQ\n\n## Why?\n\n" + f"{'> ' * 1000}deep\n\n" * 30)
    (pages / "page05.md").write_bytes(b"\xff\x00\xfe" * 1000)
    (pages / "page06.md").write_text("# FAQ\n\n## Why?\n\n" + "[" * 60_000 + "\n")
    (pages / os.fsdecode(b"page\xff.md")).write_text(page(50))
    many, one = read_sources([pages], means=Means(processes=2)), read_sources([pages])
    assert many == one
    assert [file.path for file in many.files if file.error] == ["page03.md", "page05.md"]


def test_pictures_are_taken_in_order_up_to_their_limit(pages: Path) -> None:
    for number in range(40):
        for each in range(2):
            (pages / f"{number}-{each}.png").write_bytes(png() + b"%d" % number)
        shown = "".join(f"\n![{each}]({number}-{each}.png)\n![no](none{each}.png)\n" for each in range(2))
        (pages / f"page{number:02}.md").write_text(page(number) + shown)
    many, one = read_sources([pages], means=Means(processes=2)), read_sources([pages])
    assert many == one
    assert len(many.pictures) == 40 < PICTURES
    assert all(file.warnings for file in many.files)


def test_a_process_that_is_ended_costs_the_file_it_had_and_says_so(pages: Path) -> None:
    killed: list[int] = []

    def told(done: int, files: int) -> None:
        if done == 2:
            victim = max(children(), key=lambda process: process.cpu_times().user)
            victim.kill()
            killed.append(victim.pid)

    many = read_sources([pages], means=Means(told=told, processes=2))
    (broken,) = [file for file in many.files if file.error]
    assert killed
    assert broken.error == (
        f"{broken.path}: the process that read it was ended (Killed), as when memory runs out; free some, or split the"
        " file"
    )
    right = [record for record in read_sources([pages]).records if record.source.path != broken.path]
    assert list(many.records) == right


def test_what_was_read_before_the_end_of_one_process_is_kept(pages: Path, tmp_path: Path) -> None:
    def memory() -> ReadingMemory:
        return ReadingMemory(ReadingCache(tmp_path / "readings"))

    def told(done: int, files: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_sources([pages], means=Means(told=told, memory=memory(), processes=2))
    assert not children()
    again = read_sources([pages], means=Means(memory=memory(), processes=2))
    assert again.unchanged == 20
    assert again == read_sources([pages])


def test_where_no_process_can_be_started_all_is_parsed_here(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = read_sources([pages])
    for program in ("/nowhere/python", shutil.which("false")):
        monkeypatch.setattr(sys, "executable", program)
        assert read_sources([pages], means=Means(processes=2)) == right


def test_nothing_is_imported_from_the_folder_where_somebody_happens_to_be(pages: Path, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('imported from here')")
    program = (
        "import sys; from pathlib import Path; from faqkb.ingest import *\n"
        "read = read_sources([Path(sys.argv[1])], means=Means(processes=2)); print(len(read.records))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(pages)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert (done.stdout.strip(), done.stderr) == ("2400", "")


def test_processes_end_when_the_one_that_began_them_is_killed(pages: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from faqkb.ingest import *\n"
        "read_sources([Path(sys.argv[1])] * 50, means=Means(processes=2, told=lambda *_: print('.', flush=True)))"
    )
    command = [sys.executable, "-c", program, str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun = psutil.Process(process.pid).children()
        process.kill()
    assert len(begun) == 2
    deadline = time.monotonic() + SECONDS
    while any(map(lives, begun)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
