"""The reference of the API for people, at `/docs`."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, request

from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.branding import branding_of
from faqkb.server.http.conditional import Version, digest, reply_unless_held
from faqkb.server.pages.reference_page import shown_groups
from faqkb.server.pages.views import page_reply
from faqkb.server.reference.document import reference_of

docs = Blueprint("docs", __name__)


@docs.get("/docs", endpoint="docs")
def show() -> Response:
    """Show the document as a page: nothing of it comes from elsewhere, and it is complete without JavaScript."""
    words = wording()
    address = request.url_root.rstrip("/")
    texts = {"copy": words.live.copy, "copied": words.live.copied, "copy_failed": words.live.copy_failed}

    with leased_knowledge() as knowledge:  # the foot of the page tells of it
        known = reference_of(knowledge)
        own = repr(branding_of(current_app))
        parts = [known.tag, knowledge.name, words.language, request.url, own]

        def page() -> Response:
            groups = shown_groups(known.document, address)
            info = known.document["info"]
            return page_reply(
                knowledge, words, "docs.html", info=info, groups=groups, address=address, texts={"texts": texts}
            )

        return reply_unless_held(Version(digest(json.dumps(parts).encode())), page)
