"""The application that stands for several knowledge bases: it knows none of their records, and asks them."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import NotFound

import faqkb.server.app as of_one
from faqkb.server.access.audit import install_audit
from faqkb.server.answering import catalogues
from faqkb.server.api.openapi import openapi_document
from faqkb.server.bases.access import install_access
from faqkb.server.bases.asking import tell_limits
from faqkb.server.bases.base import Bases
from faqkb.server.bases.operations import OPERATIONS
from faqkb.server.bases.pages import discovery, lead, pages
from faqkb.server.bases.views import several
from faqkb.server.bases.watching import figures, watching
from faqkb.server.below import split_path
from faqkb.server.branding import branding_of
from faqkb.server.http.compression import install_compression
from faqkb.server.http.conditional import Version, reply_unless_held
from faqkb.server.http.cors import install_cors
from faqkb.server.http.load import EXTENSION as LOAD_EXTENSION
from faqkb.server.http.security import install_security
from faqkb.server.monitoring.logs import install_access_log
from faqkb.server.monitoring.metrics import install_metrics
from faqkb.server.pages.brand import brand
from faqkb.server.pages.errors import ErrorPages
from faqkb.server.problems import install_error_handlers
from faqkb.server.protocol import Protocol
from faqkb.server.reference.document import Reference
from faqkb.server.sample import NO_SAMPLE
from faqkb.server.wording.texts import Wording

_PROTOCOL = Protocol(blueprints=(several, watching), paths=(), operations=OPERATIONS)
_own = Blueprint("own_reference", __name__)
_well_known = Blueprint("own_well_known", __name__)
EXTENSION = "faq-own-reference"


def create_root(bases: Bases) -> Flask:
    """Return the application at the root of a server with several knowledge bases. Raises ConfigError."""
    # Of the package of one base's application: pages, static files and templates are the same.
    app = Flask(of_one.__name__, template_folder="pages/templates", static_folder="pages/static")
    of_one.configure_app(app, bases.settings)
    app.extensions[catalogues.EXTENSION] = catalogues.WordingsOfMany(bases.settings.branding)
    install_compression(app)
    install_access_log(app)
    install_metrics(app, has_knowledge=False)
    install_cors(app, bases.allowed)
    install_audit(app, bases.audit, questions=False)
    install_security(app)
    install_access(app, bases)
    install_error_handlers(app, of_one.ERROR_FORMS, ErrorPages(of_one.NOT_PAGES, _message).page)
    of_one.install_static(app)
    for blueprint in (brand, pages, discovery, lead, several, watching, figures, _own, _well_known):
        app.register_blueprint(blueprint)
    app.after_request(tell_limits)
    app.extensions[LOAD_EXTENSION] = bases.load_now
    app.extensions[EXTENSION] = Reference(lambda: openapi_document(app, (_PROTOCOL,), branding_of(app).name, NO_SAMPLE))
    return app


@_own.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI document of what asks several bases; each base has its own below its address."""
    known: Reference = current_app.extensions[EXTENSION]
    return reply_unless_held(Version(known.tag), lambda: Response(known.content, content_type="application/json"))


@_well_known.get("/.well-known/oauth-<path:name>")
@_well_known.get("/.well-known/openid-configuration")
@_well_known.get("/.well-known/openid-configuration/<path:name>")
def authorization_server(name: str = "") -> Response:
    """Say that keys are handed out by a person: clients of a base's `/mcp` look here first."""
    raise NotFound


def _message(words: Wording, status: int) -> str:
    """Return what a person is told of an error: of a base that is closed, that it is."""
    below = split_path(request.path)
    if status == 503 and below is not None:
        return f"{below[0]}: {words.base_closed}"
    return words.error_message(status)
