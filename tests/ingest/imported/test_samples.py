"""Exports of other systems: questions, answers, wordings, tags and ids arrive, and whatever does not is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from imported_support import imported, sample

from faqkb.ingest.imported.recognise import read_collection
from faqkb.kb.errors import ContentError


def test_azure_rows_of_one_answer_are_one_record(tmp_path: Path) -> None:
    layout, records = sample("azure.tsv", tmp_path)
    renew = records["azure/1"]
    assert renew.question == "How do I renew a book?"
    assert renew.alternates == ("Extend my loan",)
    assert renew.answer == "Sign in and press **Renew**.\n\n1. Once is always possible.\n2. Not if somebody waits."
    assert renew.tags == ("category:loans", "audience:all")
    assert records["azure/2"].answer == '"Ten cents" a day.'
    assert records["azure/2"].tags == ("category:fines",)
    assert [(row.row, row.id, row.why) for row in layout.left_out] == [(5, "3", "has no answer")]


def test_what_has_no_place_in_a_record_stands_in_a_comment(tmp_path: Path) -> None:
    text = sample("azure.tsv", tmp_path)[0].files[0].text
    assert 'imported_from: "azure.tsv"\nimported_as: azure-tsv\n' in text
    assert "<!-- imported: row 2; id 1; Source: library.docx; Prompts: [{" in text
    assert "IsContextOnly: true" in text


def test_qna_maker_json(tmp_path: Path) -> None:
    layout, records = sample("qnamaker.json", tmp_path)
    assert records["qnamaker/1"].alternates == ("Extend my loan",)
    assert records["qnamaker/1"].tags == ("category:loans",)
    assert '"displayText": "Fines"' in layout.files[0].text
    assert [(row.row, row.why) for row in layout.left_out] == [(2, "holds no questions")]


def test_maxkb_rows_are_asked_by_their_questions_else_by_their_title(tmp_path: Path) -> None:
    layout, records = sample("maxkb.csv", tmp_path)
    renew = records["maxkb/how-do-i-renew-a-book"]
    assert renew.alternates == ("Extend my loan",)
    assert renew.answer == "Sign in and press **Renew**.\n\nOnce is always possible."
    assert records["maxkb/fines"].answer == "Ten cents a day."
    assert "title: Loans" in layout.files[0].text
    assert [(row.row, row.why) for row in layout.left_out] == [(7, "has neither a question nor a title")]


def test_fastgpt_indexes_are_other_wordings(tmp_path: Path) -> None:
    layout, records = sample("fastgpt.csv", tmp_path)
    assert records["fastgpt/how-do-i-renew-a-book"].alternates == ("Extend my loan", "Keep a book longer", "Renewal")
    assert "has no answer (a)" in layout.left_out[0].why


def test_a_quote_that_never_ends_swallows_no_rows(tmp_path: Path) -> None:
    rows = 'Question\tAnswer\tQnaId\nFirst?\t"Open\t1\nSecond?\tPlain\t2\n'
    _, records = imported(rows.encode(), "q.tsv", tmp_path)
    assert [record.answer for record in records.values()] == ['"Open', "Plain"]


def test_two_answers_with_one_number_are_told(tmp_path: Path) -> None:
    rows = "Question\tAnswer\tQnaId\nFirst?\tOne\t1\nSecond?\tTwo\t1\n"
    layout, records = imported(rows.encode(), "q.tsv", tmp_path)
    assert [record.answer for record in records.values()] == ["One"]
    assert [(row.row, row.id) for row in layout.left_out] == [(3, "1")]


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "{}", "[1]", "{", "", "Question\tAnswer\nx\ty\n"])
def test_a_file_of_nobody_is_refused_in_one_sentence(content: str) -> None:
    with pytest.raises(ContentError, match=r"^x\.tsv: ") as refused:
        read_collection(content.encode(), "x.tsv")
    assert "\n" not in str(refused.value)
