"""docs/promises.md and the tests: neither without the other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LINE = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.+?) \|", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_promise_names_tests_that_there_are() -> None:
    promises = _LINE.findall((ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))
    assert len(promises) >= 40
    names = [name for name, _, _ in promises]
    assert len(names) == len(set(names))
    missing = [
        f"{name}: {path}::{test}"
        for name, _, tests in promises
        for path, test in _TEST.findall(tests) or [("", "no test")]
        if test not in names_in(path)
    ]
    assert missing == []


def names_in(path: str) -> set[str]:
    """Return the names of the tests in a file."""
    if not (ROOT / path).is_file():
        return set()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
