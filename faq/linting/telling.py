"""How findings are told: as lines, as one JSON document, as SARIF, as GitHub's annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faqkb.faq.console import one_line, say, say_json, styled
from faqkb.faq.linting.sarif import sarif_of
from faqkb.ingest.linted.catalogue import RULES
from faqkb.ingest.linted.findings import Finding

FORMATS = ("text", "json", "sarif", "github")


@dataclass(frozen=True, slots=True)
class Told:
    """What a run brought."""

    findings: Sequence[Finding]
    """Without those that were mended."""
    files: int
    fixed: int


def tell(told: Told, form: str) -> None:
    """Print what a run brought in one of the forms."""
    {"text": _as_text, "json": _as_json, "sarif": _as_sarif, "github": _as_github}[form](told)


def _as_text(told: Told) -> None:
    for finding in told.findings:
        place = styled(one_line(f"{finding.path}:{finding.line}"), bold=True)
        say(f"{place}: {finding.rule}: {one_line(finding.what)}")
        say(f"    why: {RULES[finding.rule].why}")
        say(f"    fix: {one_line(finding.fix)}{' (--fix does it)' if finding.edit else ''}")
    say(_summary(told))


def _summary(told: Told) -> str:
    files = f"{told.files} file{'s' if told.files != 1 else ''}"
    fixed = f"{told.fixed} mended, " if told.fixed else ""
    if not told.findings:
        return f"{fixed}no findings in {files}"
    fixable = sum(finding.edit is not None for finding in told.findings)
    mends = f", {fixable} that --fix mends" if fixable else ""
    several = "s" if len(told.findings) != 1 else ""
    return f"{fixed}{len(told.findings)} finding{several} in {files}{mends}"


def _as_json(told: Told) -> None:
    counts = Counter(finding.rule for finding in told.findings)
    document: dict[str, Any] = {
        "findings": [finding.to_json(RULES[finding.rule].why) for finding in told.findings],
        "counts": {rule: counts[rule] for rule in RULES if counts[rule]},
        "files": told.files,
        "fixed": told.fixed,
    }
    say_json(document)


def _as_sarif(told: Told) -> None:
    say_json(sarif_of(told.findings))


def _as_github(told: Told) -> None:
    """Print workflow commands; what they hold is escaped as GitHub's own toolkit does."""
    for finding in told.findings:
        text = f"{finding.what}. {RULES[finding.rule].why} Fix: {finding.fix}."
        file, title = _property(finding.path), _property(finding.rule)
        say(f"::warning file={file},line={finding.line},title={title}::{_message(text)}")


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def tell_rules(form: str) -> None:
    """Print every rule with what it finds and why it matters."""
    if form == "json":
        say_json(
            {
                "rules": [
                    {"id": rule.id, "says": rule.says, "why": rule.why, "needs": rule.needs or None}
                    for rule in RULES.values()
                ]
            }
        )
        return
    for rule in RULES.values():
        say(f"{styled(rule.id, bold=True)}: {rule.says}{f' (with {rule.needs})' if rule.needs else ''}")
        say(f"    why: {rule.why}")
