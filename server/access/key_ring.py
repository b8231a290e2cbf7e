"""The API keys in memory: found without a query, read again when the file changes, their use written down."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from faqkb.kb.errors import KbError
from faqkb.kb.keys.file import Stamp
from faqkb.kb.keys.ring import KeyStore, Use
from faqkb.kb.keys.values import NO_KEY, ApiKey, iso, parse_key
from faqkb.server.access.rate_limits import Allowance
from faqkb.server.limits import KEYS_LOOK_SECONDS

_DAY_SECONDS = 24 * 3_600
_log = logging.getLogger("faq.server")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KeyRing:
    """The keys of one knowledge base, as a server uses them."""

    def __init__(self, store: KeyStore, clock: Callable[[], datetime] = _utc_now) -> None:
        """Read the keys. Raises StorageFailed, KeysDamaged: a server whose keys cannot be read does not start."""
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()  # of what is counted
        self._looking = threading.Lock()  # of the file
        self._unwritten: dict[str, Use] = {}
        self._complained = ""
        self._any = False
        self._look_at = 0.0
        self._read(store.stamp())

    @property
    def has_keys(self) -> bool:
        """Whether there ever was a key here, revoked or not.

        A server that asked for keys never stops to: not by the last one's expiry, nor by a file that was lost.
        """
        return self._any

    @property
    def has_live_key(self) -> bool:
        """Whether anybody could come in with a key now."""
        return any(key.is_live(iso(self._clock())) for key in self._keys.values())

    @property
    def is_failing(self) -> bool:
        """Whether the file could not be read or written the last time; what was known before counts on."""
        return bool(self._complained)

    def find(self, text: str) -> ApiKey | None:
        """Return the key that a client sent, None where it is not one, or not one any more."""
        parsed = parse_key(text)
        if parsed is None:
            return None
        key_id, secret = parsed
        key, now = self._keys.get(key_id, NO_KEY), iso(self._clock())
        opened = key.opens_with(secret, now)
        return key if opened and key.is_live(now) else None

    def take(self, key: ApiKey, count: int = 1) -> Allowance | None:
        """Count requests of a key; returns what is left of its quota, None where it has none."""
        now = self._clock()
        day = iso(now)[:10]
        with self._lock:
            if key.quota_per_day is None:
                if key.last_used != day:
                    self._unwritten[key.id] = Use(day, 0)
                return None
            used = self._used_on(key.id, day)
            reset = _DAY_SECONDS - (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
            if used + count > key.quota_per_day:
                left = max(0, key.quota_per_day - used)
                return Allowance("day", key.quota_per_day, _DAY_SECONDS, left, reset, max(reset, 1.0))
            unwritten = self._unwritten.get(key.id)
            before = unwritten.count if unwritten is not None and unwritten.day == day else 0
            self._unwritten[key.id] = Use(day, before + count)
        return Allowance("day", key.quota_per_day, _DAY_SECONDS, key.quota_per_day - used - count, reset)

    def look(self) -> None:
        """Read the keys again when their file may have changed; what cannot be read leaves those known in force."""
        if time.monotonic() < self._look_at or not self._looking.acquire(blocking=False):
            return
        try:
            self._look_at = time.monotonic() + KEYS_LOOK_SECONDS
            stamp = self._store.stamp()
            if stamp != self._stamp or not stamp.is_settled:
                self._read(stamp)
            self._complained = ""
        except KbError as error:
            self._complain("the keys are not read again, those known before count on", error)
        finally:
            self._looking.release()

    def write_uses(self) -> None:
        """Write down what was used since the last time; what cannot be written is kept for the next."""
        with self._looking:
            with self._lock:
                written = dict(self._unwritten)
            if not written:
                return
            try:
                self._store.note_uses(written)
                self._read(self._store.stamp(), written)
                self._complained = ""
            except KbError as error:
                self._complain("what keys used is not written down yet", error)

    def _read(self, stamp: Stamp, written: dict[str, Use] | None = None) -> None:
        """Take over the state of the file; `written` is what of the unwritten is in it now."""
        keys = {key.id: key for key in self._store.read()}
        uses = self._store.uses()
        with self._lock:
            self._keys, self._uses, self._stamp = keys, uses, stamp
            self._look_at = time.monotonic() + KEYS_LOOK_SECONDS
            self._any = self._any or bool(keys)
            for key_id, use in (written or {}).items():
                now = self._unwritten.pop(key_id, use)
                more = now.count - use.count if now.day == use.day else now.count
                if more:
                    self._unwritten[key_id] = Use(now.day, more)

    def _used_on(self, key_id: str, day: str) -> int:
        counted = (self._uses.get(key_id), self._unwritten.get(key_id))
        return sum(use.count for use in counted if use is not None and use.day == day)

    def _complain(self, what: str, error: KbError) -> None:
        if str(error) != self._complained:
            _log.error("%s: %s", what, error)
        self._complained = str(error)
