"""Changes to Markdown as patches: real git takes them, nothing else changes, and no reader's words break the file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faqkb.ingest.editing.changes import with_question, with_wordings
from faqkb.ingest.editing.patch import quoted, unified_diff
from faqkb.ingest.editing.source import SourceFile
from faqkb.ingest.editing.wordings import alt_comment, one_line
from faqkb.ingest.readings.metadata import read_metadata
from faqkb.kb.errors import ContentError

PLAIN = "# FAQ\n\n## How do I print?\n\nPress the button.\n\n## Where is the toilet?\n\nUpstairs.\n"
WITH_COMMENT = PLAIN.replace("print?\n", 'print?\n\n<!-- faq: id=print alt="paper out"\n     tags=a,b -->\n')
STYLES = {
    "headings": (PLAIN, "faq/how-do-i-print"),
    "a comment": (WITH_COMMENT, "faq/print"),
    "tight": ("# FAQ\n## How do I print?\nPress it.\n## And scan?\nThe same.\n", "faq/how-do-i-print"),
    "setext": ("FAQ\n===\n\nHow do I print?\n---\nPress it.\n\nAnd scan?\n---\nThe same.\n", "faq/how-do-i-print"),
    "labels": ("# FAQ\n\n**Q1: How do I print?**\n\nA: Press it.\n\n**Q2: And scan?**\n\nA: The same.\n", "faq/Q1"),
    "folds": (
        "# FAQ\n\n<details>\n<summary>How do I print?</summary>\n\nPress it.\n\n</details>\n\n<details>\n"
        "<summary>And scan?</summary>\n\nThe same.\n\n</details>\n",
        "faq/how-do-i-print",
    ),
    "list": ("# FAQ\n\n- **How do I print?**\n\n  Press it.\n\n- **And scan?**\n\n  The same.\n", "faq/how-do-i-print"),
    "no end": (PLAIN.rstrip("\n"), "faq/where-is-the-toilet"),
}
NASTY = [
    'a "quoted" word',
    'it\'s "both" kinds “of” quotes',
    "--> <script>alert(1)</script>",
    "--!> <!-- nested <!--> -- >",
    "## heading\n\n- list",
    "a=b tags=x id=stolen",
    "back\\slash `code` *em* __init__ [x](y) ![z](w) <b>&amp; {{ jinja }} $x$ | cell",
    "\u202eevil\u202c \x1b[2J \x00 tab\there",
    "第二个问题：怎么打印？",
    "{{ config }} {% include secret %} {# x #} {!secret!} <% code %> {{{{{ }}}}} <!%",
]
TEMPLATES = re.compile(r"\{[{%#!]|[}%#!]\}|<%|%>")


def source(text: str, name: str = "faq.md") -> SourceFile:
    return SourceFile.read(text.encode(), name, by_hand=True)


@pytest.mark.parametrize("style", STYLES)
def test_a_record_of_any_style_gets_other_words_and_keeps_its_id(style):
    text, record_id = STYLES[style]
    before = source(text)
    after = with_wordings(before, record_id, ["the printer does nothing", "打印机没有反应"])
    old, new = ({record.id: record for record in file.records()} for file in (before, after))
    assert list(old) == list(new)
    assert new[record_id].alternates == (*old[record_id].alternates, "the printer does nothing", "打印机没有反应")
    assert all(new[each].answer_html == old[each].answer_html for each in old)


def test_an_existing_comment_is_added_to_and_its_other_words_stay():
    changed = with_wordings(source(WITH_COMMENT), "faq/print", ["no ink"]).text
    assert 'tags=a,b alt="no ink" -->' in changed
    assert changed.count("<!--") == 1


def test_what_a_record_says_already_is_not_added_again():
    file = source(WITH_COMMENT)
    assert with_wordings(file, "faq/print", ["Paper out?", "HOW DO I PRINT"]) == file


@pytest.mark.parametrize("words", NASTY)
def test_no_words_break_out_of_the_comment(words):
    changed = with_wordings(source(PLAIN), "faq/how-do-i-print", [words])
    comment = re.search(r"<!-- faq:.*", changed.text).group()
    assert comment.endswith('" -->') or comment.endswith("' -->") or comment.endswith("” -->")
    assert comment.count("-->") == 1
    assert not TEMPLATES.search(comment), "what builds a site from Markdown would fill it in"
    (alternate,) = changed.records()[0].alternates
    letters = [char for char in one_line(words) if char.isalnum()]
    assert [char for char in alternate if char.isalnum()] == letters
    assert [record.id for record in changed.records()] == ["faq/how-do-i-print", "faq/where-is-the-toilet"]


@given(st.text(min_size=1, max_size=80))
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_comes_back_as_one_wording_or_none(words):
    comment = alt_comment([words])
    assert comment.count("-->") == 1
    assert not TEMPLATES.search(comment), "what builds a site from Markdown would fill it in"
    assert "\n" not in comment
    read = read_metadata(comment.removeprefix("<!--").removesuffix("-->"))
    assert len(read.alternates) <= 1
    assert (read.id, read.tags, read.checks) == ("", (), ())


@pytest.mark.parametrize("words", [words for words in NASTY if "\x1b" not in words])
def test_a_new_question_is_no_record_until_it_is_answered_and_then_reads_as_asked(words):
    file = source(PLAIN)
    changed = with_question(file, words, f"asked 3 times: {words}", like="faq/how-do-i-print")
    assert [record.id for record in changed.records()] == [record.id for record in file.records()]
    assert not TEMPLATES.search(changed.text)
    answered = source(f"{changed.text}\nAn answer.\n").records()
    assert [char for char in answered[-1].question if char.isalnum()] == [
        char for char in one_line(words) if char.isalnum()
    ]
    assert "<script" not in answered[-1].answer_html


def test_a_new_question_takes_the_level_of_the_one_it_stands_beside():
    text = "# FAQ\n\n## Paper\n\n### How do I print?\n\nPress it.\n\n### And scan?\n\nThe same.\n"
    assert "\n### Is there a fax\n" in with_question(source(text), "Is there a fax", "x", like="faq/and-scan").text


def test_mdx_takes_no_comments_and_that_is_told():
    file = source(PLAIN, "faq.mdx")
    with pytest.raises(ContentError, match="by hand"):
        with_wordings(file, "faq/how-do-i-print", ["x y"])
    with pytest.raises(ContentError, match="MDX"):
        with_question(file, "Is there a fax?", "x")


def test_a_file_that_no_patch_can_change_is_told():
    with pytest.raises(ContentError, match="save it as UTF-8"):
        SourceFile.read(PLAIN.encode("utf-16"), "faq.md", by_hand=True)


ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
CHINESE = "# 常见问题\n\n## 打印机没有反应怎么办？\n\n按一下按钮，等一分钟。\n\n## 洗手间在哪里？\n\n在二楼的左边。\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("is_ended", [True, False])
@pytest.mark.parametrize("name", ["faq.md", "a folder/常见 问题.md", 'q"uote\\d.md'])
def test_git_applies_the_patch_byte_for_byte(tmp_path, encoding, end, is_ended, name):
    text = (CHINESE if is_ended else CHINESE.rstrip("\n")).replace("\n", end)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    file = SourceFile.read(path.read_bytes(), Path(name).name, by_hand=True)
    assert file.encoding in {encoding, "utf-8"}
    record_id = file.records()[0].id
    changed = with_question(with_wordings(file, record_id, ["印不出来"]), "可以复印吗", "问过三次", like=record_id)
    apply(tmp_path, unified_diff(name, file.to_bytes(), changed.to_bytes()))
    assert path.read_bytes() == changed.to_bytes()
    assert changed.line_end == end
    assert set(re.findall(r"\r?\n", changed.text)) == {end}
    assert SourceFile.read(path.read_bytes(), "faq.md", by_hand=True).records()[0].alternates == ("印不出来",)


def apply(folder: Path, patch: bytes) -> None:
    for command in (["git", "init", "-q"], ["git", "apply", "--check", "-"], ["git", "apply", "-"]):
        done = subprocess.run(command, cwd=folder, input=patch, capture_output=True, check=False)
        assert done.returncode == 0, (command, done.stderr, patch)


def test_a_file_without_a_change_has_no_diff():
    assert unified_diff("faq.md", b"same", b"same") == b""
    assert quoted("a/faq.md") == b"a/faq.md"


def test_records_of_real_files_get_other_words(shared_data):
    """One record of each; MDX aside, every file of the corpora takes them."""
    tried = 0
    for path in sorted((shared_data / "data/corpora").rglob("*.md"))[::4]:
        file = SourceFile.read(path.read_bytes(), path.name, by_hand=True)
        records = file.records()
        if records:
            tried += 1
            with_wordings(file, records[len(records) // 2].id, ['why "that" --> then?'])
    assert tried >= 8
