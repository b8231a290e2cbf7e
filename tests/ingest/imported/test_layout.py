"""Whatever an answer holds, ingest reads back that answer to that question, or the row is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from faqkb.ingest.document import parse_document
from faqkb.ingest.imported.entry import Collection, Entry
from faqkb.ingest.imported.layout import Layout, lay_out
from faqkb.kb.records import Record

HOSTILE = [
    "# Heading of the first level\n\ntext",
    "Setext\n===\n\ntext",
    "```\na fence that never ends",
    "<pre>\nhtml that never ends",
    "<!-- a comment that never ends",
    "a --> b",
    "-->\n\n# Another question?\n\nits answer",
    "text\n\n<!-- faq: skip -->\n\nmore text",
    "text\n\n<!-- faq: read=none -->\n\nmore text",
    '<!-- faq: id=stolen alt="stolen" tags=stolen check=stolen -->\n\ntext',
    "---\ntitle: stolen\n---\n\ntext",
    "- [ ] list\n\n      code",
    "    indented code",
    "{% include secret %} {{ secret }}",
    "![x](javascript:alert(1))",
    "Q: another one?\n\nA: yes",
    "## Another?\n\n**Q: really?**\n\nyes",
    "<details><summary>Another?</summary>\n\nyes",
    "see [a]",
    "text\n\n[a]: https://example.org",
    "\\",
    "&lt;script&gt;",
    "[^1]\n\n[^1]: note",
]


def records_of(layout: Layout) -> dict[str, Record]:
    return {record.id: record for file in layout.files for record in parse_document(file.text, file.name).records}


def entries(answers: list[str], question: str = "What is it?") -> tuple[Entry, ...]:
    return tuple(
        Entry(row=row, question=question, answer=answer, id=f"e{row}") for row, answer in enumerate(answers, 1)
    )


def kept(answer: str) -> str:
    return re.sub(r"\s+", " ", answer).strip()


@pytest.mark.parametrize("answer", HOSTILE)
def test_an_answer_cannot_break_out(answer: str) -> None:
    layout = lay_out(Collection("azure-tsv", entries(["before", answer, "after"])), "x.tsv")
    found = records_of(layout)
    assert len(found) + len(layout.left_out) == 3
    assert {record.answer for record in found.values()} >= {"before", "after"}
    others = [record for record in found.values() if record.answer not in {"before", "after"}]
    assert {record.question for record in found.values()} == {"What is it?"}
    assert not [record for record in found.values() if record.tags or record.alternates or record.checks]
    told = {row.row for row in (*layout.changed, *layout.left_out)}
    assert 2 in told or [kept(record.answer) for record in others] == [kept(answer)]


TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [*HOSTILE, "# x?", "\n", "\n\n", "```", "~~~", "<!--", "-->", "faq: skip", "> ", "- ", "<div>"]
        ),
        max_size=6,
    ).map("".join),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, st.lists(TEXT, max_size=2), st.lists(TEXT, max_size=2)), min_size=1, max_size=3))
@example([("<!--", "-->", ['" id=stolen alt="x'], ["a,b"])])
@example([("What?", "---", [], [])])
def test_what_is_not_told_comes_back_as_it_was(rows: list[tuple[str, str, list[str], list[str]]]) -> None:
    collection = Collection(
        "azure-tsv",
        tuple(
            Entry(row=row, question=question, answer=answer, id=f"e{row}", alternates=tuple(others), tags=tuple(tags))
            for row, (question, answer, others, tags) in enumerate(rows, 1)
        ),
    )
    layout = lay_out(collection, "x.tsv")
    found = records_of(layout)
    told = {row.row for row in (*layout.changed, *layout.left_out)}
    assert len(found) == len(rows) - len({row.row for row in layout.left_out})
    assert sum(file.records for file in layout.files) == len(found)
    for entry in collection.entries:
        if entry.row not in told:
            record = found[f"x/{entry.id}"]
            assert kept(record.question) in kept(entry.question)
            assert kept(record.answer) == kept(entry.answer)
            assert set(record.tags) == set(entry.tags)


def test_a_long_chinese_name_is_one_that_a_file_system_takes() -> None:
    both = (
        Entry(row=1, question="怎么续借图书" * 20, answer="# 标题\n\n文字"),
        Entry(row=2, question="为什么？", answer="文字"),
    )
    layout = lay_out(Collection("maxkb-csv", both), f"{'知识库导出' * 30}.csv")
    assert len(layout.files) == 2
    assert all(len(file.name.encode()) < 255 for file in layout.files)
    assert len(records_of(layout)) == 2


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(TEXT, st.sampled_from(["a/b", "a/b-->", "a/../b", "x/e", "e", "/", "\ud800/x"])), max_size=4))
@example(["a/b", "a/b"])
@example(["a/b--> <!-- faq: skip -->/x"])
def test_an_id_can_be_anything(ids: list[str]) -> None:
    answers = ["# A heading of level one\n\ntext", "text"]
    given_ids = [Entry(row=1, question="What is it?", answer=answer, id=each) for each in ids for answer in answers]
    layout = lay_out(Collection("azure-tsv", tuple(given_ids)), "x.tsv")
    for file in layout.files:
        file.text.encode()
    found = records_of(layout)
    assert len(found) == len(given_ids)
    assert {record.question for record in found.values()} <= {"What is it?"}
    assert {record.answer for record in found.values()} <= set(answers)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_an_id_never_leads_out_of_the_folder(text: str) -> None:
    entry = Entry(row=1, question="What is it?", answer="It.", id=f"../{text}/..{text}/x")
    for file in lay_out(Collection("azure-tsv", (entry,)), "x.tsv").files:
        assert not re.search(r"(^|/)\.|^/|\\|\0|//", file.name)
        assert file.name.endswith(".md")


def test_a_file_is_not_called_like_an_option() -> None:
    entry = Entry(row=1, question="What is it?", answer="It.", id="-rf/x")
    assert [file.name for file in lay_out(Collection("azure-tsv", (entry,)), "x.tsv").files] == ["x.md"]
