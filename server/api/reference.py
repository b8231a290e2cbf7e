"""The reference of the API for programs, at `/openapi.json`."""

from __future__ import annotations

from flask import Blueprint, Response

from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.http.conditional import Version, reply_unless_held
from faqkb.server.reference.document import reference_of

reference = Blueprint("reference", __name__)


@reference.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI document."""
    with leased_knowledge() as knowledge:
        known = reference_of(knowledge)
    return reply_unless_held(Version(known.tag), lambda: Response(known.content, content_type="application/json"))
