"""`--fix` mends what changes no answer, and keeps every byte of the rest."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from lint_support import findings, lint

from faqkb.ingest.linted.findings import Edit
from faqkb.ingest.linting.fixing import edited, fix_file
from faqkb.ingest.linting.run import Against, find_by_reading, read_files
from faqkb.kb.errors import ContentError

TEXT = "# FAQ\n\n##Is there tea?\nYes.  \n\n\n##有蛋糕吗？\n星期天有。\tso\n\n```\n##no heading\n```\n"
FIXED = TEXT.replace("##Is", "## Is").replace("##有", "## 有")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
        ("gb18030", b""),
    ],
)
def test_line_ends_mark_and_encoding_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ends: str, encoding: str, mark: bytes
) -> None:
    more = "我们的问题和回答都写在这里，大家可以看。\n" * 3 if encoding == "gb18030" else ""
    file = tmp_path / "faq.md"
    file.write_bytes(mark + (TEXT + more).replace("\n", ends).encode(encoding))
    code, out = lint(capsys, tmp_path, "faq.md", "--fix", "--quick")
    assert file.read_bytes() == mark + (FIXED + more).replace("\n", ends).encode(encoding)
    assert (code, out.splitlines()[-1]) == (0, "2 mended, no findings in 1 file")


def test_a_link_that_differs_in_capitals_is_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Form.pdf").write_bytes(b"%PDF")
    file = tmp_path / "faq.md"
    file.write_text(
        "# FAQ\n\n## Which form?\nSee [form.pdf](./form.pdf) or [it][f].\n\n[f]: form.pdf\n", encoding="utf-8"
    )
    lint(capsys, tmp_path, "faq.md", "--fix", "--quick")
    assert "[form.pdf](./Form.pdf)" in file.read_text(encoding="utf-8")
    assert [each["what"] for each in findings(capsys, tmp_path, "faq.md", "--quick")] == [
        "form.pdf is not there, Form.pdf is"  # of the reference, which stands elsewhere
    ]


def test_what_is_turned_off_is_not_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "faq.md"
    file.write_text(f"<!-- faq-lint off=heading-blank -->\n{TEXT}", encoding="utf-8")
    assert lint(capsys, tmp_path, "faq.md", "--fix", "--quick")[0] == 0
    assert "##Is" in file.read_text(encoding="utf-8")


def test_mode_and_symbolic_link_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real = tmp_path / "real" / "faq.md"
    real.parent.mkdir()
    real.write_text(TEXT, encoding="utf-8")
    real.chmod(0o664)
    link = tmp_path / "faq.md"
    link.symlink_to(real)
    old = os.umask(0o077)
    try:
        lint(capsys, tmp_path, "faq.md", "--fix", "--quick")
    finally:
        os.umask(old)
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == FIXED
    assert stat.S_IMODE(real.stat().st_mode) == 0o664
    assert [path.name for path in real.parent.iterdir()] == ["faq.md"]


def test_a_file_that_somebody_saved_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "faq.md"
    file.write_text(TEXT, encoding="utf-8")
    read = read_files([file])
    found = list(find_by_reading(read, Against()))
    file.write_text("saved by an editor", encoding="utf-8")
    with pytest.raises(ContentError, match="was changed by somebody else"):
        fix_file(read.files[0], found)
    assert file.read_text(encoding="utf-8") == "saved by an editor"


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=8),
    st.integers(1, 8),
    st.integers(0, 20),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_an_edit_adds_its_blank_and_nothing_else(lines: list[str], line: int, column: int, end: str) -> None:
    content = end.join(lines).encode()
    fixed, count = edited(content, "faq.md", [Edit(line, column, "", "\0blank\0")])
    assert count == fixed.count(b"\0blank\0") - content.count(b"\0blank\0")
    assert fixed.replace(b"\0blank\0", b"", 1) == content or not count
