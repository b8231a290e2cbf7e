"""Exports of other systems: questions, answers, wordings, tags and ids arrive, and whatever does not is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from imported_support import SAMPLES, imported, sample

from faqkb.ingest.imported.recognise import FORMS, read_collection, read_file
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


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "{}", "[1]", "{", "", "Question\tPrice\nx\ty\n"])
def test_a_file_of_nobody_is_refused_in_one_sentence(content: str) -> None:
    with pytest.raises(ContentError, match=r"^x\.tsv: ") as refused:
        read_collection(content.encode(), "x.tsv")
    assert "\n" not in str(refused.value)


def test_qnabot_items(tmp_path: Path) -> None:
    layout, records = sample("qnabot.json", tmp_path)
    renew = records["qnabot/Loans.001"]
    assert (renew.question, renew.alternates, renew.tags) == ("How do I renew a book?", ("Extend my loan",), ("loans",))
    assert renew.answer == "Sign in and press **Renew**."
    assert "QID::Fines.001" in layout.files[0].text
    assert "; a: " not in layout.files[0].text  # it says the same in plain words
    assert records["qnabot/Fines-001"].answer == "Ten cents a day."
    assert [(row.row, row.id) for row in layout.left_out] == [(2, "Quiz 1")]
    assert [(row.row, row.why) for row in layout.changed] == [(3, "its id 'Fines 001' is qnabot/Fines-001 here")]


def test_docsearch_pieces_of_one_heading_are_one_answer(tmp_path: Path) -> None:
    layout, records = sample("docsearch.json", tmp_path)
    (renew,) = records.values()
    assert renew.question == "How do I renew a book?"
    assert renew.answer == "Sign in and press Renew.\n\nOnce is always possible."
    assert (renew.tags, renew.language) == (("loans",), "en")
    assert "section: Help > FAQ; url: https://library.example/faq#renew" in layout.files[0].text
    assert [(row.row, row.why) for row in layout.left_out] == [(1, "a heading without text below it")]


def test_docsearch_a_record_a_line(tmp_path: Path) -> None:
    hits = json.loads((SAMPLES / "docsearch.json").read_text(encoding="utf-8"))["hits"]
    lines = "".join(f"{json.dumps(hit)}\n" for hit in hits)
    assert len(imported(lines.encode(), "records.jsonl", tmp_path)[1]) == 1


def test_faqpage_in_saved_html(tmp_path: Path) -> None:
    layout, records = sample("faqpage.html", tmp_path)
    renew = records["faqpage/renew"]
    assert renew.question == "How do I renew a book & a film?"
    assert '<a href="https://library.example/me"' in renew.answer_html
    assert "<li>Once: *always*</li>" in renew.answer_html  # not taken for Markdown
    assert "alert" not in renew.answer_html
    assert [record.answer for record in records.values()][1] == "Ten cents a day."
    assert [(row.row, row.why) for row in layout.left_out] == [(3, "is no question with an answer")]


def test_a_block_of_json_ld_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    page = (SAMPLES / "faqpage.html").read_text(encoding="utf-8")
    broken = page.replace("<body>", '<script type="application/ld+json">{"@type": "FAQPage", </script><body>')
    layout, records = imported(broken.encode(), "x.html", tmp_path)
    assert len(records) == 2
    assert layout.left_out[0].why.startswith("a block of JSON-LD that cannot be read")
    with pytest.raises(ContentError, match="HTML without a FAQPage"):
        read_collection(b"<html><body>Q?</body></html>", "x.html")


@pytest.mark.parametrize("name", ["azure.tsv", "qnabot.json", "faqpage.html", "Posts.xml"])
@pytest.mark.parametrize("form", FORMS)
def test_a_format_that_is_wrong_is_refused_in_one_sentence(name: str, form: str) -> None:
    told = read_file(SAMPLES / name).form
    if form not in {told, "table"}:
        with pytest.raises(ContentError, match=r"^[\w.]+[:,]") as refused:
            read_file(SAMPLES / name, form)
        assert "\n" not in str(refused.value)


def test_our_own_json_ld_comes_back(tmp_path: Path) -> None:
    """Its answers are HTML: blank lines in code stay, and nothing of it turns into Markdown."""
    html = "<pre><code>a\n\n  *b*\n\n\nc</code></pre>\n<p>1 &lt; 2</p>"
    entity = {"@type": "Question", "name": "How?", "acceptedAnswer": {"@type": "Answer", "text": html}}
    page = {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": [entity]}
    _, records = imported(json.dumps(page).encode(), "x.json", tmp_path)
    (record,) = records.values()
    assert [line.strip() for line in record.answer_html.split("</code>")[0].splitlines()][-6:] == [
        *("<pre><code>a", "", "*b*", "", "", "c"),
    ]
    assert "<p>1 &lt; 2</p>" in record.answer_html


DEEP = "[" * 900 + "]" * 900
DEEP_PAGE = (
    '{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "Why?", "acceptedAnswer": {"text": "So."},'
    f' "x": {DEEP}}}]}}'
)


@pytest.mark.parametrize(
    "content",
    [
        f'{{"qna": [{{"qid": "a", "q": ["Why?"], "a": "So.", "x": {DEEP}}}]}}',
        DEEP_PAGE,
        f'<script type="application/ld+json">{DEEP_PAGE}</script>',
    ],
)
def test_lists_in_lists_are_one_sentence(content: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"^deep: JSON with too many lists in lists"):
        imported(content.encode(), "deep", tmp_path)
