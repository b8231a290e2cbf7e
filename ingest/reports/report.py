"""What reading a file brought: records, what was skipped and why, what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from faqkb.kb.checks import Check
from faqkb.kb.pictures import Picture
from faqkb.kb.records import Record


@dataclass(frozen=True, slots=True)
class Skipped:
    """A block that became no (part of a) record."""

    line: int
    """1-based."""
    reason: str
    text: str
    """How it begins, one line."""

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Warned:
    """Something an author should look at; the records are there all the same."""

    line: int
    """1-based."""
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a file became records."""

    headings: int = 0
    headings_read: int = 0
    """Those that are questions, stand above one or belong to an answer; contents and closing words do not count."""
    asking_unread: int = 0
    """Headings and lines that end in a question mark and became no question."""
    text: float = 1.0
    """Share of the text, 0 to 1."""

    def sentence(self) -> str:
        """Return it in words, empty when all was read."""
        if self.headings_read == self.headings and not self.asking_unread:
            return ""
        asking = f"; {self.asking_unread} that ask were not" if self.asking_unread else ""
        return f"{self.headings_read} of {self.headings} headings read{asking}"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file."""

    path: str
    style: str
    """How its questions are written, e.g. `headings`; `none` when there are none."""
    records: int
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Warned, ...] = ()
    encoding: str = "utf-8"
    coverage: Coverage = Coverage()
    error: str = ""
    """Why the file could not be read, one line with a way out; empty when it could."""

    @property
    def lacks(self) -> str:
        """Why nothing can be said of what the file gave before: unreadable, or without any text; else empty."""
        is_blank = not (self.error or self.records or self.skipped)
        return self.error or (f"{self.path}: holds no text" if is_blank else "")

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self) | {
            "skipped": [skipped.to_json() for skipped in self.skipped],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


@dataclass(frozen=True, slots=True)
class ScriptReport:
    """What became of one check script."""

    path: str
    check: str
    """Its id; empty when it was left out."""
    warnings: tuple[Warned, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self) | {"warnings": [warning.to_json() for warning in self.warnings]}


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed document."""

    records: tuple[Record, ...]
    report: FileReport

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {"records": [record.to_json() for record in self.records], "report": self.report.to_json()}


@dataclass(frozen=True, slots=True)
class Ingested:
    """All that was read from some files and folders."""

    records: tuple[Record, ...]
    files: tuple[FileReport, ...]
    checks: tuple[Check, ...] = ()
    scripts: tuple[ScriptReport, ...] = ()
    pictures: tuple[Picture, ...] = ()
    """Those that answers show, by name."""
    unchanged: int = field(default=0, compare=False)
    """How many files were not parsed: their content is one that was read before."""

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to mend: every file was read, and none has a warning."""
        return not any(file.error for file in self.files) and not any(self.warnings())

    def warnings(self) -> Iterator[tuple[str, int, str]]:
        """Yield path, line and message of each warning."""
        reports: tuple[FileReport | ScriptReport, ...] = (*self.files, *self.scripts)
        for report in reports:
            yield from ((report.path, warning.line, warning.message) for warning in report.warnings)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "records": [record.to_json() for record in self.records],
            "files": [file.to_json() for file in self.files],
            "scripts": [script.to_json() for script in self.scripts],
        }
