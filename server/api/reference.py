"""The reference of the API for programs, at `/openapi.json`."""

from __future__ import annotations

from flask import Blueprint, Response

from faqkb.server.http.conditional import Version, reply_unless_held
from faqkb.server.reference.document import reference_of_application

reference = Blueprint("reference", __name__)


@reference.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI document."""
    known = reference_of_application()
    return reply_unless_held(Version(known.tag), lambda: Response(known.content, content_type="application/json"))
