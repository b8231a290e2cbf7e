"""Tables that nobody's export is: a sheet that somebody keeps, our own CSV; and Excel workbooks of any of them."""

from __future__ import annotations

import re
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


@pytest.mark.parametrize(
    ("declared", "why"),
    [(b"<!DOCTYPE x>", "declares a document type"), ("<!DOCTYPE x>".encode("utf-16"), "another encoding than UTF-8")],
)
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/strings.bin", "xl/media/picture.png"])
def test_an_archive_that_declares_entities_is_not_opened(declared: bytes, why: str, part: str, tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {"xl/workbook.xml": b"<workbook/>", part: declared}.items():
            archive.writestr(name, content)
    with pytest.raises(ContentError, match=why):
        read_file(file)


def test_an_archive_that_would_fill_the_memory_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 101_000_000)
    with pytest.raises(ContentError, match="unpacks to 101,000,000 bytes"):
        read_file(file)


def test_an_archive_of_more_tags_than_a_library_can_hold_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/styles.bin", b"<s>" + b"<xf/>" * 4_000_000 + b"</s>")  # 20 MB, within the limit of bytes
    with pytest.raises(ContentError, match=r"holds 4,000,003 tags \(limit 4,000,000\)"):
        read_file(file)


def rewrite(file: Path, part: str, old: bytes, new: bytes) -> None:
    """Put other bytes into a part of an archive, in place of what a pattern finds."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part], found = re.subn(old, new, parts[part])
    assert found
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_one_sheet_named_again_and_again_is_not_read_each_time(tmp_path: Path) -> None:
    file = workbook(tmp_path / "x.xlsx", [["question", "answer"], *([number, number] for number in range(1_000))])
    rewrite(file, "xl/workbook.xml", rb"<sheet [^>]*/>", rb"\g<0>" * 20_000)
    with pytest.raises(ContentError, match="20,000 sheets, which are too long for so many"):
        read_file(file)


@pytest.mark.parametrize("cell", [b't="d"><v>2024-13-99', b't="n"><v>nan'])
def test_a_cell_that_no_excel_wrote_is_one_sentence(cell: bytes, tmp_path: Path) -> None:
    file = workbook(tmp_path / "x.xlsx", [["question", "answer"], ["Why?", 4711]])
    rewrite(file, "xl/worksheets/sheet1.xml", b't="n"><v>4711', cell)
    with pytest.raises(ContentError, match=r"sheet 'Sheet 1': row 2 cannot be read \(.+correct it, or save the sheet"):
        read_file(file)


def test_a_table_of_more_cells_than_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="more than 2,000,000 cells"):
        imported(b"question,answer\nWhy?,So." + b"," * 2_000_000, "x.csv", tmp_path)


@pytest.mark.parametrize("content", [b"PK\x03\x04 and no more", b"PK\x03\x04" * 1_000])
def test_a_damaged_archive_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(content)
    with pytest.raises(ContentError, match="cannot be read"):
        read_file(file)
