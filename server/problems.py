"""Everything that is refused or fails becomes one document: RFC 9457, or a page where a browser asked for one.

A protocol with errors of its own hands in how it tells them; none is known here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Flask, Response, g, request
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from faqkb.kb.errors import InvalidQuery, KbError
from faqkb.server.below import local_path
from faqkb.server.limits import RETRY_AFTER_SECONDS

PROBLEM_TYPE = "application/problem+json"
_log = logging.getLogger("faq.server")

# What to do, by status. Werkzeug's own texts are never shown: some of them repeat what was sent.
_DETAILS = {
    400: "The request cannot be understood; check its syntax and that all of it is UTF-8.",
    401: "A key is needed here; send Authorization: Bearer and a key that the operator gave you.",
    403: "This is taken from the pages of this site alone.",
    404: "There is nothing at this address; GET /api/v1/records lists what there is.",
    405: "This address does not take that method; the Allow header names those it takes.",
    408: "The request took too long to arrive (expected its header within 10 seconds, all of it within 30).",
    413: "The request body is too large (expected at most 64 KiB, 256 KiB for a batch); send the question alone.",
    414: "The address is too long; send a long question as JSON to POST /api/v1/ask.",
    415: "The request body must be JSON in UTF-8; send Content-Type: application/json.",
    421: "This server does not answer under that name; ask under one that it was started with.",
    422: "The request is well formed, but some of its fields cannot be used; `errors` names them.",
    429: "Too many requests; wait for the time given in Retry-After.",
    431: "The request headers are too large (expected at most 16 KiB); send fewer or shorter ones.",
    500: "Something failed here, and it is logged; try again, and tell the operator the X-Request-Id.",
    501: "The transfer encoding is not known here; send a Content-Length.",
    503: "Too busy to answer just now; try again after the time given in Retry-After.",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request."""

    field: str
    """Its name, with dots and positions for nested ones: `tags.0`."""
    detail: str
    code: str | None = None
    """The mistake in one word, e.g. `invalid_type`, for protocols that tell it; problem documents do not."""


class Refused(Exception):
    """A request that is turned down, with its status and the reason."""

    def __init__(self, status: int, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)


def problem(status: int, detail: str | None = None, errors: Sequence[FieldError] = ()) -> dict[str, object]:
    """Return a problem document; `about:blank` means that the title says as much as the status does."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or detail_of(status),
    }
    if errors:
        document["errors"] = [{"field": error.field, "detail": error.detail} for error in errors]
    return document


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """An error as it is sent."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorForm:
    """How one protocol tells errors."""

    paths: str
    """How its addresses begin, e.g. `/v1/`."""
    write: Callable[[int, str | None, Sequence[FieldError]], ErrorReply]
    """Makes the reply of a status, what was wrong (None: what the status says) and the fields at fault."""
    name: str
    """In the API document, e.g. `Problem`."""
    model: type[BaseModel] | None = None
    """Of the body, for the API document; None where that says nothing of the protocol."""
    described: str = ""
    """In words, for the API document."""
    mistaken: tuple[str, ...] = ()
    """Addresses that its clients ask by mistake, with all below: told in its form too, though nothing is there."""

    def is_for(self, path: str) -> bool:
        """Return whether an address tells its errors in this form."""
        return path.startswith(self.paths) or any(path == each or path.startswith(f"{each}/") for each in self.mistaken)


Page = Callable[[int], Response | None]
"""Returns the page that tells an error of a status to a person; None where no person asks."""


def problem_reply(status: int, detail: str | None = None, errors: Sequence[FieldError] = ()) -> ErrorReply:
    """Return an error as a problem document."""
    return ErrorReply(json.dumps(problem(status, detail, errors), ensure_ascii=False).encode(), PROBLEM_TYPE)


PROBLEMS = ErrorForm("/", problem_reply, "Problem")
"""How every address tells errors whose protocol has no form of its own."""


def form_of(forms: Sequence[ErrorForm], path: str) -> ErrorForm:
    """Return the form of an address."""
    return next((form for form in forms if form.is_for(path)), PROBLEMS)


def detail_of(status: int) -> str:
    """Return what is said of a status where nothing more is known."""
    return _DETAILS.get(status, "The request was not answered.")


def install_error_handlers(app: Flask, forms: Sequence[ErrorForm] = (), page: Page = lambda status: None) -> None:
    """Make every error of the application a document in the form of its address, or a page where a person asks."""

    def reply(status: int, detail: str | None = None, errors: Sequence[FieldError] = ()) -> Response:
        shown = page(status)
        if shown is None:
            told = form_of(forms, local_path(request.path)).write(status, detail, errors)
            shown = Response(told.body, status=status, content_type=told.content_type, headers=dict(told.headers))
        if status in {429, 503}:
            shown.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return shown

    def refused(error: Refused) -> Response:
        return reply(error.status, error.detail, error.errors)

    def invalid_query(error: InvalidQuery) -> Response:
        return reply(422, str(error))

    def knowledge_failed(error: KbError) -> Response:
        _log.error("request %s: %s", g.request_id, error)
        return reply(503, "The knowledge base cannot answer at the moment; try again shortly.")

    def http_error(error: HTTPException) -> Response:
        told = reply(error.code or 500)
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            told.headers["Allow"] = ", ".join(sorted(allowed))
        return told

    def unexpected(error: Exception) -> Response:
        _log.error("request %s failed", g.request_id, exc_info=error)
        return reply(500)

    app.register_error_handler(Refused, refused)
    app.register_error_handler(InvalidQuery, invalid_query)
    app.register_error_handler(KbError, knowledge_failed)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, unexpected)
