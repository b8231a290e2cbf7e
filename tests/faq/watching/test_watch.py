"""Saving a file is publishing it: a served folder that somebody writes in, as a process."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_support import ROOT, error_line, faq
from server_support import ServedProcess, copied_knowledge, served
from workers import made_once

from faqkb.faq.checks.new import write_skeleton
from faqkb.ingest import content_stamp, read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import snapshot_names
from faqkb.server.http.security import SECURITY_HEADERS

SECONDS = 60  # for what takes one or two on a machine that has nothing else to do
PAGES = {
    "shop.md": ["Where is my parcel?", "How do I return it?", "Do you ship abroad?"],
    "club.md": ["How do I join?", "What does it cost?", "When do you open?"],
}


def page(questions: list[str], told: str = "is told here") -> str:
    return "# FAQ\n\n" + "".join(f"## {question}\n\n{question[:-1]} {told}.\n\n" for question in questions)


@dataclass(frozen=True, slots=True)
class Writer:
    """A folder that is served while somebody writes in it."""

    content: Path
    kb: Path
    server: ServedProcess

    def answers(self) -> str:
        """Return all that is answered now."""
        records = self.server.get("/api/v1/records?limit=200").json["records"]
        return "\n".join(f"{record['question']} {record['answer']}" for record in records)

    def problems(self) -> list[str]:
        """Return what the page says is wrong."""
        text = self.server.get("/", Accept="text/html").content.decode()
        found = re.search(r'<section class="notices".*?</section>', text, re.DOTALL)
        return [html.unescape(each) for each in re.findall(r"<li>(.*?)</li>", found[0], re.DOTALL)] if found else []

    def problem(self) -> str:
        assert within(lambda: bool(self.problems())), self.answers()
        return "\n".join(self.problems())


def within(holds: Callable[[], bool], seconds: float = SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def content(tmp_path: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six questions and a check, with the knowledge base made of it beside it."""

    def make(folder: Path) -> None:
        (folder / "content").mkdir()
        for name, questions in PAGES.items():
            (folder / "content" / name).write_text(page(questions))
        write_skeleton("disk-room", folder / "content")
        ingested = read_sources([folder / "content"])
        build_snapshot(folder / "kb", ingested.records, encoder, checks=ingested.checks)

    made = made_once(tmp_path_factory, "written", make)
    copied_knowledge(made / "kb", tmp_path / "kb")
    copied_knowledge(made / "content", tmp_path / "content")
    return tmp_path / "content"


@pytest.fixture
def writer(content: Path) -> Iterator[Writer]:
    with served(content.parent / "kb", "--watch", str(content)) as server:
        yield Writer(content, content.parent / "kb", server)


def test_what_is_saved_is_answered(writer: Writer) -> None:
    text = page(PAGES["shop.md"], "is told anew")
    (writer.content / "shop.md").write_text(text)
    assert within(lambda: "told anew" in writer.answers())
    assert writer.problems() == []
    # Many editors write beside the file and rename.
    beside = writer.content / ".shop.md.swp"
    beside.write_text(text.replace("told anew", "told a third time"))
    beside.replace(writer.content / "shop.md")
    assert within(lambda: "told a third time" in writer.answers())


def test_a_file_that_comes_or_goes_is_followed(writer: Writer) -> None:
    (writer.content / "more.md").write_text(page(["Is there parking?"]))
    assert within(lambda: "Is there parking?" in writer.answers())
    (writer.content / "more.md").unlink()
    assert within(lambda: "Is there parking?" not in writer.answers())
    assert "Where is my parcel?" in writer.answers()


def test_a_file_that_cannot_be_read_is_told_on_the_page_until_it_is_mended(writer: Writer) -> None:
    before = writer.answers()
    good = (writer.content / "club.md").read_bytes()
    (writer.content / "club.md").write_bytes(b"\xff\xfe\x00\x00" + bytes(range(256)) * 10)
    assert "club.md gave records before and cannot be read now" in writer.problem()
    assert writer.answers() == before
    reply = writer.server.get("/", Accept="text/html")
    assert reply.headers["Content-Security-Policy"] == SECURITY_HEADERS["Content-Security-Policy"]
    for path in ("/?q=parcel", "/docs", "/nowhere"):
        assert b'class="notices"' in writer.server.get(path, Accept="text/html").content, path
    (writer.content / "club.md").write_bytes(good)
    assert within(lambda: writer.problems() == [])
    assert writer.answers() == before


def test_the_name_of_a_file_is_no_html(writer: Writer) -> None:
    name = "<img src=x onerror=alert(1)>.md"
    (writer.content / name).write_bytes(b"\xff\xfe\x00\x00" + bytes(range(256)) * 10)
    assert name in writer.problem()
    assert b"<img src=x" not in writer.server.get("/", Accept="text/html").content


