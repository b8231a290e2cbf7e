"""`.qna` files of Bot Framework: pairs, wordings, filters and prompts arrive, and whatever does not is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imported_support import imported, sample

from faqkb.ingest.imported.documents.qna import pair_lines, read_text
from faqkb.ingest.imported.recognise import read_collection
from faqkb.kb.errors import ContentError

LINES = [
    "# ? Why?",
    "### ?",
    "- other",
    "**Filters:**",
    "- a = b",
    "```",
    "````markdown",
    "~~~",
    "**Prompts:**",
    "- [x](#1) `context-only`",
    '<a id = "1"></a>',
    "> !# @qna.pair.source = s",
    "> !# @kb.name = n",
    "> note",
    "[x](./other.qna)",
    "text -->",
    "# heading",
    "",
]


def test_a_pair_is_a_record_with_its_wordings_filters_and_answer(tmp_path: Path) -> None:
    layout, records = sample("library.qna", tmp_path)
    renew = next(record for record in records.values() if record.question == "How do I renew a book?")
    assert renew.alternates == ("Extend my loan", "Keep a book longer")
    assert renew.tags == ("topic:loans", "audience:all")
    assert renew.answer.startswith("Sign in and press **Renew**.\n\n- Once is always possible.")
    assert renew.answer.endswith("# ? is no question here")
    assert records["library/2"].answer == "Ten cents a day:\n\n```\ndays * 0.10\n```"
    assert 'imported_from: "library.qna"\nimported_as: qna\n' in layout.files[0].text


def test_what_has_no_place_in_a_record_stands_in_its_comment(tmp_path: Path) -> None:
    text = "".join(written.text for written in sample("library.qna", tmp_path)[0].files)
    assert (
        "id 1; Source: library.docx; Prompts: [Fines](#2) `context-only`; [Where is my card?](#?where-is-my-card)"
        in text
    )
    assert "comment: Checked in May" in text


def test_whatever_becomes_no_record_is_named_with_its_line(tmp_path: Path) -> None:
    layout, records = sample("library.qna", tmp_path)
    assert {record.question for record in records.values()} == {
        "How do I renew a book?",
        "What does a late book cost?",
        "When are you open?",
    }
    told = {(one.row, one.why) for one in layout.left_out}
    assert told == {
        (1, "a setting of the whole file: kb.name = Library"),
        (4, "another file, import it by itself: ./fines.qna"),
        (42, "a second answer to 'What does a late book cost?': 'Another answer.'"),
        (46, "a heading that asks nothing: '## Opening hours'"),
        (48, "text: 'Text of nobody.'"),
        (50, "its answer stands in no ``` fence; the text below the question was taken"),
        (56, "has no answer"),
        (58, "a setting with no question below it: source = nothing below"),
    }
    assert records["library/when-are-you-open"].answer == "From ten to six.\n\nOn Sundays from one."


def test_a_fence_that_never_ends_swallows_no_question(tmp_path: Path) -> None:
    layout, records = imported(b"# ? One?\n```\nfirst\n\n# ? Two?\nsecond\n", "a.qna", tmp_path)
    assert [record.answer for record in records.values()] == ["first", "second"]
    first = layout.left_out[0]
    assert (first.row, first.why.partition(";")[0]) == (2, "a fence that never ends")


@pytest.mark.parametrize("content", ["# Why?\n\nSo.\n", 'Price,Count\n"x\n# ? y",z\n', "[1]"])
def test_what_holds_no_pairs_is_not_taken_for_one(content: str) -> None:
    for name, form in (("a.qna", "qna"), ("a.txt", None)):
        with pytest.raises(ContentError, match=rf"^{name}: "):
            read_collection(content.encode(), name, form)


@given(st.lists(st.sampled_from(LINES), max_size=25))
def test_any_order_of_lines_is_read_and_no_answer_is_lost(lines: list[str]) -> None:
    found = read_text("\n".join(lines))
    asked = sum(line.startswith(("# ? Why?", "### ?")) for line in lines)
    assert len(found.entries) <= asked


@given(
    st.lists(st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool), min_size=1, max_size=3),
    st.text().filter(lambda text: text.strip() and "\r" not in text),
)
def test_what_is_written_is_read_back(texts: list[str], answer: str) -> None:
    written = "\n".join(pair_lines(7, texts, answer, "a.md", {"tags": "x,y"}))
    found = read_text(written)
    (entry,) = found.entries
    assert (entry.question, entry.answer, entry.id, entry.tags) == (texts[0], answer, "7", ("x", "y"))
    assert entry.alternates == tuple(dict.fromkeys(text for text in texts[1:] if text != texts[0]))
    assert found.left_out == ()
