"""Check scripts, the errors they know and when they last passed, as they cross from ingest to store and reader.

Nothing here runs a script.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from faqkb.kb import disk, limits

_VERSIONS_MOST = 40
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(rf"[a-z0-9_-]{{1,{limits.TAG_CHARS}}}")

CHECKS_FOLDER = "checks"
"""Of a folder of content: where its check scripts lie."""
EVIDENCE_FILE = "evidence.jsonl"
"""Beside the check scripts; `faq check run --record` writes it."""
PASSING = frozenset({"pass", "warn"})


def is_check_id(text: str) -> bool:
    """Return whether a text can be the id of a check: the name of a file, wherever it is written."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Signature:
    """Words by which the text of an error is known."""

    error: str
    """Name of the class of errors, e.g. `shared-memory`."""
    words: tuple[str, ...]
    """A text that holds any of them is of the class; a ` … ` in one stands for other words of the same line."""
    answers: tuple[str, ...] = ()
    """Ids of the records that say what to do about it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded run of a check."""

    at: str
    """UTC, ISO 8601 to the second."""
    on: dict[str, str]
    """Versions, by name: of Python, of the system, of the packages that the check needs."""

    @property
    def versions(self) -> str:
        """The versions in one line, e.g. `python 3.11.7, paddlepaddle 3.3.1`."""
        return ", ".join(f"{name} {version}" if name != "system" else version for name, version in self.on.items())

    @property
    def told(self) -> str:
        """Day and versions, for the terminal."""
        return f"{self.at[:10]} ({self.versions})"

    def to_json(self) -> dict[str, Any]:
        """Return the run as answers and the file hold it."""
        return {"at": self.at, "on": self.on}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is recorded of one version of a check's script."""

    passed: Run | None
    """The last run that passed."""
    failed: Run | None
    """The last run that failed, where none passed after it."""

    @property
    def stale(self) -> bool:
        """Whether the newest run failed: what the answer says may hold no more."""
        return self.failed is not None

    def to_json(self) -> dict[str, Any]:
        """Return `evidence` of an answer's check."""
        passed, failed = self.passed and self.passed.to_json(), self.failed and self.failed.to_json()
        return {"passed": passed, "failed": failed, "stale": self.stale}

    @property
    def sentence(self) -> str:
        """For the terminal: when it last passed, and whether the newest run failed."""
        parts = []
        if self.failed:
            parts.append(f"FAILED {self.failed.told}")
        if self.passed:
            parts.append(f"passed {self.passed.told}")
        return "; ".join(parts)

    def after(self, run: Run, *, passed: bool) -> Evidence:
        """Return what is recorded once there is another run."""
        return Evidence(run, None) if passed else Evidence(self.passed, run)


@dataclass(frozen=True, slots=True)
class Check:
    """A check script with what its header says."""

    id: str
    """Also the name of its file, e.g. `shm`."""
    version: str
    title: str
    """What it finds out, one line."""
    titles: dict[str, str]
    """The same in other languages, by language code."""
    answers: tuple[str, ...]
    """Ids of the records it proves."""
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    needs: tuple[str, ...]
    """Of `cpu`, `gpu`, `docker`."""
    limit_seconds: float
    """How long it may take."""
    signatures: tuple[Signature, ...]
    """Error texts it knows, the most telling first."""
    dependencies: tuple[str, ...]
    """Packages, as PEP 508 requirements; empty when the standard library is enough."""
    requires_python: str
    """A version specifier; empty when any Python will do."""
    description: str
    """The script's docstring."""
    sha256: str
    """Of the script, 64 hex digits."""
    script: bytes
    evidence: Evidence | None = None
    """What is recorded of its runs, if anything; no part of the script."""

    @property
    def link(self) -> CheckLink:
        """The check as answers carry it."""
        return CheckLink(self.id, self.title, self.titles, self.sha256, self.evidence)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the script and its signatures: the JSON object of `faq check list` and of the API."""
        fields = asdict(self)
        del fields["script"], fields["signatures"], fields["evidence"]
        texts = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
        return self.link.to_json() | texts


@dataclass(frozen=True, slots=True)
class CheckLink:
    """What an answer says of a check that proves it."""

    id: str
    title: str
    titles: dict[str, str]
    sha256: str
    evidence: Evidence | None = None

    def title_in(self, language: str) -> str:
        """Return the title in a language, else the one there is."""
        return self.titles.get(language, self.title)

    @property
    def command(self) -> str:
        """The command that runs it."""
        return f"faq check run {self.id}"

    def to_json(self) -> dict[str, Any]:
        """Return the entry of an answer's `checks`."""
        return {
            "id": self.id,
            "title": self.title,
            "titles": self.titles,
            "command": self.command,
            "url": f"/checks/{self.id}.py",
            "sha256": self.sha256,
            "evidence": self.evidence and self.evidence.to_json(),
        }


NO_EVIDENCE = Evidence(None, None)


def read_evidence(path: Path) -> dict[tuple[str, str], Evidence]:
    """Return what an evidence file holds. Raises OSError, ValueError; nobody waits for a pipe, or reads for ever."""
    return parse_evidence(disk.read_regular(path, limits.CHECK_BYTES).decode("utf-8"))


def parse_evidence(text: str) -> dict[tuple[str, str], Evidence]:
    """Return what an evidence file holds, by id of the check and sha256 of its script.

    Raises ValueError naming the line.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            found[_named(entry)] = evidence_of(entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"line {number} is no record of a run ({type(error).__name__}: {error})") from error
    return found


def _named(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return the id of the check and the sha256 of its script; they are written again as they are."""
    check_id, sha256 = entry["check"], entry["sha256"]
    if not (is_check_id(check_id) and _SHA256.fullmatch(sha256)):
        raise ValueError(f"got {check_id!r:.60} and {sha256!r:.60}, expected the id of a check and a sha256")
    return check_id, sha256


def evidence_of(entry: Mapping[str, Any]) -> Evidence:
    """Return the evidence that a JSON object holds. Raises ValueError, KeyError, TypeError, AttributeError."""
    return Evidence(_run(entry["passed"]), _run(entry["failed"]))


def evidence_lines(entries: Mapping[tuple[str, str], Evidence]) -> Iterable[str]:
    """Yield the lines of an evidence file, by id: its changes are read in a pull request."""
    for (check_id, sha256), evidence in sorted(entries.items()):
        told = evidence.to_json()
        del told["stale"]
        yield json.dumps({"check": check_id, "sha256": sha256} | told, ensure_ascii=False)


def _run(value: Any) -> Run | None:
    if value is None:
        return None
    at, on = value["at"], value["on"]
    datetime.fromisoformat(at)
    if len(on) > _VERSIONS_MOST:
        raise ValueError(f"{len(on)} versions, expected at most {_VERSIONS_MOST}")
    for text in (at, *on, *on.values()):
        if not isinstance(text, str) or len(text) > limits.TAG_CHARS or not text.isprintable():
            raise ValueError(f"got {text!r:.60}, expected a text of at most {limits.TAG_CHARS} printable characters")
    return Run(at, dict(on))
