"""Word documents: the questions that ingest finds in them, and what does not come along."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from faqkb.ingest import read_sources
from faqkb.ingest.imported.layout import lay_out
from faqkb.ingest.imported.recognise import read_file
from faqkb.kb.errors import ContentError

pytest.importorskip("mammoth", reason="pip install 'faqkb[import]'")
pytest.importorskip("markdownify", reason="pip install 'faqkb[import]'")

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def document(path: Path, *paragraphs: tuple[str, str]) -> Path:
    """Write a Word document of paragraphs, each with its style."""
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    types = (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        'package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    links = f'<Relationship Id="r" Type="{OFFICE}" Target="word/document.xml"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>')
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>')
    return path


def test_headings_that_ask_are_questions(tmp_path: Path) -> None:
    file = document(
        tmp_path / "library.docx",
        ("Heading1", "FAQ"),
        ("Heading2", "How do I renew a book?"),
        ("Normal", "Sign in, then press <Renew> or *Renew*."),
        ("Heading2", "What does a late book cost?"),
        ("Normal", "Ten cents a day."),
        ("Heading2", "And nobody answers this?"),
    )
    layout = lay_out(read_file(file), file.name)
    for written in layout.files:
        (tmp_path / written.name).write_text(written.text, encoding="utf-8")
    records = read_sources([tmp_path]).records
    assert [record.question for record in records] == ["How do I renew a book?", "What does a late book cost?"]
    assert records[0].answer_text == "Sign in, then press <Renew> or *Renew*."
    assert any("And nobody answers this?" in left.why for left in layout.left_out)
    assert "imported_as: word" in layout.files[0].text


def test_a_document_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no questions are found"):
        read_file(document(tmp_path / "x.docx", ("Normal", "Only prose.")))


def test_what_is_no_document_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "x.docx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w")
    with pytest.raises(ContentError, match="no Word document"):
        read_file(file)


@pytest.mark.parametrize(
    ("text", "limit"), [("<w:p/>" * 500_000, "500,0.. tags"), ("x" * 20_000_000, "20,000,... bytes of XML")]
)
def test_a_document_is_measured_wherever_in_the_archive_it_lies(text: str, limit: str, tmp_path: Path) -> None:
    file = document(tmp_path / "x.docx", ("Heading1", "Why?"))
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"word/document.xml", b"word/media/x.png")
    parts["word/media/x.png"] = parts["word/document.xml"].replace(b"</w:body>", f"<w:t>{text}</w:t></w:body>".encode())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(ContentError, match=limit):
        read_file(file)


def test_a_document_says_not_by_which_rules_it_is_read(tmp_path: Path) -> None:
    file = document(tmp_path / "x.docx", ("Heading1", "Why is it so?"), ("Normal", "Because it is."))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("mammoth/style-map", "p => script:fresh")
    (entry,) = read_file(file).entries
    assert (entry.question, entry.answer) == ("Why is it so?", "Because it is.")
