"""API keys as values: what one may do, and how its text is made, read and compared.

A key is `faq_<id>_<secret>`: a prefix that secret scanners and `kb/feedback/redaction.py` know, the id under which it
is listed and revoked, and the secret. Only the SHA-256 of the secret is kept. A slow hash (argon2, bcrypt) makes
guessing words that people chose costly; nobody guesses 256 random bits, and here it would cost 50 ms a request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from string import ascii_letters, digits

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that a reader takes for another
_ID_CHARS = 8
_SECRET_LETTERS = ascii_letters + digits  # base62: a double click selects the whole key
_SECRET_CHARS = 43  # 62 ** 43 > 2 ** 256
_KEY = re.compile(rf"faq_([{_ID_LETTERS}]{{{_ID_CHARS}}})_([A-Za-z0-9]{{{_SECRET_CHARS}}})")
KEY_START = "faq_"


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    """Ask, search and read: pages, API, chat, MCP."""
    FEEDBACK = "feedback"
    """Vote, tell what was asked in vain, report clicks."""
    ADMIN = "admin"
    """Both, and what tells of the operation: /metrics."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: all of it but the secret."""

    id: str
    """Eight letters and digits, e.g. `k3v9x2mp`."""
    name: str
    """Who uses it, in the operator's words."""
    scopes: frozenset[Scope]
    digest: bytes
    """SHA-256 of the secret, 32 bytes."""
    created: str
    """UTC, ISO 8601, as the other times."""
    expires: str | None = None
    """When it stops to be taken; None never."""
    rate_per_minute: int | None = None
    """Requests that it may make in a minute; None is no limit."""
    quota_per_day: int | None = None
    """Requests that it may make in a day (UTC); None is no limit."""
    last_used: str | None = None
    """The day, e.g. `2026-11-25`; no finer, since it says when a person works."""
    revoked: str | None = None
    """When it was taken back."""
    former_digest: bytes | None = None
    """Of the secret before the last rotation."""
    former_until: str | None = None
    """When that one stops to be taken."""

    def is_live(self, now: str) -> bool:
        """Return whether it is taken at a time (UTC, ISO 8601)."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def may(self, scope: Scope) -> bool:
        """Return whether it may do something; admin may everything."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def opens_with(self, secret: str, now: str) -> bool:
        """Return whether a secret is this key's; it takes as long for a wrong one as for the right one."""
        given = digest_of(secret)
        is_current = hmac.compare_digest(given, self.digest)
        is_former = hmac.compare_digest(given, self.former_digest or _NO_DIGEST)
        return is_current or (is_former and self.former_until is not None and now < self.former_until)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the one moment when its text is known."""

    text: str
    """What its user sends: `faq_<id>_<secret>`."""
    stored: ApiKey


def iso(at: datetime) -> str:
    """Return a time as keys hold it; such texts sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def new_id() -> str:
    """Return a random id: 31 ** 8, so that a thousand keys meet by chance once in a million times."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_CHARS))


def new_secret() -> str:
    """Return 256 random bits in base62."""
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(_SECRET_CHARS))


def key_text(key_id: str, secret: str) -> str:
    """Return what the user of a key sends."""
    return f"{KEY_START}{key_id}_{secret}"


def parse_key(text: str) -> tuple[str, str] | None:
    """Return id and secret, None for what has not the form of a key: too long, not ASCII, anything."""
    match = _KEY.fullmatch(text)
    return (match[1], match[2]) if match else None


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 of a secret, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


_NO_DIGEST = bytes(32)  # SHA-256 of nothing known
NO_KEY = ApiKey(id="", name="", scopes=frozenset(), digest=_NO_DIGEST, created="", revoked="always")
"""Compared with where an id is not known, so that this takes as long as a wrong secret."""
