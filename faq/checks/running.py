"""Runs a check with what it needs."""

from __future__ import annotations

from pathlib import Path

from faqkb.faq.checks.environment import python_for
from faqkb.faq.checks.process import Checked, failed, run_check
from faqkb.kb.checks import Check
from faqkb.kb.errors import CheckEnvironmentFailed


def run_with_environment(
    check: Check, arguments: list[str], python: Path | None = None, stdin: bytes | None = None
) -> Checked:
    """Run a check with the interpreter given, else with one that has its packages."""
    try:
        interpreter = python or python_for(check)
    except CheckEnvironmentFailed as error:
        why, _, fix = str(error).rpartition("; ")
        return failed(check, why, fix)
    return run_check(check, interpreter, arguments, stdin)
