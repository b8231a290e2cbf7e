"""What changed between two sets of records."""

from __future__ import annotations

from dataclasses import replace

from faqkb.kb.snapshot.comparing import compare_records
from tests.support.server_support import make_record

ONE, TWO = make_record("faq/1", "How?", "So."), make_record("faq/2", "Why?", "Because.")


def test_equal_records_do_not_differ_wherever_they_stand() -> None:
    moved = replace(ONE, source=replace(ONE.source, line=9))
    assert set(compare_records([ONE, TWO], [TWO, moved]).counts.values()) == {0}


def test_each_record_is_counted_once() -> None:
    changed = replace(ONE, answer="Like so.")
    renamed = replace(TWO, id="faq/3", answer="For this reason.")
    added = make_record("faq/4", "Where?", "Here.")
    gone = make_record("faq/5", "When?", "Now.")
    found = compare_records([ONE, TWO, gone], [changed, renamed, added])
    assert found.to_json() == {
        "added": ["faq/4"],
        "changed": ["faq/1"],
        "renamed": [["faq/2", "faq/3"]],
        "removed": ["faq/5"],
    }


def test_of_equal_answers_the_one_with_the_same_question_is_meant() -> None:
    before = [make_record("a/1", "One?", "Yes."), make_record("a/2", "Two?", "Yes.")]
    now = [replace(before[1], id="b/2"), replace(before[0], id="b/1")]
    assert compare_records(before, now).to_json()["renamed"] == [["a/2", "b/2"], ["a/1", "b/1"]]
