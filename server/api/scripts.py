"""Check scripts as attachments, from the list that the snapshot holds. None is ever run here."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request
from werkzeug.exceptions import NotFound

from faqkb.server.answering.leases import leased_knowledge

scripts = Blueprint("scripts", __name__)


@scripts.get("/checks/<check_id>.py")
def script(check_id: str) -> Response:
    """Return a check script as a file to save; its ETag is its sha256."""
    with leased_knowledge() as knowledge:
        check = knowledge.check(check_id)
    if check is None:
        raise NotFound
    response = make_response(check.script)
    response.headers["Content-Type"] = "text/x-python; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{check.id}.py"'
    response.headers["Cache-Control"] = "no-cache"  # may be kept, but is asked for again: the next snapshot has its own
    response.set_etag(check.sha256)
    response.make_conditional(request)
    return response
