"""What tests of `faq lint` share: running it in this process, and the fixtures with what is expected of them."""

from __future__ import annotations

import json
import os
import shlex
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faqkb.faq.linting.lint import command

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "fixtures" / "lint"
_OPTIONS = "# options: "


@dataclass(frozen=True, slots=True)
class Case:
    """A folder of Markdown, and the findings in it."""

    folder: Path
    options: tuple[str, ...]
    expected: tuple[str, ...]
    """`path:line: rule`, in order."""


def case_of(name: str) -> Case:
    """Return a case of the fixtures."""
    lines = (CASES / name / "expected.txt").read_text(encoding="utf-8").splitlines()
    options = lines[0].removeprefix(_OPTIONS) if lines and lines[0].startswith(_OPTIONS) else ""
    return Case(CASES / name, tuple(shlex.split(options)), tuple(line for line in lines if not line.startswith("#")))


def lint(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str | Path) -> tuple[int, str]:
    """Run `faq lint` in a folder; return its exit code and what it prints."""
    capsys.readouterr()
    with chdir(folder):
        code = command.main([os.fspath(each) for each in arguments], prog_name="faq lint", standalone_mode=False)
    return int(code or 0), capsys.readouterr().out


def findings(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str | Path) -> list[dict[str, Any]]:
    """Return what `faq lint --json` finds in a folder."""
    code, out = lint(capsys, folder, *(arguments or (".",)), "--json")
    found: list[dict[str, Any]] = json.loads(out)["findings"]
    assert code == bool(found)
    return found


def told(found: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return findings as the fixtures write them."""
    return tuple(f"{each['path']}:{each['line']}: {each['rule']}" for each in found)
