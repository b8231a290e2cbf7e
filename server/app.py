"""The Flask application: a knowledge base, its pages, its API."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from flask import Flask, Response, request, url_for

from faqkb.kb import limits
from faqkb.kb.conversation.sessions import SessionStore
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.runs import RunStore
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.access.audit import install_audit, open_audit
from faqkb.server.access.decision import install_access
from faqkb.server.admin import maintainer
from faqkb.server.admin.missing import GapFinder
from faqkb.server.admin.protocol import ADMIN
from faqkb.server.answering import catalogues, conversations, leases, tokens, topics
from faqkb.server.answering.marking import asked_words, marked
from faqkb.server.answering.per_snapshot import PerSnapshot
from faqkb.server.answering.reload import KnowledgeHolder
from faqkb.server.answering.remarks import EXTENSION as REMARKS
from faqkb.server.answering.sources import FolderSource, KnowledgeSource
from faqkb.server.api.openapi import openapi_document
from faqkb.server.api.protocol import API
from faqkb.server.azure import ids as azure_ids
from faqkb.server.azure.protocol import AZURE, QNAMAKER
from faqkb.server.below import OWN_NAME
from faqkb.server.branding import EXTENSION as BRANDING
from faqkb.server.branding import branding_of
from faqkb.server.feedback import check_runs, judging, most_asked
from faqkb.server.feedback.recording import install_recording
from faqkb.server.feedback.remarks import keep_remark
from faqkb.server.http.compression import install_compression
from faqkb.server.http.cors import NO_ORIGIN, AllowedOrigins, install_cors
from faqkb.server.http.security import install_security
from faqkb.server.mcp.http import ORIGINS_EXTENSION
from faqkb.server.mcp.protocol import MCP
from faqkb.server.monitoring.logs import install_access_log
from faqkb.server.monitoring.metrics import install_metrics
from faqkb.server.monitoring.protocol import MONITORING
from faqkb.server.openai.protocol import OPENAI
from faqkb.server.pages import brand
from faqkb.server.pages.errors import ErrorPages
from faqkb.server.pages.protocol import PAGES
from faqkb.server.pages.reference_page import coloured, text_runs
from faqkb.server.pages.views import search_context
from faqkb.server.problems import install_error_handlers
from faqkb.server.reference import document as reference
from faqkb.server.sample import sample_of
from faqkb.server.settings import DEFAULT_SETTINGS, ServerSettings
from faqkb.server.workers.staff import EXTENSION as STAFF
from faqkb.server.workers.staff import Staff

PROTOCOLS = (API, OPENAI, AZURE, QNAMAKER, MCP, PAGES, ADMIN, MONITORING)
"""Everything that is served; a new protocol is one more."""
ERROR_FORMS = tuple(protocol.error_form for protocol in PROTOCOLS if protocol.error_form is not None)
NOT_PAGES = ("/static/", *(path for protocol in PROTOCOLS for path in protocol.paths))
_FOREVER = "public, max-age=31536000, immutable"


def create_app(
    kb_folder: Path,
    allowed: AllowedOrigins = NO_ORIGIN,
    kind: type[Flask] = Flask,
    settings: ServerSettings = DEFAULT_SETTINGS,
) -> Flask:
    """Return the application over the live snapshot of a knowledge base; it follows later ones by itself.

    The pages of `allowed` origins may use the API and the widget from their readers' browsers. `kind` is the class of
    the application: `server/site/build.py` has one with other addresses.

    Raises KnowledgeBaseMissing, SnapshotDamaged, SnapshotUnsupported, ModelDamaged, KeysDamaged, ConfigError.
    """
    app = kind(__name__, template_folder="pages/templates", static_folder="pages/static")
    configure_app(app, settings)
    install_compression(app)
    install_access_log(app)
    install_metrics(app)
    install_cors(app, allowed)
    audit = settings.among.audit if settings.among else open_audit(settings.audit)
    install_audit(app, audit, questions=settings.audit.questions)
    install_security(app)
    install_access(app, kb_folder, settings.access, settings.among.limiter if settings.among else None)
    install_error_handlers(app, ERROR_FORMS, ErrorPages(NOT_PAGES, box=search_context).page)
    install_static(app)
    for protocol in PROTOCOLS:
        for blueprint in protocol.blueprints:
            app.register_blueprint(blueprint)
    source = settings.source or FolderSource(kb_folder, settings.among.encoders if settings.among else None)
    store = _install_feedback(app, kb_folder, settings)
    app.extensions[maintainer.EXTENSION] = maintainer.Maintained(kb_folder, source, GapFinder(store))
    app.extensions[reference.EXTENSION] = PerSnapshot(lambda knowledge: _reference(app, knowledge))
    app.extensions[conversations.EXTENSION] = SessionStore()
    app.extensions[azure_ids.EXTENSION] = azure_ids.AzureIds()
    app.extensions[topics.EXTENSION] = topics.Topics()
    app.extensions[ORIGINS_EXTENSION] = allowed
    app.extensions[tokens.EXTENSION] = tokens.AnswerTokens(kb_folder)
    _open_knowledge(app, kb_folder, settings, source)
    return app


def _open_knowledge(app: Flask, kb_folder: Path, settings: ServerSettings, source: KnowledgeSource) -> None:
    staff = app.extensions[STAFF] = Staff(
        kb_folder, settings.workers, settings.among.nursery if settings.among else None
    )
    try:
        app.extensions[leases.EXTENSION] = KnowledgeHolder(kb_folder, partial(_prepare, app), source)
    except BaseException:
        staff.close()
        raise


def _install_feedback(app: Flask, kb_folder: Path, settings: ServerSettings) -> FeedbackStore:
    store = FeedbackStore(kb_folder, settings.retention_days)
    app.extensions[check_runs.EXTENSION] = RunStore(kb_folder, settings.retention_days)
    app.extensions[judging.EXTENSION] = store
    app.extensions[most_asked.EXTENSION] = most_asked.MostAsked(store)
    app.extensions[REMARKS] = keep_remark
    if settings.record_questions:
        install_recording(app, store.questions)
    return store


def _prepare(app: Flask, knowledge: KnowledgeBase) -> None:
    """Make ready what the first question to a snapshot would otherwise wait for."""
    app.extensions[topics.EXTENSION].of(knowledge)
    app.extensions[STAFF].follow(knowledge)


def _reference(app: Flask, knowledge: KnowledgeBase) -> reference.Reference:
    sample, title = sample_of(knowledge, request.script_root), branding_of(app).name
    return reference.Reference(lambda: openapi_document(app, PROTOCOLS, title, sample))


def configure_app(app: Flask, settings: ServerSettings) -> None:
    """Set what Flask and its templates are told once. Raises ConfigError."""
    branding, notices = settings.branding, settings.notices
    app.config["MAX_CONTENT_LENGTH"] = limits.BODY_BYTES
    app.config[OWN_NAME] = settings.among.name if settings.among else None
    app.url_map.merge_slashes = False  # an address is right or 404; no redirect repeats what was sent
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}  # before the first use of `jinja_env`
    app.jinja_env.filters["marked"] = marked
    app.jinja_env.filters["asked_words"] = asked_words
    app.jinja_env.globals["crumbs_of"] = topics.crumbs_of
    app.jinja_env.filters["text_runs"] = text_runs
    app.jinja_env.filters["coloured"] = coloured
    app.jinja_env.globals["note_chars"] = limits.NOTE_CHARS
    app.extensions[catalogues.EXTENSION] = catalogues.Wordings(branding)
    app.extensions[brand.EXTENSION] = brand.read_brand(branding, Path(str(app.static_folder)))
    app.extensions[BRANDING] = app.jinja_env.globals["branding"] = branding
    app.jinja_env.globals["content_problems"] = lambda: notices.problems if notices else ()


def install_static(app: Flask) -> None:
    """Give every static file an address that changes with its content, so that it may be kept for ever."""
    files = sorted(Path(str(app.static_folder)).iterdir())
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    own_style = brand.brand_of(app).style

    def static_address(name: str) -> str:
        if own_style is not None and name == own_style.name:
            return brand.brand_address(own_style)
        return url_for("static", filename=name, v=digests[name])

    def keep_static(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == 200:
            asked, name = request.args.get("v"), (request.view_args or {})["filename"]
            if asked and asked == digests.get(name):
                response.headers["Cache-Control"] = _FOREVER
        return response

    app.jinja_env.globals["static_address"] = static_address
    app.after_request(keep_static)
