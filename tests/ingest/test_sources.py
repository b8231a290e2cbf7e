"""Files, folders and whatever is in them: everything good is read, everything odd is named."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import time
from pathlib import Path

import pytest

from faqkb.ingest import parse_document, read_sources
from faqkb.ingest.checks import LEADS_OUT
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import ANSWER_CHARS, FILE_BYTES, QUESTION_CHARS

FAQ = "# FAQ\n\n## Why is it {0}?\n\nBecause it is {0}.\n"
CHINESE = "# 常见问题\n\n## 为什么水壶会响？\n\n因为蒸汽要从很窄的缝里出来，请把盖子盖好，再等一会儿。\n"


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read_one(folder: Path, content: str | bytes):
    ingested = read_sources([write(folder / "x.md", content)])
    return ingested.records, ingested.files[0]


def seconds(text: str) -> float:
    """Return the processor time of parsing, without going through what other tests left in memory."""
    gc.freeze()
    try:
        started = time.process_time()
        with contextlib.suppress(ContentError):
            parse_document(text, "x.md")
        return time.process_time() - started
    finally:
        gc.unfreeze()


def test_a_folder_is_read_by_name_below_and_ids_are_relative_to_it(tmp_path):
    for name in ("b.md", "a/c.markdown", "a/b/d.MDX", "a/e.txt", ".git/f.md", "a/.g.md", "checks/h.py"):
        write(tmp_path / name, FAQ.format(Path(name).stem))
    ingested = read_sources([tmp_path])
    assert [file.path for file in ingested.files] == ["a/b/d.MDX", "a/c.markdown", "b.md"]
    assert [record.id for record in ingested.records] == ["a/b/d/why-is-it-d", "a/c/why-is-it-c", "b/why-is-it-b"]


def test_the_id_of_a_file_given_by_name_is_relative_to_its_folder(tmp_path):
    path = write(tmp_path / "deep" / "x.md", FAQ.format("so"))
    (record,) = read_sources([path]).records
    assert (record.id, record.source.path) == ("x/why-is-it-so", "x.md")


def test_the_same_id_from_two_paths_is_made_unique_with_a_warning(tmp_path):
    paths = [write(tmp_path / folder / "x.md", FAQ.format("so")) for folder in ("one", "two")]
    ingested = read_sources(paths)
    assert [record.id for record in ingested.records] == ["x/why-is-it-so", "x/why-is-it-so-2"]
    assert [len(file.warnings) for file in ingested.files] == [0, 1]


def test_a_link_loop_of_folders_ends(tmp_path):
    write(tmp_path / "a" / "x.md", FAQ.format("so"))
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    assert len(read_sources([tmp_path]).records) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing.md", "No such file"),
        ("missing", "No such file"),
        ("x.txt", "not Markdown"),
        ("empty", "holds no Markdown"),
    ],
)
def test_a_path_that_cannot_be_read_is_an_error_that_names_it(tmp_path, name, told):
    write(tmp_path / "x.txt", "text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContentError, match=told) as caught:
        read_sources([tmp_path / name])
    assert str(tmp_path / name) in str(caught.value)
    assert "; " in str(caught.value)


def test_a_path_with_a_nul_byte_is_an_error(tmp_path):
    with pytest.raises(ContentError, match="null"):
        read_sources([Path(f"{tmp_path}/a\0b")])


def test_a_file_that_cannot_be_opened_is_named_and_the_others_are_read(tmp_path):
    (tmp_path / "bad.md").symlink_to(tmp_path / "gone.md")
    write(tmp_path / "good.md", FAQ.format("good"))
    ingested = read_sources([tmp_path])
    assert [record.source.path for record in ingested.records] == ["good.md"]
    assert ingested.files[0].error == "bad.md: No such file or directory; make it readable"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"caf\xe9 ou th\xe9\n", b"\x89PNG\r\n\x1a\n\0\0\0", b"a\0" * 200])
def test_one_bad_file_is_named_and_the_others_are_read(tmp_path, content):
    write(tmp_path / "bad.md", content)
    write(tmp_path / "good.md", FAQ.format("good"))
    ingested = read_sources([tmp_path])
    assert [record.source.path for record in ingested.records] == ["good.md"]
    assert ingested.files[0].error.startswith("bad.md:")
    assert ingested.files[0].error.endswith("as UTF-8")


def test_a_pipe_named_like_markdown_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    write(tmp_path / "x.md", FAQ.format("so"))
    assert "not a regular file" in read_sources([tmp_path]).files[0].error


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_known_encodings_are_decoded_and_named(tmp_path, encoding):
    records, report = read_one(tmp_path, CHINESE.encode(encoding))
    assert [record.question for record in records] == ["为什么水壶会响？"]
    assert report.encoding == encoding


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf16_with_either_mark_is_decoded(tmp_path, mark):
    codec = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert len(read_one(tmp_path, mark + CHINESE.encode(codec))[0]) == 1


def test_damaged_utf8_chinese_is_refused_not_guessed(tmp_path):
    content = CHINESE.encode()
    place = content.index("水壶".encode()) + 3
    records, report = read_one(tmp_path, content[:place] + b"\xff" + content[place:])
    assert records == ()
    assert report.error == f"x.md:3: byte {place} (0xff) is not utf-8; save the file as UTF-8"


def test_an_empty_file_gives_nothing_and_says_nothing_wrong(tmp_path):
    records, report = read_one(tmp_path, b"")
    assert (records, report.error, report.warnings) == ((), "", ())


def test_a_nul_byte_and_lone_surrogates_are_shown_as_replacement_and_warned_about(tmp_path):
    records, report = read_one(tmp_path, FAQ.format("so\0"))
    assert "\ufffd" in records[0].answer
    assert [warned.line for warned in report.warnings] == [3, 5]
    assert parse_document(FAQ.format("\ud800"), "x.md").records[0].answer == "Because it is \ufffd."


def test_a_file_over_the_limit_is_refused_at_once(tmp_path):
    path = tmp_path / "x.md"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES + 1)
    started = time.perf_counter()
    (report,) = read_sources([path]).files
    assert f"{FILE_BYTES + 1:,} bytes (limit {FILE_BYTES:,}); split it" in report.error
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_all_records_of_a_large_file_are_read(count):
    text = "# FAQ\n\n" + "".join(f"## Q{i}: Why {i}?\n\nSo.\n\n" for i in range(count))
    assert len(parse_document(text, "x.md").records) == count


def test_emoji_and_right_to_left_text_come_through():
    text = "# FAQ\n\n## مرحبا؟ 🫖👩‍👩‍👧\n\n\u202eقف\u202c 🇫🇷 e\u0301\n"
    (record,) = parse_document(text, "x.md").records
    assert (record.question, record.answer) == ("مرحبا؟ 🫖👩‍👩‍👧", "\u202eقف\u202c 🇫🇷 e\u0301")


@pytest.mark.parametrize("opener", [">", "- ", "1. ", "* > ", "<div>\n", "**"])
def test_a_thousand_levels_deep_is_read_or_warned_about(opener):
    document = parse_document(f"{FAQ.format('so')}\n{opener * 1000}deep\n\n## And this?\n\nYes.\n", "x.md")
    assert [record.question for record in document.records] == ["Why is it so?", "And this?"]


def test_a_file_that_is_nested_too_deep_all_over_is_refused_with_its_line():
    with pytest.raises(ContentError, match=r"^x\.md:\d+: nested more than"):
        parse_document("# FAQ\n\n## Why?\n\n" + f"{'> ' * 1000}deep\n\n" * 30, "x.md")


def test_nesting_beyond_the_limit_is_warned_about_with_its_line():
    document = parse_document(f"# FAQ\n\n## Why?\n\nSo.\n\n{'> ' * 1000}deep\n", "x.md")
    assert [(warned.line, "nested too deep" in warned.message) for warned in document.report.warnings] == [(7, True)]


def test_headings_without_text_are_named():
    skipped = parse_document("# FAQ\n\n##\n\na\n\n## Why?\n\nb\n\n### \n\nc\n", "x.md").report.skipped
    assert [(entry.line, entry.reason) for entry in skipped] == [(3, "a question without text")]


def test_too_long_a_question_or_answer_is_left_out_with_a_warning_and_the_rest_is_kept():
    answer, question = "word " * (ANSWER_CHARS // 5 + 1), "How so " * QUESTION_CHARS
    document = parse_document(f"# FAQ\n\n## Why?\n\n{answer}\n\n## {question}?\n\nSo.\n\n## Who?\n\nI.\n", "x.md")
    assert [record.question for record in document.records] == ["Who?"]
    assert [(warned.line, "limit" in warned.message) for warned in document.report.warnings] == [(3, True), (7, True)]


WIDE_TABLE = "|" + "a|" * 255 + "\n|" + "-|" * 255 + "\n" + "|a|\n" * 256
LONG_LINK = f"[a]: <https://x.example/{'u' * 10_000}>\n\n{'[a] ' * 5_000}"


def test_an_answer_that_grows_out_of_bounds_is_left_out():
    document = parse_document(f"# FAQ\n\n## Why?\n\n{LONG_LINK}\n\n## Who?\n\nI.\n", "x.md")
    assert [record.question for record in document.records] == ["Who?"]
    assert "times as long" in document.report.warnings[0].message


@pytest.mark.parametrize("tables", [2, 16])
def test_tables_that_grow_out_of_bounds_are_refused_with_their_line(tables):
    with pytest.raises(ContentError, match=r"^x\.md:\d+: a table above has far more cells than text"):
        parse_document("# FAQ\n\n## Why?\n\n" + f"{WIDE_TABLE}\n" * tables, "x.md")


FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "markdown"
PATHOLOGICAL = [json.loads(line) for line in (FIXTURES / "pathological.txt").read_text(encoding="ascii").splitlines()]


@pytest.mark.parametrize("head", ["", "# FAQ\n\n## Why?\n\n"])
@pytest.mark.parametrize("unit", PATHOLOGICAL)
def test_time_grows_with_length_and_no_faster(unit, head):
    short, long = (seconds(head + (unit * size)[:size]) for size in (4_000, 16_000))
    assert long < max(0.4, 4 * 2.6 * short)
    assert long < 16_000 * 400e-6  # a busy machine; at most 110 us a character on an idle one


def linked(tmp_path: Path) -> Path:
    """Return a content folder with links out of it: to a file, to a folder, and to a check script; and one within."""
    outside, content = tmp_path / "outside", tmp_path / "content"
    (outside / "more").mkdir(parents=True)
    (content / "checks").mkdir(parents=True)
    for path in (outside / "secret.md", outside / "more" / "deep.md", content / "own.md"):
        path.write_text(f"# FAQ\n\n## Where is {path.stem}?\n\nHere.\n")
    (outside / "x.py").write_text('# /// script\n# [tool.faq-check]\n# id = "x"\n# title = "T"\n# ///\n')
    (content / "secret.md").symlink_to(outside / "secret.md")
    (content / "more").symlink_to(outside / "more")
    (content / "again.md").symlink_to(content / "own.md")
    (content / "checks" / "x.py").symlink_to(outside / "x.py")
    return content


def test_links_out_of_the_content_are_refused_and_named(tmp_path):
    ingested = read_sources([linked(tmp_path)])
    assert {record.question for record in ingested.records} == {"Where is own?"}
    refused = {file.path: file.error for file in ingested.files if file.error}
    assert set(refused) == {"secret.md", "more"}
    assert all("a link out of the folder" in error for error in refused.values())
    assert ingested.checks == ()
    assert "a link out of the folder" in ingested.scripts[0].warnings[0].message


def test_links_out_of_the_content_are_followed_when_that_is_said(tmp_path):
    ingested = read_sources([linked(tmp_path)], follow_links=True)
    assert {record.question for record in ingested.records} == {"Where is own?", "Where is secret?", "Where is deep?"}
    assert [check.id for check in ingested.checks] == ["x"]


def test_a_pipe_among_the_checks_is_no_script_and_nobody_waits_for_it(tmp_path):
    (tmp_path / "checks").mkdir()
    os.mkfifo(tmp_path / "checks" / "pipe.py")
    (tmp_path / "faq.md").write_text("# FAQ\n\n## Where is it?\n\nHere.\n")
    ingested = read_sources([tmp_path])
    assert "not a regular file" in ingested.scripts[0].warnings[0].message


def test_evidence_that_is_a_pipe_or_lies_elsewhere_is_named_and_not_read(tmp_path):
    folder = tmp_path / "theirs"
    (folder / "checks").mkdir(parents=True)
    evidence = folder / "checks" / "evidence.jsonl"
    (folder / "faq.md").write_text(FAQ.format("so"))
    os.mkfifo(evidence)
    assert "not a regular file" in read_sources([folder]).scripts[0].warnings[0].message
    evidence.unlink()
    (tmp_path / "outside").write_text("secret")
    evidence.symlink_to(tmp_path / "outside")
    (warned,) = read_sources([folder]).scripts[0].warnings
    assert LEADS_OUT in warned.message
