"""Every rule finds what it is for and nothing else: a folder of Markdown and the findings expected in it."""

from __future__ import annotations

import pytest
from lint_support import CASES, ROOT, case_of, findings, told

from faqkb.ingest.linted.catalogue import RULES

# Their own tests: the network (test_web.py); questions that do not find themselves (test_self_test.py).
ELSEWHERE = {"dead-address", "not-first"}


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_a_folder_has_the_findings_beside_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = case_of(name)
    found = findings(capsys, case.folder, ".", *case.options)
    assert told(found) == case.expected, [each["what"] for each in found]


def test_every_rule_has_a_case() -> None:
    cases = [case_of(path.name) for path in CASES.iterdir()]
    assert {line.rpartition(" ")[2] for case in cases for line in case.expected} == RULES.keys() - ELSEWHERE


def test_our_own_faq_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(capsys, ROOT, "content", "--self-test") == []


def test_the_page_has_a_row_for_each_rule() -> None:
    rows = [
        line.split("`")[1] for line in (ROOT / "docs" / "lint.md").read_text("utf-8").splitlines() if line[:3] == "| `"
    ]
    assert rows == list(RULES)
