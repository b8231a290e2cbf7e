"""The commands about stored records, and what a publish says of those it replaces."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli_support import error_line, faq
from server_support import copied_knowledge
from workers import made_once

from faqkb.faq.replacing import Replacing
from faqkb.faq.watching.rounds import Publisher, Rounds

PAGES = {
    "shop.md": ["Where is my parcel?", "How do I return it?", "Do you ship abroad?"],
    "club.md": ["How do I join?", "What does it cost?", "When do you open?"],
}


def page(questions: list[str]) -> str:
    return "# FAQ\n\n" + "".join(f"## {question}\n\n{question[:-1]} is told here.\n\n" for question in questions)


def make(folder: Path) -> None:
    for name, questions in PAGES.items():
        (folder / name).write_text(page(questions))
    assert faq("ingest", folder / "shop.md", folder / "club.md", "--kb", folder / "kb").returncode == 0


@pytest.fixture
def six(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two files of three questions and their knowledge base."""
    made = made_once(tmp_path_factory, "six", make)
    for name in PAGES:
        shutil.copy(made / name, tmp_path)
    copied_knowledge(made / "kb", tmp_path / "kb")
    return tmp_path


def ids(folder: Path) -> set[str]:
    done = faq("list", "--kb", folder / "kb", "--json")
    return {record["id"] for record in json.loads(done.stdout)["records"]}


def test_records_are_listed_in_their_order(six: Path) -> None:
    lines = faq("list", "--kb", six / "kb").stdout.splitlines()
    assert [line.split("  ")[1] for line in lines] == [each for name in PAGES for each in PAGES[name]]


def test_a_record_is_shown_by_its_id_or_its_end(six: Path) -> None:
    record_id = next(each for each in ids(six) if each.startswith("club/") and "join" in each)
    done = faq("show", record_id, "--kb", six / "kb")
    assert "How do I join is told here." in done.stdout
    assert f"id: {record_id}" in done.stdout
    assert "source: club.md:3" in done.stdout
    assert faq("show", record_id.partition("/")[2], "--kb", six / "kb").stdout == done.stdout
    assert json.loads(faq("show", record_id, "--kb", six / "kb", "--json").stdout)["id"] == record_id


def test_an_id_that_is_not_there_is_told_with_the_nearest(six: Path) -> None:
    wanted = sorted(ids(six))[0]
    assert wanted in error_line(faq("show", f"{wanted}x", "--kb", six / "kb"))


def test_a_publish_says_what_it_changes_and_diff_says_it_again(six: Path) -> None:
    text = page([*PAGES["shop.md"][:2], "Can I pay by card?", "Is there a shop in town?"])
    (six / "shop.md").write_text(text.replace("How do I return it is told", "How to return is told"))
    done = faq("ingest", six / "shop.md", six / "club.md", "--kb", six / "kb")
    assert "changes: 2 added, 1 changed, 0 renamed, 1 removed" in done.stdout
    told = json.loads(faq("diff", "--kb", six / "kb", "--json").stdout)
    assert [len(told[name]) for name in ("added", "changed", "renamed", "removed")] == [2, 1, 0, 1]
    assert faq("diff", "previous", told["newer"][:20], "--kb", six / "kb").returncode == 0
    back = faq("snapshots", "--rollback", "previous", "--kb", six / "kb")
    assert back.returncode == 0
    assert len(ids(six)) == 6


def test_a_record_that_moved_to_another_file_is_renamed(six: Path) -> None:
    (six / "shop.md").rename(six / "store.md")
    done = faq("ingest", six / "store.md", six / "club.md", "--kb", six / "kb")
    assert "changes: 0 added, 0 changed, 3 renamed, 0 removed" in done.stdout


def test_much_is_removed_only_when_that_is_said(six: Path) -> None:
    before = ids(six)
    line = error_line(faq("ingest", six / "shop.md", "--kb", six / "kb"))
    assert "this removes 3 of 6 records" in line
    assert "--yes" in line
    assert "--add" in line
    assert ids(six) == before
    assert faq("ingest", six / "shop.md", "--kb", six / "kb", "--yes").returncode == 0
    assert len(ids(six)) == 3


def test_the_sample_does_not_replace_what_is_there(six: Path) -> None:
    before = ids(six)
    assert "this removes 6 of 6 records" in error_line(faq("ingest", "--kb", six / "kb"))
    assert ids(six) == before


