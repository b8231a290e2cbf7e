"""Check scripts and the errors they know, as they cross from ingest to the store and on to the reader.

Nothing here runs a script.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from faqkb.kb import limits

_ID = re.compile(rf"[a-z0-9_-]{{1,{limits.TAG_CHARS}}}")


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

    @property
    def link(self) -> CheckLink:
        """The check as answers carry it."""
        return CheckLink(self.id, self.title, self.titles, self.sha256)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the script and its signatures: the JSON object of `faq check list` and of the API."""
        fields = asdict(self)
        del fields["script"], fields["signatures"]
        texts = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
        return self.link.to_json() | texts


@dataclass(frozen=True, slots=True)
class CheckLink:
    """What an answer says of a check that proves it."""

    id: str
    title: str
    titles: dict[str, str]
    sha256: str

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
        }
