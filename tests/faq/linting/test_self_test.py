"""A question that does not find itself is told with what comes before it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_support import findings

FAQ = """# Fair

## Rides

### What does it cost?
Two euros for a ride.

## Food

### What does it cost?
Three euros for a sausage.

### Where is the water?
Behind the wheel.
"""


def test_a_question_that_finds_another_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "faq.md").write_text(FAQ, encoding="utf-8")
    (found,) = findings(capsys, tmp_path, "faq.md", "--self-test", "--only", "not-first")
    assert {found["line"], found["other"]["line"]} == {5, 10}
    assert found["what"].startswith("“What does it cost?” finds “What does it cost?” at faq.md:")


def test_a_translation_counts_as_the_question_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for language in ("", "en"):
        (tmp_path / language).mkdir(exist_ok=True)
        (tmp_path / language / "faq.md").write_text("# FAQ\n\n## Q1: What is RPC?\nA call.\n", encoding="utf-8")
    assert findings(capsys, tmp_path, ".", "--self-test", "--only", "not-first") == []
