"""Findings as SARIF 2.1.0 (OASIS), which GitHub's code scanning and most editors read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from faqkb.ingest.linted.catalogue import RULES
from faqkb.ingest.linted.findings import Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_of(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the one document. All rules are named in it: a rule that found nothing is known to have looked."""
    numbers = {rule: number for number, rule in enumerate(RULES)}
    told: Counter[str] = Counter()
    driver = {
        "name": "faq lint",
        "semanticVersion": version("faqkb"),
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": f"{rule.says[0].upper()}{rule.says[1:]}."},
                "fullDescription": {"text": rule.why},
                "defaultConfiguration": {"level": "warning"},
            }
            for rule in RULES.values()
        ],
    }
    results = [_result(finding, numbers[finding.rule], told) for finding in findings]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _result(finding: Finding, number: int, told: Counter[str]) -> dict[str, Any]:
    # By what stands there and not by its line, so that a finding stays the same one when lines are added above.
    print_of = f"{finding.path}\n{finding.rule}\n{finding.what}"
    told[print_of] += 1
    digest = hashlib.sha256(f"{print_of}\n{told[print_of]}".encode("utf-8", "surrogatepass")).hexdigest()
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": "warning",
        "message": {"text": f"{finding.what}. {RULES[finding.rule].why} Fix: {finding.fix}."},
        "locations": [_location(finding.path, finding.line)],
        "partialFingerprints": {"faqLint/v1": digest},
    }
    if finding.other:
        result["relatedLocations"] = [_location(finding.other.path, finding.other.line)]
    return result


def _location(path: str, line: int) -> dict[str, Any]:
    uri = quote(path.encode("utf-8", "surrogateescape"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}
