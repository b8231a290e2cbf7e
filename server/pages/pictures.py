"""The pictures that answers show, each at an address that lasts as long as its bytes."""

from __future__ import annotations

from flask import Blueprint, Response, g, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb.pictures import media_type, sha256_of, with_addresses
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.http.conditional import Version, reply_unless_held

pictures = Blueprint("pictures", __name__)
_FOR_EVER = "max-age=31536000, immutable"


@pictures.get("/pictures/<name>")
def picture(name: str) -> Response:
    """Return a picture; its name is made of its bytes, so that it never has to be asked for twice."""
    with leased_knowledge() as knowledge:
        content = knowledge.picture(name)
    if content is None:
        raise NotFound
    shared = "private" if g.caller.was_key_needed else "public"  # a proxy asks nobody for a key
    version = Version(sha256_of(name), cache_control=f"{shared}, {_FOR_EVER}")
    return reply_unless_held(version, lambda: Response(content, content_type=media_type(name)))


@pictures.app_template_filter()
def with_pictures(html: str, *, external: bool = False) -> str:
    """Return stored HTML with its pictures where they are seen from the current page."""
    return with_addresses(html, lambda name: url_for("pictures.picture", name=name, _external=external))
