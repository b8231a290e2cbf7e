"""Checks beside the Markdown: found, bound to records, and what does not fit is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from faqkb.ingest import Ingested, read_sources

FAQ = "# FAQ\n\n## Q1: Is there room?\n{comment}\nLook at the disk.\n\n## Q2: Is it fast?\n\nMeasure it.\n"
CHECK = """# /// script
# [tool.faq-check]
# id = "{id}"
# title = "Is there room?"
# answers = [{answers}]
# ///
"""


def write(folder: Path, comment: str = "", **scripts: str) -> Path:
    (folder / "checks").mkdir(parents=True)
    (folder / "faq.md").write_text(FAQ.format(comment=comment))
    for check_id, answers in scripts.items():
        (folder / "checks" / f"{check_id}.py").write_text(CHECK.format(id=check_id, answers=answers))
    return folder


def bound(ingested: Ingested) -> dict[str, tuple[str, ...]]:
    return {record.id: record.checks for record in ingested.records}


def warnings(ingested: Ingested) -> list[str]:
    reports = (*ingested.files, *ingested.scripts)
    return [f"{report.path}:{warned.line}: {warned.message}" for report in reports for warned in report.warnings]


def test_a_check_binds_itself_and_a_record_names_another(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", "<!-- faq: check=own -->", disk='"faq/Q1"', own="")
    ingested = read_sources([folder])
    assert bound(ingested) == {"faq/Q1": ("own", "disk"), "faq/Q2": ()}
    assert [check.id for check in ingested.checks] == ["disk", "own"]
    assert warnings(ingested) == []


def test_the_most_particular_check_comes_first(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", all='"faq/Q1", "faq/Q2"', disk='"faq/Q1"')
    assert bound(read_sources([folder]))["faq/Q1"] == ("disk", "all")


def test_an_unknown_record_and_an_unknown_check_are_named_with_their_lines(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", "<!-- faq: check=none -->", disk='"faq/Q9"')
    ingested = read_sources([folder])
    assert bound(ingested)["faq/Q1"] == (), "an answer offers no script that is not there"
    first, second = warnings(ingested)
    assert first.startswith("faq.md:3: check=none names no check script; write checks/none.py")
    assert second.startswith("checks/disk.py:5: answers names faq/Q9, which no record has")


def test_records_of_files_that_were_not_read_are_not_called_unknown(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", disk='"faq/Q1", "en/faq/Q1"')
    assert warnings(read_sources([folder / "faq.md"])) == []
    assert bound(read_sources([folder / "faq.md"]))["faq/Q1"] == ("disk",)
    assert len(warnings(read_sources([folder]))) == 1


def test_a_script_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", disk='"faq/Q1"')
    (folder / "checks" / "disk.py").write_text(CHECK.format(id="desk", answers=""))
    ingested = read_sources([folder])
    assert ingested.checks == ()
    assert warnings(ingested) == [
        "checks/disk.py:1: left out: its header says id = 'desk'; write id = \"disk\" or rename the file"
    ]


def test_scripts_that_are_no_checks_are_nobodys_business(tmp_path: Path) -> None:
    folder = write(tmp_path / "c")
    (folder / "checks" / "tool.py").write_text("print(1)\n")
    (folder / "checks" / "folder.py").mkdir()
    ingested = read_sources([folder])
    assert ingested.checks == ()
    assert [line for line in warnings(ingested) if "tool" in line] == []


def test_the_first_folder_has_a_check_and_the_second_is_told(tmp_path: Path) -> None:
    folders = [write(tmp_path / name, disk='"faq/Q1"') for name in "ab"]
    ingested = read_sources(folders)
    assert len(ingested.checks) == 1
    assert any("an earlier folder has a check of this id" in line for line in warnings(ingested))


@pytest.mark.parametrize("content", ["", "en"])
def test_every_bundled_record_has_a_check_and_nothing_is_named_in_vain(content: str) -> None:
    folder = Path(__file__).resolve().parents[2] / "content"
    ingested = read_sources([folder])
    assert warnings(ingested) == []
    assert all(record.checks for record in ingested.records if record.id.startswith(content))
