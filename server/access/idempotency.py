"""The Idempotency-Key header: a write that may be sent again without being done again.

The draft wants the key as a string in quotes (RFC 9651); what most clients send is a bare UUID, so both are taken.
Source: draft-ietf-httpapi-idempotency-key-header-07. Its 409, for a request whose first is still at work, never comes:
writes of one file wait for each other.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Protocol

from flask import Response, g, request
from pydantic import BaseModel

from faqkb.kb.errors import KbError, KeyReused
from faqkb.kb.feedback.once import Once
from faqkb.server.access.credentials import sent_keys
from faqkb.server.access.decision import Caller
from faqkb.server.limits import IDEMPOTENCY_KEY_CHARS
from faqkb.server.problems import Refused

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_BARE = rf"[A-Za-z0-9._~:/+=-]{{1,{IDEMPOTENCY_KEY_CHARS}}}"
_QUOTED = rf'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){{1,{IDEMPOTENCY_KEY_CHARS}}}"'
KEY_PATTERN = f"^(?:{_BARE}|{_QUOTED})$"
_KEY = re.compile(f"{_BARE}|{_QUOTED}")


class Store(Protocol):
    """What keeps the names of writes beside what they wrote."""

    def is_done(self, once: Once) -> bool:
        """Return whether a write of that name was kept. Raises KeyReused, StorageFailed, FeedbackDamaged."""


def done_once(body: BaseModel, store: Store, write: Callable[..., bool]) -> Response:
    """Do a write whose reply is 204, unless its key says that it is done.

    The key is looked for before the write is judged: a token that has expired since is no reason to tell a client that
    what is stored was refused. `write` takes the name, if there is one, and returns whether it was new. Raises Refused:
    400 no key, 422 another body's key.
    """
    once = _read(body)
    try:
        is_new = once is None or not _is_done(store, once)
        if is_new:
            is_new = write() if once is None else write(once)
    except KeyReused:
        raise Refused(422, f"This {HEADER} came before with another body; give each write a key of its own.") from None
    reply = Response(status=204)
    if not is_new:
        reply.headers[REPLAYED] = "true"
    return reply


def _is_done(store: Store, once: Once) -> bool:
    """Return whether a write was done; a file that cannot be read is told of by the write itself."""
    try:
        return store.is_done(once)
    except KeyReused:
        raise
    except KbError:
        return False


def _read(body: BaseModel) -> Once | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if not _KEY.fullmatch(given):
        raise Refused(
            400,
            f"The {HEADER} cannot be used (expected 1 to {IDEMPOTENCY_KEY_CHARS} characters, a UUID or a string in"
            " quotes); send one.",
        )
    key = re.sub(r"\\(.)", r"\1", given[1:-1]) if given.startswith('"') else given
    # Who asks too: two clients that happen upon the same key do not meet.
    caller: Caller = g.caller
    whose = [request.path, caller.client, *sorted(sent_keys(request.headers)), key]
    # Keyed with what is not stored: a digest of a short question alone could be guessed from.
    written = hmac.digest(key.encode(), body.model_dump_json().encode(), hashlib.sha256).hex()
    return Once(hashlib.sha256("\n".join(whose).encode("utf-8", "surrogateescape")).hexdigest(), written)