def test_much_that_goes_is_not_published_unasked(writer: Writer) -> None:
    before = writer.answers()
    (writer.content / "club.md").unlink()
    problem = writer.problem()
    assert "this removes 3 of 6 records" in problem
    assert "faq ingest PATH --yes" in problem
    assert writer.answers() == before
    assert faq("ingest", writer.content, "--kb", writer.kb, "--yes").returncode == 0
    assert within(lambda: writer.problems() == []), "who publishes by hand has mended it"
    assert within(lambda: "How do I join?" not in writer.answers())


def test_a_mistake_in_front_matter_and_in_a_check_is_told(writer: Writer) -> None:
    shop = writer.content / "shop.md"
    shop.write_text(f"---\ntitle: [open\n---\n{page(PAGES['shop.md'])}")
    assert "shop.md:1: front matter that cannot be read" in writer.problem()
    shop.write_text(page(PAGES["shop.md"]))
    assert within(lambda: writer.problems() == [])
    script = writer.content / "checks" / "disk-room.py"
    text = script.read_text()
    script.write_text(text.replace("# [tool.faq-check]", "# [tool.faq-check"))
    assert "checks/disk-room.py:1: left out: its header is not TOML" in writer.problem()
    script.write_text(text)
    assert within(lambda: writer.problems() == [])


def test_a_file_that_is_emptied_before_it_is_written_is_waited_for(writer: Writer) -> None:
    before = snapshot_names(writer.kb)
    club = writer.content / "club.md"
    club.write_text("")
    time.sleep(0.5)
    club.write_text(page(PAGES["club.md"], "is told anew"))
    assert within(lambda: "How do I join is told anew" in writer.answers())
    assert len(snapshot_names(writer.kb)) == len(before) + 1
    assert writer.problems() == []


def test_a_server_that_nobody_writes_for_shows_no_problems(content: Path) -> None:
    with served(content.parent / "kb") as server:
        (content / "club.md").write_bytes(b"\xff\xfe\x00\x00" + bytes(range(256)) * 10)
        assert b"notices" not in server.get("/", Accept="text/html").content


def test_without_a_knowledge_base_the_content_makes_one(content: Path) -> None:
    with served(content.parent / "new", "--watch", str(content)) as server:
        assert len(server.get("/api/v1/records?limit=200").json["records"]) == 6
    (content.parent / "empty").mkdir()
    error = error_line(faq("serve", "--kb", content.parent / "other", "--watch", content.parent / "empty"))
    assert "holds no Markdown" in error


def test_interrupting_a_server_that_watches_is_clean(content: Path) -> None:
    with served(content.parent / "kb", "--watch", str(content)) as server:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 0


@contextmanager
def watching(content: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `faq ingest --watch`; the block begins once it watches."""
    command = [sys.executable, "-m", "faqkb", "ingest", content, "--kb", content.parent / "kb", "--watch", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert any("watching" in line for line in process.stdout)
        yield process
        process.kill()


def test_ingest_that_watches_tells_each_round_and_ends_on_interrupt(content: Path) -> None:
    with watching(content) as process:
        assert process.stdout is not None
        (content / "shop.md").write_text(page(PAGES["shop.md"], "is told anew"))
        assert "0 added, 3 changed, 0 renamed, 0 removed" in process.stdout.readline()
        (content / "club.md").unlink()
        assert "problem: nothing was published: this removes 3 of 6 records" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""
    assert len(json.loads(faq("list", "--kb", content.parent / "kb", "--json").stdout)["records"]) == 6


def test_ingest_that_watches_publishes_all_when_that_is_said(content: Path) -> None:
    with watching(content, "--yes") as process:
        assert process.stdout is not None
        (content / "club.md").unlink()
        assert "0 added, 0 changed, 0 renamed, 3 removed" in process.stdout.readline()


def test_a_stamp_changes_with_what_is_read_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    seen = [content_stamp([tmp_path])]
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".hidden.md").write_text("x")
    (tmp_path / "faq.md~").write_text("x")
    assert content_stamp([tmp_path]) == seen[0]
    for name in ("deep/faq.md", "checks/a.py", "deep/shown.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
        assert content_stamp([tmp_path]) not in seen, name
        seen.append(content_stamp([tmp_path]))
    other = tmp_path / "other"
    other.write_text("x")
    status = (tmp_path / "deep/faq.md").stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(tmp_path / "deep/faq.md")
    assert content_stamp([tmp_path]) not in seen, "another file of the same size and time"
    assert content_stamp([tmp_path / "no" / "where"]) == frozenset()
