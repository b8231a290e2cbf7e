"""Check scripts run as a reader runs them: real processes, exit codes, documents."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

CHECKS = Path(__file__).resolve().parents[2] / "content" / "checks"
EXIT_CODES = {"pass": 0, "warn": 4, "fail": 3, "skip": 77, "usage": 2, "error": 1}
FIELDS = {"check", "version", "status", "summary", "facts", "findings", "answers", "seconds"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check said."""

    code: int
    document: dict[str, Any]
    stderr: str

    @property
    def status(self) -> str:
        return str(self.document["status"])

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.document["facts"]
        return facts

    @property
    def fixes(self) -> str:
        """Every fix, one a line."""
        return "\n".join(finding["fix"] for finding in self.document["findings"] if finding["fix"])

    @property
    def said(self) -> str:
        """Every text of the findings, one a line."""
        return "\n".join(str(text) for finding in self.document["findings"] for text in finding.values())


def run_check(
    check: str | Path,
    *arguments: str | Path,
    python: str | Path = sys.executable,
    stdin: bytes = b"",
    prefix: tuple[str, ...] = (),
    cwd: Path | None = None,
    **environment: str,
) -> Checked:
    """Run `python CHECK.py ARGUMENTS --json`, after the words of `prefix`; it must keep the contract."""
    script = check if isinstance(check, Path) else CHECKS / f"{check}.py"
    done = subprocess.run(
        [*prefix, str(python), str(script), *map(str, arguments), "--json"],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=cwd,
        env=os.environ | environment,
        timeout=600,
    )
    (line,) = done.stdout.splitlines() or [b"nothing was printed: " + done.stderr]
    document = json.loads(line)
    assert set(document) == FIELDS, document
    assert done.returncode == EXIT_CODES[document["status"]], document
    assert document["check"] == script.stem
    for finding in document["findings"]:
        assert set(finding) == {"status", "what", "why", "fix"}, finding
        assert finding["fix"] or finding["status"] not in {"warn", "fail"}, finding
    return Checked(done.returncode, document, done.stderr.decode(errors="replace"))


def load_check(name: str) -> ModuleType:
    """Return a check as a module, to ask its functions directly."""
    spec = importlib.util.spec_from_file_location(name.replace("-", "_") + "_check", CHECKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Evil:
    """Unpickled, it writes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, (f"open({str(self.mark)!r}, 'w')",))


_ODD = """# /// script
# dependencies = [{dependencies}]
# [tool.faq-check]
# id = "odd"
{header}
# answers = ["faq/q1"]
# limit_seconds = 1
# ///
{body}
"""


def odd_script(
    folder: Path, body: str, dependencies: str = "", header: Sequence[str] = ('# title = "Is this odd?"',)
) -> Path:
    """Write a check with some body, which owes us nothing, into `checks/` of a folder; return its path."""
    path = folder / "checks" / "odd.py"
    path.parent.mkdir(exist_ok=True)
    script = _ODD.format(body=body, dependencies=dependencies, header="\n".join(header))
    path.write_bytes(script.encode())
    return path


def passing(summary: str) -> str:
    """Return the code of a script that passes; its summary is what the expression gives."""
    return (
        f"import json; print(json.dumps(dict(check='odd', status='pass', summary={summary}, facts={{}}, findings=[])))"
    )
