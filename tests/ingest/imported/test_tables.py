"""Tables that nobody's export is: a sheet that somebody keeps, our own CSV; and Excel workbooks of any of them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from imported_support import SAMPLES, imported

from faqkb.ingest import read_sources
from faqkb.ingest.imported.layout import lay_out
from faqkb.ingest.imported.recognise import read_file
from faqkb.kb.errors import ContentError


def test_a_table_with_questions_and_answers(tmp_path: Path) -> None:
    header = "编号,问题,相似问题,答案,标签,负责人"
    table = f'{header}\n7,怎么续借？,"延长借期\n续借",登录后点**续借**。,借书;自助,Ann\n,,,没有问题,,\n'
    layout, records = imported(table.encode("gb18030"), "library.csv", tmp_path)
    (record,) = records.values()
    assert (record.id, record.question, record.answer) == ("library/7", "怎么续借？", "登录后点**续借**。")
    assert (record.alternates, record.tags) == (("延长借期", "续借"), ("借书", "自助"))
    assert "负责人: Ann" in layout.files[0].text
    assert [(row.row, row.why) for row in layout.left_out] == [(4, "has no question")]


def workbook(path: Path, *sheets: list[list[object]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl", reason="pip install 'faqkb[import]'")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_sheet_by_sheet(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "library.xlsx",
        [["qid", "question1", "question2", "answer", "Answer Markdown"], [7, "Renew?", "Extend?", "Yes.", "**Yes.**"]],
        [["price", "pen"], [1, 2]],
    )
    collection = read_file(file)
    (entry,) = collection.entries
    assert (entry.id, entry.question, entry.alternates, entry.answer) == ("7", "Renew?", ("Extend?",), "**Yes.**")
    assert [(left.id, left.why[:18]) for left in collection.left_out] == [("Sheet 2", "a sheet of 1 rows:")]


def test_a_workbook_of_a_known_system(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    rows = [line.split("\t") for line in (SAMPLES / "azure.tsv").read_text(encoding="utf-8").splitlines()]
    file = workbook(tmp_path / "azure.xlsx", rows)
    layout = lay_out(read_file(file), file.name)
    (tmp_path / "azure.md").write_text(layout.files[0].text, encoding="utf-8")
    assert [record.id for record in read_sources([tmp_path / "azure.md"]).records] == ["azure/1", "azure/2"]


@pytest.mark.parametrize("declared", ["<!DOCTYPE x>", "<!DOCTYPE x>".encode("utf-16").decode("latin-1")])
def test_an_archive_that_declares_entities_is_not_opened(declared: str, tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", declared.encode("latin-1"))
    with pytest.raises(ContentError, match="declares a document type"):
        read_file(file)


def test_an_archive_that_would_fill_the_memory_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 101_000_000)
    with pytest.raises(ContentError, match="unpacks to 101,000,000 bytes"):
        read_file(file)


@pytest.mark.parametrize("content", [b"PK\x03\x04 and no more", b"PK\x03\x04" * 1_000])
def test_a_damaged_archive_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(content)
    with pytest.raises(ContentError, match="cannot be read"):
        read_file(file)