def test_a_file_is_added_to_what_is_there(six: Path) -> None:
    (six / "more.md").write_text(page(["Is there parking?"]))
    done = faq("ingest", six / "more.md", "--kb", six / "kb", "--add")
    assert "changes: 1 added, 0 changed, 0 renamed, 0 removed" in done.stdout
    (six / "more.md").write_text(page(["Is there parking for bicycles?"]))
    faq("ingest", six / "more.md", "--kb", six / "kb", "--add")
    assert len(ids(six)) == 7


def test_a_file_that_cannot_be_read_any_more_keeps_its_records(six: Path) -> None:
    before = ids(six)
    (six / "club.md").write_bytes(b"\xff\xfe\x00\x00" + bytes(range(256)) * 10)
    line = error_line(faq("ingest", six / "shop.md", six / "club.md", "--kb", six / "kb"))
    assert "club.md gave records before and cannot be read now" in line
    assert ids(six) == before


@pytest.mark.parametrize("content", [b"", b"\0" * 4_096, b"\n\n \n"])
@pytest.mark.parametrize("more", [(), ("--add",)])
def test_a_file_that_lost_its_bytes_keeps_its_records(six: Path, content: bytes, more: tuple[str, ...]) -> None:
    files = [six / "shop.md", six / "club.md", six / "more.md"]
    files[2].write_text(page(["Is there parking?"]))
    faq("ingest", *files, "--kb", six / "kb")
    before = ids(six)
    files[2].write_bytes(content)
    line = error_line(faq("ingest", *files, "--kb", six / "kb", *more))
    assert "more.md gave records before and cannot be read now" in line
    assert ids(six) == before
    assert faq("ingest", *files, "--kb", six / "kb", "--yes").returncode == 0
    assert len(ids(six)) == 6


def test_a_live_snapshot_that_cannot_be_read_stops_no_ingest_and_loses_nothing_unseen(six: Path) -> None:
    (live,) = (six / "kb" / "snapshots").iterdir()
    (live / "records.sqlite").chmod(0o644)
    (live / "records.sqlite").write_bytes(b"")
    files = [six / "shop.md", six / "club.md"]
    assert "--add cannot keep it" in error_line(faq("ingest", files[0], "--kb", six / "kb", "--add"))
    whole = files[1].read_bytes()
    files[1].write_bytes(b"\0" * 4_096)
    assert "nor what it gave before" in error_line(faq("ingest", *files, "--kb", six / "kb"))
    files[1].write_bytes(whole)
    assert faq("ingest", *files, "--kb", six / "kb").returncode == 0
    assert len(ids(six)) == 6


def test_strict_counts_a_file_that_cannot_be_read(six: Path) -> None:
    (six / "new.md").write_bytes(b"\0" * 4_096)
    done = faq("ingest", six / "shop.md", six / "club.md", six / "new.md", "--kb", six / "kb", "--strict")
    assert (done.returncode, "nothing published" in done.stdout) == (1, True)
    rounds = Rounds([six / "shop.md", six / "new.md"], six / "kb", Replacing(sure=True), Publisher(), strict=True)
    assert rounds.run().published is None


def test_strict_publishes_nothing_when_there_are_warnings(six: Path) -> None:
    before = ids(six)
    (six / "shop.md").write_text(page([*PAGES["shop.md"], "Is it open?"]) + "<!-- faq: tags -->\n")
    done = faq("ingest", six / "shop.md", six / "club.md", "--kb", six / "kb", "--strict")
    assert done.returncode == 1, done.stdout
    assert "nothing published" in done.stdout
    assert ids(six) == before


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",), ("-h",)])
def test_faq_alone_says_what_there_is(arguments: tuple[str, ...]) -> None:
    done = faq(*arguments)
    assert done.returncode == 0
    assert "ingest" in done.stdout


@pytest.mark.parametrize("group", ["check", "keys", "model"])
def test_a_group_alone_says_what_there_is(group: str) -> None:
    done = faq(group)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == faq(group, "--help").stdout


def test_help_of_a_command_and_the_version() -> None:
    assert faq("help", "check", "run").stdout == faq("check", "run", "--help").stdout
    assert faq("-v").stdout == faq("--version").stdout
    assert "did you mean `faq ask`?" in error_line(faq("aks", "why"))
    assert "No such command 'aks'" in error_line(faq("help", "aks"))
