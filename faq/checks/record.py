"""`faq check run --record`: keeps beside the scripts when a check passed, and with which versions."""

from __future__ import annotations

import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from packaging.requirements import Requirement

from faqkb.faq.checks.environment import python_for
from faqkb.faq.checks.process import Checked
from faqkb.faq.config import content_paths
from faqkb.faq.console import say_note
from faqkb.kb import disk
from faqkb.kb.checks import (
    CHECKS_FOLDER,
    EVIDENCE_FILE,
    NO_EVIDENCE,
    PASSING,
    Check,
    Evidence,
    Run,
    evidence_lines,
    read_evidence,
)
from faqkb.kb.errors import CheckMalformed, CheckUnknown

# Run by the interpreter that ran the check, which has its packages and not ours.
_VERSIONS = """
import json, platform, sys
from importlib import metadata
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_SECONDS = 30


def evidence_file(check: Check, name: str) -> Path:
    """Return the file that keeps the runs of a check, by what it was called on the command line: id or path.

    Raises CheckUnknown where no folder of the content holds its script.
    """
    if name.endswith(".py"):
        return Path(name).parent / EVIDENCE_FILE
    folders = [path if path.is_dir() else path.parent for path in content_paths()]
    for folder in folders:
        if (folder / CHECKS_FOLDER / f"{check.id}.py").is_file():
            return folder / CHECKS_FOLDER / EVIDENCE_FILE
    raise CheckUnknown(
        f"--record has nowhere to write: no content holds {check.id}.py (got {', '.join(map(str, folders))}); name the"
        f" script itself: faq check run content/{CHECKS_FOLDER}/{check.id}.py --record"
    )


def record_run(check: Check, checked: Checked, python: Path | None, file: Path) -> None:
    """Keep a run that passed or failed, and say so; one that was skipped or broke says nothing about the answer.

    `python` is the interpreter that ran it, None for the check's own.
    Raises CheckMalformed where the file holds something else, OSError where it cannot be written.
    """
    status = checked.document["status"]
    if status not in {*PASSING, "fail"}:
        say_note(f"nothing recorded: the check ended with {status}")
        return
    entries = _entries(file)
    run = Run(
        datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        versions_with(check, python or python_for(check)),
    )
    key = (check.id, check.sha256)
    kept = {each: evidence for each, evidence in entries.items() if each[0] != check.id}
    kept[key] = entries.get(key, NO_EVIDENCE).after(run, passed=status in PASSING)
    disk.replace_file(file, "".join(f"{line}\n" for line in evidence_lines(kept)).encode())
    say_note(f"recorded in {file}: {'passed' if status in PASSING else 'failed'}; `faq ingest` publishes it")


def versions_with(check: Check, python: Path) -> dict[str, str]:
    """Return the versions of Python, the system, and the packages that a check needs, as its interpreter has them."""
    names = [Requirement(each).name for each in check.dependencies]
    command = [str(python), "-I", "-c", _VERSIONS, *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found | {"system": f"{platform.system()} {platform.machine()}"}


def _entries(file: Path) -> dict[tuple[str, str], Evidence]:
    try:
        return read_evidence(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CheckMalformed(
            f"{file}: {getattr(error, 'strerror', None) or error}; correct it, or remove it"
        ) from error
