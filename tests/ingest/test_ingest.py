"""FAQ Markdown to records: one fixture for each style and trap, and the promises about ids and reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faqkb.ingest import parse_document
from faqkb.kb.records import Record

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "markdown"


def questions(text: str) -> list[str]:
    return [record.question for record in parse_document(text, "x.md").records]


def labels(text: str) -> list[str]:
    return [record.id.removeprefix("x/") for record in parse_document(text, "x.md").records]


def only(text: str, **options: str) -> Record:
    (record,) = parse_document(text, "x.md", **options).records
    return record


def flat(record: Record) -> dict[str, object]:
    return record.to_json() | {"line": record.source.line, "anchor": record.source.anchor}


# A case is two files: NAME.md and NAME.json; only the keys of a record that NAME.json names are compared.
@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.md")), ids=lambda path: path.stem)
def test_a_document_gives_the_records_written_beside_it(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    document = parse_document(path.read_text(encoding="utf-8"), path.name)
    records = zip(document.records, expected["records"], strict=True)
    assert [{key: flat(record)[key] for key in wanted} for record, wanted in records] == expected["records"]
    assert document.report.style == expected["style"]


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.md")), ids=lambda path: path.stem)
def test_a_report_names_each_skipped_block_and_each_warning_by_line(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    report = parse_document(path.read_text(encoding="utf-8"), path.name).report
    assert [{"line": entry.line, "reason": entry.reason} for entry in report.skipped] == expected["skipped"]
    assert [warned.line for warned in report.warnings] == expected["warnings"]


def test_the_seed_gives_its_ten_records(shared_data):
    document = parse_document((shared_data / "seed" / "faq_2021_s1.md").read_text(encoding="utf-8"), "faq_2021_s1.md")
    assert [record.id for record in document.records] == [
        f"faq_2021_s1/Q{issue}.{number}" for issue in (1, 2) for number in range(1, 6)
    ]
    leftovers = ("**A**", "<a name", "目录", "Q1.", "Q2.")
    texts = [text for r in document.records for text in (r.question, r.answer, r.answer_text, r.answer_html)]
    assert not [text for text in texts if any(leftover in text for leftover in leftovers)]


def test_the_link_base_given_wins_over_the_one_in_the_document():
    text = "<!-- faq: link-base=https://own.example/ -->\n\n# FAQ\n\n## Where is it?\n\n[Here](a.md)\n"
    assert "https://given.example/a.md" in only(text, link_base="https://given.example/").answer_html
    assert "https://own.example/a.md" in only(text).answer_html


def test_without_a_link_base_links_stay_as_written():
    assert 'href="../a.md"' in only("# FAQ\n\n## Where is it?\n\n[Here](../a.md)\n").answer_html


def test_the_label_is_the_number_else_the_anchor_else_a_slug():
    text = "# FAQ\n\n## Q1.2: Is it one? {#one}\n\na\n\n## Is it two? {#two}\n\nb\n\n## Is it THREE, or 3?\n\nc\n"
    assert labels(text.replace("Q1.2: ", "1.2. ")) == ["1.2", "two", "is-it-three-or-3"]
    assert labels(text)[0] == "Q1.2"


def test_a_slug_keeps_every_script_and_has_at_most_sixty_characters():
    assert labels("# FAQ\n\n## 如何 安装 C++？\n\na\n") == ["如何-安装-c"]
    assert max(map(len, labels(f"# FAQ\n\n## Why {'so ' * 50}long?\n\na\n"))) <= 60


def test_the_id_begins_with_the_path_without_its_suffix():
    (record,) = parse_document("# FAQ\n\n## Q1: Why?\n\na\n", "en/part.one/faq.v2.md").records
    assert record.id == "en/part.one/faq.v2/Q1"


def test_repeated_labels_are_made_unique_and_warned_about():
    document = parse_document("# FAQ\n\n## Q1: A?\n\na\n\n## Q1: B?\n\nb\n\n## Q1: C?\n\nc\n", "x.md")
    assert [record.id for record in document.records] == ["x/Q1", "x/Q1-2", "x/Q1-3"]
    assert [(warned.line, "Q1" in warned.message) for warned in document.report.warnings] == [(7, True)]


def test_an_id_does_not_change_when_other_questions_come_go_or_move():
    parts = ["## Q7: Is it seven?\n\na\n\n", "## What is it?\n\nb\n\n", "## Who made it? {#who}\n\nc\n\n"]
    before = {record.question: record.id for record in parse_document("# FAQ\n\n" + "".join(parts), "x.md").records}
    moved = "# FAQ\n\n## Is this new?\n\nd\n\n" + "".join(reversed(parts[1:]))
    after = {record.question: record.id for record in parse_document(moved, "x.md").records}
    assert {question: after[question] for question in before if question in after} == {
        question: before[question] for question in ("What is it?", "Who made it?")
    }


def test_crlf_and_a_byte_order_mark_change_nothing():
    text = (FIXTURES / "labelled_bullets.md").read_text(encoding="utf-8")
    windows = "\ufeff" + text.replace("\n", "\r\n")
    assert parse_document(windows, "x.md") == parse_document(text, "x.md")


def test_a_report_as_json_holds_what_the_command_line_shows():
    document = parse_document("intro\n\n# FAQ\n\n## Q1: Why?\n\nSo.\n", "x.md")
    report = document.to_json()["report"]
    assert report["skipped"] == [{"line": 1, "reason": "outside the FAQ", "text": "intro"}]
    assert (report["path"], report["records"], report["style"], report["error"]) == (
        "x.md",
        1,
        "headings",
        "",
    )
    assert json.loads(json.dumps(document.to_json())) == document.to_json()
