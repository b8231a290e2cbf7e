"""Check scripts beside the Markdown, and which records they prove."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from faqkb.ingest.reports.report import FileReport, ScriptReport, Warned
from faqkb.kb.check_header import parse_check
from faqkb.kb.checks import CHECKS_FOLDER, EVIDENCE_FILE, Check, Evidence, read_evidence
from faqkb.kb.errors import CheckMalformed
from faqkb.kb.limits import CHECK_BYTES
from faqkb.kb.records import Record

LEADS_OUT = "a link out of the folder; copy here what it leads to, or say --follow-links"
_TABLE = b"faq-check"  # a script that never mentions it is somebody's tool, no check


@dataclass(frozen=True, slots=True)
class Script:
    """A check script found."""

    report: ScriptReport
    check: Check | None
    """None when it could not be read; the report says why."""


def read_scripts(paths: Sequence[Path], *, follow_links: bool = False) -> tuple[Script, ...]:
    """Return the check scripts in the folder `checks` of each content PATH (of its folder when PATH is a file).

    Folders in the order given, scripts of a folder by name. One whose id an earlier folder has is left out with a
    warning, and so is a link out of its PATH unless `follow_links`.
    """
    found: list[Script] = []
    for folder in dict.fromkeys(path if path.is_dir() else path.parent for path in paths):
        taken = frozenset(check.id for check in checks_of(found))
        recorded, warned = _recorded(folder, follow_links=follow_links)
        found += warned
        for path in sorted((folder / CHECKS_FOLDER).glob("*.py")):
            refused = not follow_links and leads_out(path, folder)
            script = _left_out(f"{CHECKS_FOLDER}/{path.name}", LEADS_OUT) if refused else _read(path, taken)
            found += [_with_evidence(script, recorded)] if script else []
    return tuple(found)


def _recorded(folder: Path, *, follow_links: bool) -> tuple[dict[tuple[str, str], Evidence], list[Script]]:
    """Return what is recorded of the runs of a folder's checks, and a warning where that cannot be read."""
    path = folder / CHECKS_FOLDER / EVIDENCE_FILE
    if not follow_links and leads_out(path, folder):
        return {}, [_left_out(f"{CHECKS_FOLDER}/{path.name}", LEADS_OUT)]
    try:
        return read_evidence(path), []
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError) as error:
        why = f"{getattr(error, 'strerror', None) or error}; correct it, or run the checks again with --record"
        return {}, [_left_out(f"{CHECKS_FOLDER}/{path.name}", why)]


def _with_evidence(script: Script, recorded: Mapping[tuple[str, str], Evidence]) -> Script:
    """Return a script with what is recorded of it: of this very script, not of an earlier one."""
    check = script.check
    evidence = recorded.get((check.id, check.sha256)) if check else None
    return replace(script, check=replace(check, evidence=evidence)) if check and evidence else script


def leads_out(path: Path, folder: Path) -> bool:
    """Return whether a path below a folder leads out of it, by whatever links."""
    real, root = os.path.realpath(path), os.path.realpath(folder)
    return os.path.commonpath([real, root]) != root


def checks_of(scripts: Sequence[Script]) -> tuple[Check, ...]:
    """Return the checks of the scripts that could be read."""
    return tuple(script.check for script in scripts if script.check)


def _read(path: Path, taken: frozenset[str]) -> Script | None:
    name = f"{CHECKS_FOLDER}/{path.name}"
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _left_out(name, "not a regular file; leave it out")
        with path.open("rb") as file:
            content = file.read(CHECK_BYTES + 1)
        if _TABLE not in content:
            return None
        check = parse_check(content, path.stem)
        if check.id in taken:
            return _left_out(name, "an earlier folder has a check of this id; rename one")
    except CheckMalformed as error:
        return _left_out(name, str(error).removeprefix(f"{path.name}: "))
    except OSError as error:
        return _left_out(name, f"{error.strerror or error}; make it readable")
    return Script(ScriptReport(name, check.id), check)


def _left_out(name: str, why: str) -> Script:
    return Script(ScriptReport(name, "", (Warned(1, f"left out: {why}"),)), None)


def bind_records(records: Sequence[Record], checks: Sequence[Check]) -> tuple[Record, ...]:
    """Return the records with the checks that they name or that name them, those that there are."""
    proving: dict[str, list[str]] = {}
    for check in sorted(checks, key=lambda check: (len(check.answers), check.id)):  # the most particular first
        for record_id in check.answers:
            proving.setdefault(record_id, []).append(check.id)
    known = {check.id for check in checks}

    def bound(record: Record) -> Record:
        named = (check for check in record.checks if check in known)
        found = tuple(dict.fromkeys((*named, *proving.get(record.id, ()))))
        return record if found == record.checks else replace(record, checks=found)

    return tuple(map(bound, records))


def warn_of_unknown_checks(report: FileReport, records: Sequence[Record], checks: Sequence[Check]) -> FileReport:
    """Return a file's report with a warning for each check that its records name in vain."""
    known = {check.id for check in checks}
    warnings = [
        Warned(
            record.source.line, f"check={check} names no check script; write {CHECKS_FOLDER}/{check}.py or take it out"
        )
        for record in records
        for check in record.checks
        if check not in known
    ]
    return replace(report, warnings=(*report.warnings, *warnings))


def warn_of_unknown_records(script: Script, records: Sequence[Record], judged: Sequence[str]) -> ScriptReport:
    """Return a script's report with a warning for each record that it names in vain.

    `judged` are the beginnings of the ids that were read; of others nothing is known.
    """
    if script.check is None:
        return script.report
    known = {record.id for record in records}
    named = dict.fromkeys((*script.check.answers, *(each for one in script.check.signatures for each in one.answers)))
    lines = script.check.script.decode().splitlines()
    warnings = [
        Warned(
            _line_with(lines, record_id), f"answers names {record_id}, which no record has; correct it or take it out"
        )
        for record_id in named
        if record_id not in known and record_id.startswith(tuple(judged))
    ]
    return replace(script.report, warnings=(*script.report.warnings, *warnings))


def _line_with(lines: Sequence[str], text: str) -> int:
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)
