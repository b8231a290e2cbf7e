"""The reference of the API: for programs at `/openapi.json`, for people at `/docs`."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, request

from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.api.openapi import openapi_document
from faqkb.server.http.conditional import Version, digest, reply_unless_held
from faqkb.server.pages.reference_page import shown_groups
from faqkb.server.pages.views import page_reply

EXTENSION = "faq-reference"
reference = Blueprint("reference", __name__)


class Reference:
    """The document of one application, made when it is first asked for."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document as values."""
        return openapi_document(self._app)

    @cached_property
    def content(self) -> bytes:
        """The document as it is sent."""
        return json.dumps(self.document, ensure_ascii=False).encode()

    @cached_property
    def tag(self) -> str:
        """Names the document."""
        return digest(self.content)


@reference.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI document."""
    known = _reference()
    return reply_unless_held(Version(known.tag), lambda: Response(known.content, content_type="application/json"))


@reference.get("/docs")
def docs() -> Response:
    """Show the document as a page: nothing of it comes from elsewhere, and it is complete without JavaScript."""
    words, known = wording(), _reference()
    address = request.url_root.rstrip("/")
    texts = {"copy": words.live.copy, "copied": words.live.copied, "copy_failed": words.live.copy_failed}

    with leased_knowledge() as knowledge:  # the foot of the page tells of it
        parts = [known.tag, knowledge.name, words.language, request.url]

        def page() -> Response:
            groups = shown_groups(known.document, address)
            info = known.document["info"]
            return page_reply(
                knowledge, words, "docs.html", info=info, groups=groups, address=address, texts={"texts": texts}
            )

        return reply_unless_held(Version(digest(json.dumps(parts).encode())), page)


def _reference() -> Reference:
    return cast(Reference, current_app.extensions[EXTENSION])
