"""`faq import FILE --to DIR`: what a user sees, and that nothing of theirs is written over unasked."""

from __future__ import annotations

import json
from pathlib import Path

from cli_support import error_line, faq
from imported_support import SAMPLES

from faqkb.ingest import read_sources

AZURE = SAMPLES / "azure.tsv"


def test_a_foreign_file_becomes_markdown_and_all_that_is_left_out_is_named(tmp_path: Path) -> None:
    done = faq("import", AZURE, "--to", "content/imported", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "as azure-tsv: 2 questions, 1 rows left out" in done.stdout
    assert "wrote content/imported/azure.md: 2" in done.stdout
    assert "row 5 (3): left out: has no answer" in done.stderr
    records = read_sources([tmp_path / "content"]).records
    assert [record.question for record in records] == ["How do I renew a book?", "What does a late book cost?"]


def test_json_names_files_and_rows(tmp_path: Path) -> None:
    done = faq("import", AZURE, "--to", tmp_path, "--json")
    told = json.loads(done.stdout)
    assert told["format"] == "azure-tsv"
    assert told["files"] == [{"path": str(tmp_path / "azure.md"), "records": 2}]
    assert told["left_out"] == [{"row": 5, "id": "3", "why": "has no answer"}]


def test_a_file_that_is_there_is_kept_unless_asked(tmp_path: Path) -> None:
    mine = tmp_path / "azure.md"
    mine.write_text("mine", encoding="utf-8")
    refused = faq("import", AZURE, "--to", tmp_path)
    assert "is there already and holds something else; nothing was written" in error_line(refused)
    assert mine.read_text(encoding="utf-8") == "mine"
    assert faq("import", AZURE, "--to", tmp_path, "--yes").returncode == 0
    assert "Renew" in mine.read_text(encoding="utf-8")
    assert faq("import", AZURE, "--to", tmp_path).returncode == 0  # the same again changes nothing
    assert [path.name for path in tmp_path.iterdir()] == ["azure.md"]


def test_a_link_in_the_folder_leads_nowhere_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "en").symlink_to(outside)
    table = tmp_path / "x.tsv"
    table.write_text("Question\tAnswer\tMetadata\tQnaId\nWhat?\tIt.\tfaq_id:en/Q1\t1\n", encoding="utf-8")
    (tmp_path / "to" / "en.md").symlink_to(outside / "en.md")
    assert "en.md" in error_line(faq("import", table, "--to", tmp_path / "to", "--yes"))
    assert list(outside.iterdir()) == []


def test_an_unknown_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("name,price\npen,1\n", encoding="utf-8")
    line = error_line(faq("import", file, "--to", tmp_path / "to"))
    assert "got the columns 'name, price'" in line
    assert not (tmp_path / "to").exists()


def test_a_foreign_file_without_a_folder_is_told_the_way(tmp_path: Path) -> None:
    line = error_line(faq("import", AZURE, "--kb", tmp_path / "kb"))
    assert "of what another system exported, --to DIR makes Markdown" in line


def test_to_and_kb_exclude_each_other(tmp_path: Path) -> None:
    assert "--to" in error_line(faq("import", AZURE, "--to", tmp_path, "--kb", tmp_path / "kb"))
    assert "--to" in error_line(faq("import", AZURE, "--format", "azure-tsv"))
