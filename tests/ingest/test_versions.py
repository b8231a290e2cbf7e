"""The version that a record is about: said under its question, at the top of the file, or in front matter."""

from __future__ import annotations

import pytest

from faqkb.ingest import parse_document

QUESTIONS = """
# FAQ

## How do I start it?

Press the button.

## How do I stop it?

<!-- faq: version=1.9 -->

Press it again.
"""


def versions(text: str) -> list[tuple[str, ...]]:
    return [record.versions for record in parse_document(text, "x.md").records]


def warnings(text: str) -> list[tuple[int, str]]:
    return [(warned.line, warned.message) for warned in parse_document(text, "x.md").report.warnings]


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("---\nversion: 2.10\n---\n", ("2.10",)),
        ("---\nversion: 2\n---\n", ("2",)),
        ("---\nVersion: 'v2.1  LTS'\n---\n", ("v2.1 LTS",)),
        ("---\nversion: [2.0, '2.10', 2.0]\n---\n", ("2.0", "2.10")),
        ("---\nversion:\n  - 2024-05\n  - 1e3\n---\n", ("2024-05", "1e3")),
        ("---\nversion:\n---\n", ()),
        ("---\nversion: ~\n---\n", ()),
        ("---\nversion: {from: 1, to: 2}\n---\n", ()),
        ("---\nversion: [[1, 2], {a: b}]\n---\n", ()),
        ("---\ntitle: FAQ\n---\n", ()),
        ("+++\nversion = 2.10\n+++\n", ("2.10",)),
        ('+++\nVersion = ["2.0", 3]\n+++\n', ("2.0", "3")),
        ("+++\nversion = true\n+++\n", ()),
        ("<!-- faq: version=3.0,3.1 -->\n", ("3.0", "3.1")),
        ("---\nversion: 2.10\n---\n\n<!-- faq: version=3.0 -->\n", ("3.0",)),
        ("", ()),
    ],
)
def test_a_record_is_about_the_versions_said_nearest_to_it(front, expected):
    assert versions(front + QUESTIONS) == [expected, ("1.9",)]
    assert warnings(front + QUESTIONS) == []


def test_versions_beyond_the_limits_are_told_and_left_out():
    long = f"---\nversion: [{'x' * 65}, 2]\n---\n"
    assert versions(long + QUESTIONS)[0] == ("2",)
    assert warnings(long + QUESTIONS) == [
        (1, "front matter names 2 versions (expected at most 16, each of at most 64 characters); 1 are kept")
    ]
    many = f"<!-- faq: version={','.join(map(str, range(17)))} -->\n"
    assert len(versions(many + QUESTIONS)[0]) == 16
    assert warnings(many + QUESTIONS) == [(1, "17 versions (limit 16); the first 16 are kept")]
    assert versions(f"<!-- faq: version={'x' * 65} -->\n{QUESTIONS}")[0] == ()


def test_a_version_alone_changes_no_id_and_no_text():
    (plain, _), (named, _) = (
        parse_document(text, "x.md").records for text in (QUESTIONS, QUESTIONS.replace("1.9", "2"))
    )
    assert plain == named
    assert (
        parse_document(QUESTIONS.replace("<!-- faq: version=1.9 -->\n\n", ""), "x.md").records[1].id
        == "x/how-do-i-stop-it"
    )
