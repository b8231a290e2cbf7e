"""Everything that is refused or fails becomes one document: RFC 9457, or a page where a browser asked for one.

Below /v1/ it is the error object of OpenAI's API (`server/openai/errors.py`), below /language/ that of Azure's
(`server/azure/errors.py`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from faqkb.kb.errors import InvalidQuery, KbError
from faqkb.server.answering.catalogues import wording
from faqkb.server.azure.errors import AZURE_PATHS, CODE_HEADER, azure_code, azure_error, azure_message
from faqkb.server.limits import RETRY_AFTER_SECONDS
from faqkb.server.openai.errors import ERROR_TYPE, OPENAI_PATHS, openai_error, openai_message

PROBLEM_TYPE = "application/problem+json"
_log = logging.getLogger("faq.server")
_NOT_PAGES = ("/api/", "/v1/", "/static/", "/healthz", "/readyz", "/openapi.json", "/metrics", "/mcp", AZURE_PATHS)

# What to do, by status. Werkzeug's own texts are never shown: some of them repeat what was sent.
_DETAILS = {
    400: "The request cannot be understood; check its syntax and that all of it is UTF-8.",
    401: "A key is needed here; send Authorization: Bearer and a key that the operator gave you.",
    403: "This is taken from the pages of this site alone.",
    404: "There is nothing at this address; GET /api/v1/records lists what there is.",
    405: "This address does not take that method; the Allow header names those it takes.",
    413: "The request body is too large (expected at most 64 KiB, 256 KiB for a batch); send the question alone.",
    414: "The address is too long; send a long question as JSON to POST /api/v1/ask.",
    415: "The request body must be JSON in UTF-8; send Content-Type: application/json.",
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
    """The mistake in one word of OpenAI's API, e.g. `invalid_type`; problem documents do not say it."""


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
        "detail": detail or _DETAILS.get(status, "The request was not answered."),
    }
    if errors:
        document["errors"] = [{"field": error.field, "detail": error.detail} for error in errors]
    return document


def error_body(
    path: str, status: int, detail: str | None = None, errors: Sequence[FieldError] = ()
) -> tuple[bytes, str]:
    """Return the document that an address tells an error with, and its type: each API keeps to its own form."""
    if path.startswith(AZURE_PATHS):
        message = detail or azure_message(status) or _DETAILS.get(status, "The request was not answered.")
        return azure_error(status, message, [(error.field, error.detail) for error in errors]), ERROR_TYPE
    if not path.startswith(OPENAI_PATHS):
        return json.dumps(problem(status, detail, errors), ensure_ascii=False).encode(), PROBLEM_TYPE
    message = detail or openai_message(status) or _DETAILS.get(status, "The request was not answered.")
    first = errors[0] if errors else None
    param, code = (first.field, first.code) if first else (None, None)
    return openai_error(status, message, param=param, code=code), ERROR_TYPE


def install_error_handlers(app: Flask) -> None:
    """Make every error of the application a problem document or an error page."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(InvalidQuery, _invalid_query)
    app.register_error_handler(KbError, _knowledge_failed)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _refused(error: Refused) -> Response:
    return _reply(error.status, error.detail, error.errors)


def _invalid_query(error: InvalidQuery) -> Response:
    return _reply(422, str(error))


def _knowledge_failed(error: KbError) -> Response:
    _log.error("request %s: %s", g.request_id, error)
    return _reply(503, "The knowledge base cannot answer at the moment; try again shortly.")


def _http_error(error: HTTPException) -> Response:
    reply = _reply(error.code or 500)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        reply.headers["Allow"] = ", ".join(sorted(allowed))
    return reply


def _unexpected(error: Exception) -> Response:
    _log.error("request %s failed", g.request_id, exc_info=error)
    return _reply(500)


def _reply(status: int, detail: str | None = None, errors: Sequence[FieldError] = ()) -> Response:
    if wants_page():
        words = wording()
        page = render_template("error.html", words=words, status=status, message=words.error_message(status))
        reply = Response(page, status=status, content_type="text/html; charset=utf-8")
    else:
        body, kind = error_body(request.path, status, detail, errors)
        reply = Response(body, status=status, content_type=kind)
        if request.path.startswith(AZURE_PATHS):
            reply.headers[CODE_HEADER] = azure_code(status, has_fields=bool(errors))
    if status in {429, 503}:
        reply.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return reply


def wants_page() -> bool:
    """Return whether a browser asks: text/html is named (not merely covered by */*), at an address for people."""
    if request.path.startswith(_NOT_PAGES):
        return False
    return any(kind.lower() == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)
