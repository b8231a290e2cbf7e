"""The check scripts of a snapshot."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from faqkb.kb.checks import Check, CheckLink, Signature
from faqkb.kb.errors import CheckMalformed
from faqkb.kb.store.connections import Connections
from faqkb.kb.store.rows import load_check

_CACHED = 500  # links and parsed scripts kept in memory, 40 kB each of the latter


class CheckTable:
    """Reads checks."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.signatures = self._read_signatures()
        """The error texts that checks know, the most telling of each check first."""
        self.link = lru_cache(_CACHED)(self._read_link)
        """Return what answers say of the check of that id, or None."""

    def all(self) -> tuple[Check, ...]:
        """Return the stored checks, by id. Raises SnapshotDamaged as `get` does."""
        rows = self._connections.rows("SELECT id, json, script FROM checks ORDER BY id")
        return tuple(self._agreeing(*row) for row in rows)

    def get(self, check_id: str) -> Check | None:
        """Return the check of that id, or None. Raises SnapshotDamaged where its script says something else."""
        row = self._connections.row("SELECT id, json, script FROM checks WHERE id = ?", check_id)
        return None if row is None else self._agreeing(*row)

    def _agreeing(self, check_id: str, text: str, script: bytes) -> Check:
        """Return a stored check that is what its script says of itself: what is shown is what would be run."""
        stored = self._named(check_id, text, script)
        try:
            said = _parsed(stored.script, check_id)
        except CheckMalformed as error:
            raise self._connections.damaged(f"check {error}") from error
        if replace(stored, evidence=None) != said:
            raise self._connections.damaged(f"check {check_id}: something else is stored of it than its script says")
        return stored

    def _named(self, check_id: str, text: str, script: bytes = b"") -> Check:
        check = load_check(text, script)
        if check.id != check_id:
            raise self._connections.damaged(f"check {str(check_id)[:60]!r} calls itself {check.id}")
        return check

    def _read_link(self, check_id: str) -> CheckLink | None:
        row = self._connections.row("SELECT json FROM checks WHERE id = ?", check_id)
        return None if row is None else self._named(check_id, row[0]).link

    def _read_signatures(self) -> tuple[Signature, ...]:
        rows = self._connections.rows("SELECT id, json FROM checks ORDER BY id")
        return tuple(known for row in rows for known in self._named(*row).signatures)


@lru_cache(_CACHED)
def _parsed(script: bytes, check_id: str) -> Check:
    """Parse a script once, for 15 ms: the snapshot that follows holds the same."""
    from faqkb.kb.check_header import parse_check  # noqa: PLC0415 - a parser of Python, which no question needs

    return parse_check(script, check_id)
