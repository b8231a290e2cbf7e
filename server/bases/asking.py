"""Asks knowledge bases of this server as a client would: by a request to each, which it admits, counts and answers."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, request

from faqkb.server.access.credentials import sent_keys
from faqkb.server.bases.base import Base
from faqkb.server.below import mount
from faqkb.server.noted import DEFERRED
from faqkb.server.problems import FieldError, Refused

# Of the client's request: who asks, under which name, in which language, and what may be kept of it.
_PASSED = (
    "REMOTE_ADDR",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "wsgi.url_scheme",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_REAL_IP",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_USER_AGENT",
    "HTTP_DNT",
    "HTTP_SEC_GPC",
)
_LIMIT_HEADERS = ("RateLimit", "RateLimit-Policy", "Retry-After")


@dataclass(frozen=True, slots=True)
class Told:
    """What one knowledge base said to a request."""

    base: Base
    status: int
    document: dict[str, Any]
    deferred: Sequence[Callable[[], None]]
    """What remembers the question there; to be called where it counts as asked of that base."""

    @property
    def is_answer(self) -> bool:
        """Return whether it is no error."""
        return self.status == 200

    @property
    def problem(self) -> dict[str, Any]:
        """Return why there is no answer, for the list of problems."""
        return {"base": self.base.name, "status": self.status, "detail": str(self.document.get("detail", ""))}


def closed(base: Base) -> Told:
    """Return what is said for a base that cannot be opened."""
    return Told(base, 503, {"detail": f"It cannot be opened: {base.failure}."}, ())


def ask_each(bases: Iterable[Base], path: str, *, query: str = "", body: bytes | None = None) -> list[Told]:
    """Return what each base says to a request, in the order of the bases.

    Raises Refused: what the first says that was not put right by asking another one (422, 429, 401, …), and 503 where
    none of them answers.
    """
    told = []
    for base in bases:
        one = closed(base) if base.app is None else _ask(base, base.app, path, body if body is not None else query)
        if 400 <= one.status < 500:
            _refuse(one)
        told.append(one)
    if not any(one.is_answer for one in told):
        names = ", ".join(f"{one.base.name}: {one.document.get('detail', '')}" for one in told)
        raise Refused(503, f"None of the knowledge bases can answer ({names})")
    return told


def _ask(base: Base, app: Flask, path: str, sent: bytes | str) -> Told:
    deferred: list[Callable[[], None]] = []
    reply = Response.from_app(app, _environment(base, path, sent) | {DEFERRED: deferred}, buffered=True)
    if reply.status_code < 500:  # what one is too busy for says nothing of the client
        g.limits = {name: reply.headers[name] for name in _LIMIT_HEADERS if name in reply.headers}
    return Told(base, reply.status_code, json.loads(reply.get_data()), deferred)


def tell_limits(response: Response) -> Response:
    """Say of the client's limits what the base said that was asked last: they count together."""
    response.headers.update(g.get("limits", {}))
    return response


def _environment(base: Base, path: str, sent: bytes | str) -> dict[str, Any]:
    """Return the environment of a request (PEP 3333), with a body or a query.

    It is the client's own, with that one of its keys that the base knows.
    """
    is_post = isinstance(sent, bytes)
    environ = {name: request.environ[name] for name in _PASSED if name in request.environ}
    known = base.key_of(sent_keys(request.headers))
    if known is not None:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {known[0]}"
    content = sent if isinstance(sent, bytes) else b""
    return environ | {
        "REQUEST_METHOD": "POST" if is_post else "GET",
        "SCRIPT_NAME": request.script_root + mount(base.name),
        "PATH_INFO": path,
        "QUERY_STRING": "" if is_post else sent,
        "CONTENT_TYPE": "application/json" if is_post else "",
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_ACCEPT": "application/json",
        "HTTP_X_REQUEST_ID": g.request_id,
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _refuse(told: Told) -> None:
    errors = told.document.get("errors") or ()
    raise Refused(
        told.status,
        str(told.document.get("detail", "")),
        [FieldError(str(error["field"]), str(error["detail"])) for error in errors],
    )
