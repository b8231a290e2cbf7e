"""The API keys of a knowledge base, in a file that every ingest leaves alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from faqkb.kb import disk, limits
from faqkb.kb.errors import InvalidKey, KeyUnknown
from faqkb.kb.keys.file import KeyFile, Stamp
from faqkb.kb.keys.values import ApiKey, NewKey, Scope, digest_of, iso, key_text, new_id, new_secret

_COLUMNS = (
    "id, name, scopes, digest, created, expires, rate_per_minute, quota_per_day, last_used, revoked, former_digest,"
    " former_until"
)


@dataclass(frozen=True, slots=True)
class Use:
    """How often a key was used in one day."""

    day: str
    """UTC, e.g. `2026-11-25`."""
    count: int


class KeyStore:
    """The keys of one knowledge base; any number of threads and processes may use it."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the knowledge base; the file is made by the first key."""
        self._file = KeyFile(folder)

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        return self._file.path

    def add(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        days: int | None = None,
        rate_per_minute: int | None = None,
        quota_per_day: int | None = None,
    ) -> NewKey:
        """Make a key, taken for so many days; its text is known here and never again.

        Raises InvalidKey, StorageFailed, KeysDamaged.
        """
        cleaned = " ".join(name.split())
        _check(cleaned, scopes, {"days": days, "rate": rate_per_minute, "quota": quota_per_day})
        now, secret = datetime.now(UTC), new_secret()
        key = ApiKey(
            id=new_id(),
            name=cleaned,
            scopes=frozenset(scopes),
            digest=digest_of(secret),
            created=iso(now),
            expires=None if days is None else iso(now + timedelta(days=days)),
            rate_per_minute=rate_per_minute,
            quota_per_day=quota_per_day,
        )
        with disk.storage_errors(self.path.parent, outcome="no key was made"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._file.writing() as connection:
            connection.execute(f"INSERT INTO keys ({_COLUMNS}) VALUES ({', '.join('?' * 12)})", _row(key))
        return NewKey(key_text(key.id, secret), key)

    def read(self) -> tuple[ApiKey, ...]:
        """Return every key, oldest first, the revoked ones too. Raises StorageFailed, KeysDamaged."""
        with self._file.reading() as connection:
            if connection is None:
                return ()
            rows = connection.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created, id").fetchall()
            return tuple(map(_key, rows))

    def uses(self) -> dict[str, Use]:
        """Return how often each key was used on the last day it was counted. Raises StorageFailed, KeysDamaged."""
        with self._file.reading() as connection:
            if connection is None:
                return {}
            rows = connection.execute("SELECT id, used_day, used FROM keys WHERE used_day IS NOT NULL").fetchall()
            return {str(key_id): Use(str(day), int(used)) for key_id, day, used in rows}

    def verify(self) -> None:
        """Read the whole file. Raises StorageFailed, KeysDamaged."""
        self._file.verify()
        self.read()
        self.uses()

    def revoke(self, key_id: str) -> ApiKey:
        """Take a key back for good, its former secret too. Raises KeyUnknown, StorageFailed, KeysDamaged."""
        key = self._found(key_id)
        if key.revoked is not None:
            return key
        revoked = iso(datetime.now(UTC))
        self._update("revoked = ?, former_digest = NULL, former_until = NULL", (revoked, key.id))
        return replace(key, revoked=revoked, former_digest=None, former_until=None)

    def rotate(self, key_id: str, *, grace: timedelta) -> NewKey:
        """Give a key a new secret; the old one is taken for a grace time.

        Raises KeyUnknown (revoked and expired ones too), StorageFailed, KeysDamaged.
        """
        key, now, secret = self._found(key_id), datetime.now(UTC), new_secret()
        if not key.is_live(iso(now)):
            raise KeyUnknown(f"the key {key_id} is revoked or expired; `faq keys add` makes a new one")
        rotated = replace(
            key, digest=digest_of(secret), former_digest=key.digest, former_until=iso(now + grace) if grace else None
        )
        self._update(
            "digest = ?, former_digest = ?, former_until = ?",
            (rotated.digest, rotated.former_digest, rotated.former_until, key.id),
        )
        return NewKey(key_text(key.id, secret), rotated)

    def note_uses(self, uses: Mapping[str, Use]) -> None:
        """Add to what is counted of each key, and note the day. Raises StorageFailed, KeysDamaged."""
        with self._file.writing(make=False) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for key_id, use in uses.items():
                connection.execute(
                    "UPDATE keys SET used = iif(used_day = :day, used, 0) + :count, used_day = :day, last_used = :day"
                    " WHERE id = :id AND coalesce(used_day, '') <= :day",
                    {"id": key_id, "day": use.day, "count": use.count},
                )
            connection.execute("COMMIT")

    def stamp(self) -> Stamp:
        """Return which state the file is in, without opening it. Raises StorageFailed."""
        return self._file.stamp()

    def _found(self, key_id: str) -> ApiKey:
        for key in self.read():
            if key.id == key_id:
                return key
        raise KeyUnknown(f"no key has this id (got {key_id!r}); `faq keys list` shows them")

    def _update(self, columns: str, values: tuple[object, ...]) -> None:
        with self._file.writing(make=False) as connection:
            connection.execute(f"UPDATE keys SET {columns} WHERE id = ?", values)


def _key(row: tuple[Any, ...]) -> ApiKey:
    """Return a key as it was stored. Raises ValueError for what never was: SQLite's files have no checksums."""
    key_id, name, scopes, digest, *others = row
    created, expires, rate, quota, last_used, revoked, former_digest, former_until = others
    kinds: tuple[tuple[Any, tuple[object, ...]], ...] = (
        (str, (key_id, name, scopes, created)),
        (bytes, (digest,)),
        (str | None, (expires, last_used, revoked, former_until)),
        (int | None, (rate, quota)),
        (bytes | None, (former_digest,)),
    )
    if not all(isinstance(value, kind) for kind, values in kinds for value in values):
        raise ValueError("a row holds what was never stored")
    return ApiKey(key_id, name, frozenset(map(Scope, scopes.split())), digest, *others)


def _row(key: ApiKey) -> tuple[object, ...]:
    scopes = " ".join(sorted(key.scopes))
    limited = (key.rate_per_minute, key.quota_per_day)
    return (key.id, key.name, scopes, key.digest, key.created, key.expires, *limited, None, None, None, None)


def _check(name: str, scopes: Collection[Scope], numbers: Mapping[str, int | None]) -> None:
    """Hold a new key to the limits, at the door. Raises InvalidKey."""
    if not name or len(name) > limits.KEY_NAME_CHARS or not name.isprintable():
        raise InvalidKey(
            f"the name of a key says who uses it (got {len(name)} characters, expected 1 to {limits.KEY_NAME_CHARS},"
            " all of them printable); give another"
        )
    if not scopes:
        raise InvalidKey("a key without a scope may do nothing; give read, feedback or admin")
    for what, number in numbers.items():
        most = limits.KEY_DAYS_MAX if what == "days" else limits.KEY_REQUESTS_MAX
        if number is not None and not 1 <= number <= most:
            raise InvalidKey(
                f"{what} of a key is out of range (got {number}, expected 1 to {most}); leave it out for no limit"
            )
