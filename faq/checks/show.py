"""A check and its report for a person: coloured on a terminal, plain text in a pipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from faqkb.faq.checks.catalogue import NO_CHECKS
from faqkb.faq.checks.skeleton import readable_bytes
from faqkb.faq.console import one_line, say, styled
from faqkb.kb.checks import Check

_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "blue", "usage": "magenta", "error": "magenta"}
_NAME = 24  # characters of a figure's name


def show_checks(checks: Sequence[Check]) -> None:
    """Print one line for each check, or that there is none."""
    if not checks:
        say(NO_CHECKS)
    for check in checks:
        packages = f"  ({', '.join(check.dependencies)})" if check.dependencies else ""
        say(f"{styled(f'{check.id:12}', bold=True)} {one_line(check.title)}{styled(packages, dim=True)}")


def show_check(check: Check) -> None:
    """Print what a check does and touches."""
    say(styled(f"{check.id} {check.version}: {check.title}", bold=True))
    say(f"\n{check.description}\n")
    for name, values in (
        ("reads", check.reads),
        ("writes", check.writes),
        ("needs", check.needs),
        ("packages", check.dependencies),
        ("answers", check.answers),
    ):
        say(f"{name:9} {one_line(', '.join(values)) or 'nothing'}")
    say(f"{'limit':9} {check.limit_seconds:g} s")
    say(f"{'sha256':9} {check.sha256}")
    if check.evidence:
        say(f"{'recorded':9} {one_line(check.evidence.sentence)}")
    say(f"{'run it':9} faq check run {check.id}")


def show_report(document: Mapping[str, Any]) -> None:
    """Print a check's document: the verdict, the figures, what to do."""
    status = _plain(document["status"])
    verdict = styled(status.upper(), fg=_COLOURS.get(status), bold=True)
    say(f"{verdict} {_plain(document['check'])}: {_plain(document['summary'])}")
    for name, value in document["facts"].items():
        _show_fact(_plain(name), value)
    for finding in document["findings"]:
        _show_finding(finding, _plain(document["summary"]))


def _show_finding(finding: Mapping[str, Any], summary: str) -> None:
    status, what = _plain(finding.get("status")), _plain(finding.get("what"))
    if what != summary or finding.get("fix"):
        say(f"{styled(f'[{status}]', fg=_COLOURS.get(status))} {what}")
    if finding.get("why"):
        say(styled(f"    why: {_plain(finding['why'])}", dim=True))
    if finding.get("fix"):
        say(f"    fix: {styled(_plain(finding['fix']), bold=True)}")


def _show_fact(name: str, value: Any) -> None:
    if isinstance(value, str) and "\n" in value:
        say("\n" + "\n".join(f"  {_plain(line)}" for line in value.splitlines()) + "\n")
    elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        for row in value:
            say("  " + ", ".join(f"{_plain(key)} {_plain(part)}" for key, part in row.items()))
    elif name.endswith("_bytes") and isinstance(value, int | float):
        _show_fact(name.removesuffix("_bytes"), readable_bytes(value))
    else:
        say(f"  {name.replace('_', ' '):<{_NAME}} {_plain(value)}")


def _plain(value: Any) -> str:
    """Return a value as one line of text."""
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
