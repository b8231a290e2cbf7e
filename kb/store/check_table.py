"""The check scripts of a snapshot."""

from __future__ import annotations

from functools import lru_cache

from faqkb.kb.checks import Check, CheckLink, Signature
from faqkb.kb.store.connections import Connections
from faqkb.kb.store.rows import load_check

_CACHED = 500  # links kept in memory


class CheckTable:
    """Reads checks."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.signatures = self._read_signatures()
        """The error texts that checks know, the most telling of each check first."""
        self.link = lru_cache(_CACHED)(self._read_link)
        """Return what answers say of the check of that id, or None."""

    def all(self) -> tuple[Check, ...]:
        """Return the stored checks, by id."""
        rows = self._connections.rows("SELECT json, script FROM checks ORDER BY id")
        return tuple(load_check(text, script) for text, script in rows)

    def get(self, check_id: str) -> Check | None:
        """Return the check of that id, or None."""
        row = self._connections.row("SELECT json, script FROM checks WHERE id = ?", check_id)
        return None if row is None else load_check(*row)

    def _read_link(self, check_id: str) -> CheckLink | None:
        row = self._connections.row("SELECT json FROM checks WHERE id = ?", check_id)
        return None if row is None else load_check(row[0], b"").link

    def _read_signatures(self) -> tuple[Signature, ...]:
        rows = self._connections.rows("SELECT json FROM checks ORDER BY id")
        return tuple(known for (text,) in rows for known in load_check(text, b"").signatures)
