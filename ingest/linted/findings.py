"""A finding: one place in a file, the rule that it breaks, and what its author can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that `faq lint` looks for."""

    id: str
    """Short, speaking, kebab-case: `dead-link`."""
    says: str
    """What it finds, as the reference and SARIF tell it."""
    why: str
    """What becomes of it for readers, one sentence."""
    needs: str = ""
    """The option without which it does not look, such as `--online`."""
    by_meaning: bool = False
    """It needs the embedding model; `--quick` leaves it out."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What `--fix` changes on one line: nothing that could change what an answer says."""

    line: int
    """1-based."""
    column: int
    """0-based character of the line as written, a byte order mark not counted."""
    removed: str
    """What has to stand there, or nothing is changed."""
    added: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a finding compares with."""

    path: str
    line: int
    """1-based."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend."""

    path: str
    """From the current folder, or as it was given where it lies elsewhere; with forward slashes."""
    line: int
    """1-based."""
    rule: str
    """Id of its rule."""
    what: str
    """What stands there, one sentence without a full stop."""
    fix: str
    """What to do about it, the same."""
    edit: Edit | None = None
    """What `--fix` does, where that is safe."""
    other: Place | None = None
    """The other place, where two do not go together."""

    @property
    def order(self) -> tuple[str, int, str, str]:
        """What findings are sorted by."""
        return self.path, self.line, self.rule, self.what

    def to_json(self, why: str) -> dict[str, Any]:
        """Return it as a JSON object; `why` is its rule's."""
        other = {"path": self.other.path, "line": self.other.line} if self.other else None
        return {
            "path": self.path,
            "line": self.line,
            "rule": self.rule,
            "what": self.what,
            "why": why,
            "fix": self.fix,
            "fixable": self.edit is not None,
            "other": other,
        }
