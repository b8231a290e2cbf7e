"""Answer tokens: what was asked and answered, signed, so that feedback on an answer needs nothing else.

Stateless: the server remembers no answers. A token is `payload.signature`, both base64url, the signature an HMAC-SHA256
over the payload as sent; any change to either is noticed. The payload carries the question itself and not its hash: an
unanswered question is what the maintainer wants to read. It is no secret from whoever holds the token, who asked it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import current_app

from faqkb.kb.answers import Answer, Status
from faqkb.kb.disk import TEMPORARY_PREFIX, install_file, read_regular, write_file
from faqkb.server.limits import ANSWER_TOKEN_CHARS, ANSWER_TOKEN_SECONDS
from faqkb.server.problems import FieldError, Refused

EXTENSION = "faq-answer-tokens"
KEY_FILE = "feedback.key"
_KEY_BYTES = 32  # as many as SHA-256 gives; more adds nothing
_KEY_FILE_BYTES = 1_000  # read at most: what is longer than a key is none
_NONCE_BYTES = 6  # tells apart two readers who get the same answer in the same second
_CONFIDENCE_DIGITS = 4
_PURPOSE = b"faqkb answer token 2\n"  # signed with the payload: the key can serve another purpose one day
_DIGEST_PURPOSE = b"faqkb digest 1\n"
_log = logging.getLogger("faq.server")


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as its token tells it."""

    snapshot: str
    status: Status
    record_ids: tuple[str, ...]
    """What was shown, best first: the answer and its runners-up, the choices, or the suggestions."""
    question: str
    """As understood; empty when a record was opened by its address."""
    confidence: float | None = None
    """Of the record shown first; None where nothing was asked or found."""


@dataclass(frozen=True, slots=True)
class ReadToken:
    """A token that proved to be ours and not too old."""

    given: GivenAnswer
    id: str
    """The same for the same token, another one for any other."""


class AnswerTokens:
    """Signs and reads answer tokens with the key of one knowledge base, made at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._lock = threading.Lock()
        self._known_key: bytes | None = None

    def sign(self, given: GivenAnswer, *, now: float | None = None) -> str:
        """Return the token of an answer given now (`now`: seconds since 1970)."""
        issued = int(time.time() if now is None else now)
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        fields = [issued, nonce, given.snapshot, given.status.value, given.record_ids, given.question, given.confidence]
        payload = _encoded(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{payload}.{self._signature(payload)}"

    def read(self, token: str, *, now: float | None = None) -> ReadToken:
        """Return what a token says. Raises Refused (422): not ours, changed, or older than a day."""
        payload, dot, signature = token.partition(".")
        # Bytes: compare_digest raises TypeError for text that is not ASCII.
        if len(token) > ANSWER_TOKEN_CHARS or not dot or not _same(signature, self._signature(payload)):
            raise _refused("This is no token of an answer given here; send it as it came.")
        issued, _, snapshot, status, record_ids, question, confidence = json.loads(_decoded(payload))
        # In both directions: a clock set wrong for an hour must not make tokens that last for years.
        if abs((time.time() if now is None else now) - issued) > ANSWER_TOKEN_SECONDS:
            raise _refused("This token has expired: it holds for a day. Ask again, and send the new one.")
        given = GivenAnswer(snapshot, Status(status), tuple(record_ids), question, confidence)
        return ReadToken(given, signature)

    def digest(self, purpose: str, *parts: str) -> str:
        """Return a digest of some texts that nobody without the key can make; another one for every purpose."""
        signed = json.dumps([purpose, *parts]).encode()
        return _encoded(hmac.digest(self._key(), _DIGEST_PURPOSE + signed, hashlib.sha256))

    def is_digest(self, given: str, purpose: str, *parts: str) -> bool:
        """Return whether a text is that digest."""
        return _same(given, self.digest(purpose, *parts))

    def _signature(self, payload: str) -> str:
        signed = _PURPOSE + payload.encode("utf-8", "surrogatepass")
        return _encoded(hmac.digest(self._key(), signed, hashlib.sha256))

    def _key(self) -> bytes:
        with self._lock:
            if self._known_key is None:
                self._known_key = self._stored_key() or secrets.token_bytes(_KEY_BYTES)
            return self._known_key

    def _stored_key(self) -> bytes | None:
        """Return the key on disk, made now where there is none; None where neither works: answering goes on."""
        path = self._folder / KEY_FILE
        try:
            if not path.exists():
                _make_key(path)
            key = read_regular(path, _KEY_FILE_BYTES)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "it cannot be read"
            _log.warning("%s: %s; feedback on answers holds until this server stops", KEY_FILE, reason)
            return None
        if len(key) != _KEY_BYTES:
            _log.warning("%s: not a key (got %d bytes, expected %d); remove it", KEY_FILE, len(key), _KEY_BYTES)
            return None
        return key


def answer_tokens() -> AnswerTokens:
    """Return those of the current application."""
    return cast(AnswerTokens, current_app.extensions[EXTENSION])


def answer_token(answer: Answer) -> str:
    """Return the token of an answer that is given now.

    A follow-up says nothing to the maintainer who reads what was asked in vain; what it was understood as does.
    """
    confidence = round(answer.hits[0].confidence, _CONFIDENCE_DIGITS) if answer.hits else None
    return answer_tokens().sign(
        GivenAnswer(answer.snapshot, answer.status, answer.shown_ids, answer.read_as, confidence)
    )


def record_token(record_id: str, snapshot: str) -> str:
    """Return the token of a record that is shown at its own address, where nothing was asked."""
    return answer_tokens().sign(GivenAnswer(snapshot, Status.ANSWERED, (record_id,), question=""))


def _make_key(path: Path) -> None:
    """Put a new key there, whole from the moment it has its name; of two processes at once the first one's stays."""
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}.key")
    try:
        write_file(temporary, secrets.token_bytes(_KEY_BYTES), mode=0o600)
        install_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _refused(reason: str) -> Refused:
    return Refused(422, f"The answer token cannot be used. {reason}", [FieldError("answer_token", reason)])


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
