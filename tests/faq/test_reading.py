"""`faq ingest` reads each file once: across runs, after a kill, in several processes, and says how far it is."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from cli_support import ROOT, faq, on_a_terminal
from process_support import children_of, lives

SECONDS = 60  # for what takes one or two on a machine that has nothing else to do
KNOWN = re.compile(r"^(\d+) of (\d+) files were read before and are unchanged$", re.MULTILINE)


def write_pages(folder: Path, pages: int, questions: int) -> None:
    folder.mkdir()
    for page in range(pages):
        pairs = (
            f"## Why is it {page}.{each}?\n\nBecause of **{page}** and `{each}`. {'So it is. ' * 30}\n"
            for each in range(questions)
        )
        (folder / f"page{page}.md").write_text("# FAQ\n\n" + "\n".join(pairs))


@pytest.fixture
def content(tmp_path: Path) -> Path:
    write_pages(tmp_path / "content", 20, 1)
    return tmp_path / "content"


@pytest.fixture
def ingest(tmp_path: Path, model_folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`faq ingest` with a cache of its own."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "FAQ_MODEL": str(model_folder)}
        return faq("ingest", *arguments, "--kb", tmp_path / "kb", **own)

    return run


def known(done: subprocess.CompletedProcess[str]) -> int:
    """Return how many files a run says were read before."""
    assert done.returncode == 0, done.stderr
    told = KNOWN.search(done.stderr)
    return int(told[1]) if told else 0


def test_a_run_says_how_many_files_it_knew(
    content: Path, ingest: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    first = ingest(content)
    assert known(first) == 0
    (content / "page1.md").write_text("# FAQ\n\n## Is it another?\n\nIt is.\n")
    second = ingest(content, "--yes")
    assert known(second) == 19
    assert "page1.md: 1 records" in second.stdout


def test_a_change_loads_neither_the_detector_of_languages_nor_what_measures_answers(
    content: Path, tmp_path: Path, ingest: Callable[..., subprocess.CompletedProcess[str]], model_folder: Path
) -> None:
    """Together they take longer than the changed record."""
    assert known(ingest(content)) == 0
    (content / "page1.md").write_text("# FAQ\n\n## Is it another?\n\nIt is.\n")
    loaded = "[name for name in sys.modules if name.startswith(('py3langid', 'faqkb.kb.evaluation'))]"
    code = f"import sys; from faqkb.faq.main import main; main(); print('loaded', {loaded})"
    command = [sys.executable, "-c", code, "ingest", str(content), "--kb", str(tmp_path / "kb")]
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "FAQ_MODEL": str(model_folder)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ | own)
    assert "2 embedded" in done.stdout, done.stderr
    assert "loaded []" in done.stdout


def test_a_dry_run_and_a_run_know_what_each_other_read(
    content: Path, ingest: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert known(ingest(content, "--dry-run")) == 0
    done = ingest(content, "--json")
    assert known(done) == 0  # nothing but the document
    assert json.loads(done.stdout)["unchanged_files"] == 20
    assert known(ingest(content, "--dry-run")) == 20


def started(folder: Path, *arguments: str | Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "faqkb", "ingest", *map(str, arguments), "--kb", str(folder / "kb")],
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kept(cache: Path) -> int:
    """Return how many files a run that is at work has left on disk so far."""
    try:
        with closing(sqlite3.connect(f"file:{cache}/faqkb/readings/readings.sqlite?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM uses").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet, or being written
        return 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9), (signal.SIGTERM, -15)])
def test_one_that_is_ended_leaves_no_process_and_the_next_goes_on_where_it_was(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    write_pages(tmp_path / "content", 100, 80)
    running = started(tmp_path, tmp_path / "content", "--dry-run")
    parsers: list[psutil.Process] = []
    wait_for(lambda: parsers or parsers.extend(children_of(running.pid)))
    wait_for(lambda: kept(tmp_path / "cache"))
    os.killpg(running.pid, number)  # as a terminal does for Ctrl+C
    said, told = running.communicate(timeout=SECONDS)
    assert running.returncode == code
    assert "Traceback" not in told
    assert not said
    for parser in parsers:
        wait_for(lambda parser=parser: not lives(parser))
    again = started(tmp_path, tmp_path / "content", "--dry-run")
    said, told = again.communicate(timeout=2 * SECONDS)
    assert again.returncode == 0, told
    found = KNOWN.search(told)
    assert found
    assert 0 < int(found[1]) < 100
    assert "8000 records" in said


def test_plain_lines_tell_how_many_files_are_read_and_how_long_it_takes(tmp_path: Path) -> None:
    write_pages(tmp_path / "content", 100, 80)
    said, told = started(tmp_path, tmp_path / "content", "--dry-run", "--json").communicate(timeout=2 * SECONDS)
    assert json.loads(said)["records"] == 8000
    lines = told.splitlines()
    assert re.fullmatch(r"reading files \d+ of 100, [\d.]+/s, \d+ (s|min) left", lines[0]), told
    assert re.fullmatch(r"reading files 100 of 100, [\d.]+/s", lines[-1]), told
    assert len(lines) <= 2 + SECONDS / 10


def test_a_terminal_shows_one_line_that_is_rewritten(tmp_path: Path) -> None:
    write_pages(tmp_path / "content", 60, 80)
    shown = on_a_terminal(
        "ingest", tmp_path / "content", "--dry-run", "--kb", tmp_path / "kb", XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    assert "reading files" in shown
    assert "60/60" in shown
    assert "/s " in shown
    assert "left" in shown


def test_a_short_run_tells_nothing_of_its_progress(
    content: Path, ingest: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert "reading files" not in ingest(content, "--dry-run").stderr
