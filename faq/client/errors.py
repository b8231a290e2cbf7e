"""What can go wrong between a client and a server; each is a sentence with a way out, as every error here."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from faqkb.kb.errors import KbError


class ServerUnreachable(KbError):
    """No connection, no reply in time, or one that broke off; as often as was allowed."""


class ReplyUnreadable(KbError):
    """What came back is not what a faqkb server says: HTML, half a document, other fields."""


class ServerMoved(KbError):
    """The server sends to another address. It is not followed: the key and the question are for this one."""


class WrongScript(KbError):
    """A check script is not the one that was announced."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a request."""

    field: str
    """Its name, with dots and positions for nested ones: `tags.0`."""
    detail: str


class Refused(KbError):
    """The server turned the request down; the fields are those of its problem document (RFC 9457)."""

    def __init__(self, status: int, title: str, detail: str, errors: tuple[FieldProblem, ...] = ()) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.retry_after: float | None = None
        """Seconds after which the server wants to be asked again, where it says so."""
        said = "; ".join([detail, *(f"{error.field}: {error.detail}" for error in errors)])
        super().__init__(f"the server refuses (got {status} {title}): {said or _advice(status)}")


class NotFound(Refused):
    """There is no such record, check or address (404)."""


class KeyRefused(Refused):
    """The key is missing, unknown, or not for this (401, 403)."""


class ServerBusy(Refused):
    """Too many requests (429) or a server that cannot answer now (502, 503, 504), as often as was allowed."""


def refused(status: int, title: str, detail: str, errors: tuple[FieldProblem, ...] = ()) -> Refused:
    """Return the error of a status."""
    return _KINDS.get(status, Refused)(status, title or _title(status), detail, errors)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _advice(status: int) -> str:
    if status in {401, 403}:
        return "set FAQ_API_KEY to a key that its operator gave you"
    return "try again later" if status in RETRIED else "look whether this is the address of a faqkb server"


RETRIED = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may succeed; 502 and 504 are what proxies say for a server that restarts."""
_KINDS: dict[int, type[Refused]] = {401: KeyRefused, 403: KeyRefused, 404: NotFound} | dict.fromkeys(
    RETRIED, ServerBusy
)
