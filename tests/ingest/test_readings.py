"""How a document is read: what an author orders, what is told of what was not read, and why a reading won."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faqkb.ingest import Order, explain_document, parse_document, read_sources
from faqkb.ingest.readings.scoring import PATH as WEIGHTS

CASES = Path(__file__).resolve().parents[1] / "fixtures" / "cases"
GUIDE = "# Kettle\n\n## Boil\n\n### Fill\n\nHalf.\n\n### Wait\n\nA minute.\n\n## Rinse\n\nTwice.\n"
ASKING = "# Notes\n\nText.\n\n{}\n## Install\n\nRun it.\n"


def questions(text: str, **options) -> list[str]:
    return [record.question for record in parse_document(text, "x.md", **options).records]


def warnings(text: str) -> list[str]:
    return [warned.message for warned in parse_document(text, "x.md").report.warnings]


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


# A case is two files: NNN-name.md (or .mdx), and NNN-name.json with the questions and answers that its author expects.
@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
@pytest.mark.parametrize("named", [True, False], ids=["named", "in a folder"])
def test_a_case_gives_the_records_that_its_author_expects(path: Path, named: bool):
    source = next(file for file in CASES.glob(f"{path.stem}.md*"))
    document = parse_document(source.read_text(encoding="utf-8"), source.name, by_hand=named)
    found = [(letters(record.question), letters(record.answer)) for record in document.records]
    expected = json.loads(path.read_text(encoding="utf-8"))
    assert found == [(letters(one["question"]), letters(one["answer"])) for one in expected]
    for record, one in zip(document.records, expected, strict=True):
        assert list(record.section) == one.get("section", list(record.section))
        assert record.language == one.get("language", record.language)


def test_shapes_that_were_read_wrongly_are_read_right(shared_data: Path):
    wrong = []
    for path in sorted((shared_data / "data" / "cases").glob("[0-9]*.json")):
        source = next(file for file in path.parent.glob(f"{path.stem}.md*"))
        records = read_sources([source]).records
        expected = json.loads(path.read_text(encoding="utf-8"))
        pairs = [(letters(record.question), letters(record.answer)) for record in records]
        # The answer of a thread is not told there.
        if pairs != [(letters(one["question"]), letters(one["answer"]) or pairs[0][1]) for one in expected]:
            wrong.append(path.stem)
    assert wrong == []


def test_an_order_at_the_top_fixes_the_level_of_the_questions():
    assert questions(GUIDE) == []
    assert questions(f"<!-- faq: read=headings level=3 -->\n\n{GUIDE}") == ["Fill", "Wait"]
    assert questions(GUIDE, order=Order("headings", 2)) == ["Boil", "Rinse"]


def test_an_order_under_a_heading_holds_for_its_section():
    text = GUIDE.replace("## Boil\n", "## Boil\n\n<!-- faq: read=headings level=3 -->\n")
    assert questions(text) == ["Fill", "Wait"]
    assert questions("# FAQ\n\n<!-- faq: read=none -->\n\n## Why?\n\nSo.\n") == []


def test_an_order_names_any_style():
    text = "# Plan\n\n<!-- faq: read=bold -->\n\n**Monday**\n\nSoup.\n\n**Tuesday**\n\nRice.\n"
    assert questions(text) == ["Monday", "Tuesday"]


def test_a_reading_that_is_none_is_a_problem_that_names_those_there_are():
    assert any(
        "read=sideways is no reading; write one of headings" in message
        for message in warnings("# FAQ\n\n<!-- faq: read=sideways -->\n\n## Why?\n\nSo.\n")
    )


def test_what_stands_between_skip_and_end_is_not_read():
    text = "# FAQ\n\n## Why?\n\nSo.\n\n<!-- faq: skip -->\n\n## Who?\n\nWe.\n\n<!-- faq: end -->\n\n## How?\n\nThus.\n"
    document = parse_document(text, "x.md")
    assert [(record.question, record.answer) for record in document.records] == [("Why?", "So."), ("How?", "Thus.")]
    assert document.report.warnings == ()


def test_faq_toml_orders_by_pattern(tmp_path: Path):
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "a.md").write_text(GUIDE, encoding="utf-8")
    read = read_sources([tmp_path], orders=[("guide/*.md", Order("headings", 3))])
    assert [record.question for record in read.records] == ["Fill", "Wait"]


def test_headings_that_ask_and_are_not_read_are_one_warning_a_section():
    text = "# API\n\n" + "".join(f"## Step {i}: ready?\n\nYes.\n\n" for i in range(387)) + "## Install\n\nRun it.\n"
    (message,) = (one for one in warnings(f"<!-- faq: read=none -->\n\n{text}") if "ask" in one)
    assert message.startswith(
        "387 headings that ask are not read: Step 0: ready?; write <!-- faq: read=headings level=2"
    )


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        ("Can I swim here?\n", "questions"),
        ("- Can I swim here?\n", "items"),
        ("<details>\n<summary>Can I swim here?</summary>\n\n</details>\n", "details"),
    ],
)
def test_a_line_that_asks_and_is_not_read_is_a_warning_with_the_order_that_reads_it(line, reading):
    messages = warnings(ASKING.format(line * 6))
    assert any("Can I swim here?" in message and f"read={reading}" in message for message in messages)


def test_the_report_says_how_much_was_read():
    report = parse_document("# FAQ\n\n## Why?\n\nSo.\n", "x.md").report
    assert (report.coverage.headings, report.coverage.headings_read) == (2, 2)
    report = parse_document(f"<!-- faq: read=none -->\n\n{GUIDE}\n## Why?\n\nSo.\n", "x.md").report
    assert report.coverage.sentence() == "0 of 6 headings read; 1 that ask were not"
    assert json.loads(json.dumps(report.to_json()))["coverage"]["asking_unread"] == 1


def test_a_file_called_faq_without_a_question_is_a_warning():
    assert any("no question was found" in message for message in warnings("# FAQ\n\nSee the forum.\n"))


def test_front_matter_that_cannot_be_read_and_other_markup_are_warnings():
    assert any("front matter" in message for message in warnings("---\ntitle: [\n---\n\n# FAQ\n\n## Why?\n\nSo.\n"))
    assert any("AsciiDoc" in message for message in warnings("= FAQ\n\n== Why?\n\nSo.\n\n== Who?\n\nWe.\n"))


def test_addresses_that_lead_nowhere_are_one_warning():
    text = "# FAQ\n\n## Why?\n\n[a](a.md) ![b](b.png) [c](#c)\n"
    assert next(message for message in warnings(text) if "lead nowhere" in message).startswith("2 links or pictures")
    assert warnings(f"<!-- faq: link-base=https://host.example/ -->\n\n{text}") == []


def test_whoever_names_a_file_announces_a_faq(tmp_path: Path):
    path = tmp_path / "notes.md"
    path.write_text("## Lamp stays dark\n\nPush the plug in.\n\n## Lid does not close\n\nTurn it.\n", encoding="utf-8")
    assert len(read_sources([path]).records) == 2


def test_an_explanation_names_the_readings_that_competed_and_marks_the_one_that_won():
    text = "# FAQ\n\n## Using it\n\n**Is it loud?**\n\nNo.\n\n**Is it hot?**\n\nYes.\n"
    section = next(one for one in explain_document(text, "x.md") if one.title == "Using it")
    readings = {one.reading: one.chosen for one in section.proposed}
    assert (readings["bold"], readings["headings"]) == (True, False)
    assert all(one.why for one in section.proposed)


def test_the_weights_are_those_that_the_script_makes():
    document = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert document["made_by"] == "python tools/fit_reading.py --write"
