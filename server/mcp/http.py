"""`/mcp`: the Model Context Protocol over streamable HTTP. No sessions, no streams: each POST is answered with JSON."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.exceptions import MethodNotAllowed, NotFound

from faqkb.server.access.decision import charge_more, charge_work
from faqkb.server.answering.conversations import worded
from faqkb.server.answering.documents import page_address, picture_address
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.tokens import answer_token
from faqkb.server.answering.turns import batch_turn, last_moment
from faqkb.server.branding import branding_of
from faqkb.server.http.cors import NO_ORIGIN, AllowedOrigins
from faqkb.server.http.parsing import require_json
from faqkb.server.mcp.dispatch import (
    HANDSHAKE_VERSIONS,
    MODERN_VERSIONS,
    VERSION_KEY,
    answer,
    header_mismatch,
    speaks_modern,
    unsupported,
)
from faqkb.server.mcp.messages import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    McpError,
    Request,
    dump_message,
    id_of,
    parse_content,
    request_of,
)
from faqkb.server.mcp.service import McpService
from faqkb.server.noted import note_answer
from faqkb.server.problems import Refused

mcp = Blueprint("mcp", __name__)
ORIGINS_EXTENSION = "faq-mcp-origins"
_UNTOLD_VERSION = "2025-03-26"  # of a request without the header, says the specification
# A page that had its own name lead to this machine (DNS rebinding) sends that name as origin and as host; these it
# cannot have.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NAMED_BY = {"tools/call": "name", "resources/read": "uri"}  # what Mcp-Name repeats
_BASE64_START, _BASE64_END = "=?base64?", "?="  # around a name that no header can hold as it is


@mcp.before_request
def check_origin() -> None:
    """Refuse the pages of other sites; programs send no Origin. Raises Refused (403)."""
    origin = request.headers.get("Origin")
    if origin is None or _is_own(origin):
        return
    allowed: AllowedOrigins = current_app.extensions.get(ORIGINS_EXTENSION, NO_ORIGIN)
    if allowed.allow(origin) is None:
        raise Refused(403, "Pages of this origin may not ask here; the operator lists those that may (--allow-origin).")


@mcp.route("/mcp", methods=["POST", "GET", "DELETE"], strict_slashes=False)
def endpoint() -> Response:
    """Take one message, or a batch where the revision has batches."""
    if request.method != "POST":
        # GET would open a stream of what the server has to say, DELETE end a session: there is neither.
        raise MethodNotAllowed(valid_methods=["POST"])
    require_json(request)
    if request.accept_mimetypes and not request.accept_mimetypes["application/json"]:
        raise Refused(406, "The reply is JSON; send Accept: application/json, text/event-stream.")
    content: Any = None
    try:
        content = parse_content(request.get_data(cache=False))
        version = _checked_version(content)
    except McpError as error:
        return _reply(error.reply(id_of(content)), HTTPStatus.BAD_REQUEST)
    charge_more(len(content) - 1 if isinstance(content, list) else 0)
    service = replace(_SERVICE, title=branding_of(current_app).name)
    with batch_turn(len(content) if isinstance(content, list) else 1):
        reply = answer(content, service, version)
    if reply is None:
        return Response(status=HTTPStatus.ACCEPTED)
    return _reply(reply, _status(reply, modern=version in MODERN_VERSIONS))


@mcp.get("/.well-known/oauth-<path:name>")
@mcp.get("/.well-known/openid-configuration")
@mcp.get("/.well-known/openid-configuration/<path:name>")
@mcp.get("/mcp/.well-known/<path:name>")
def authorization_server(name: str = "") -> Response:
    """Say that keys are handed out by a person: a client that hears 401 here too takes it for a broken server."""
    raise NotFound


def _is_own(origin: str) -> bool:
    """Return whether a page is this server's own, seen on the machine it runs on."""
    return origin == request.host_url.rstrip("/") and urlsplit(origin).hostname in _LOOPBACK


def _checked_version(content: Any) -> str:
    """Return the revision a message is to be answered in. Raises McpError where headers and body do not agree."""
    told = request.headers.get("MCP-Protocol-Version")
    if told in MODERN_VERSIONS:
        if not isinstance(content, list):
            _check_modern(request_of(content), told)
        return told
    if isinstance(content, dict) and content.get("method") == "initialize":
        return _UNTOLD_VERSION  # the handshake agrees on one; what a client remembers of another server is no matter
    if told is not None and told not in HANDSHAKE_VERSIONS:
        raise unsupported(told)
    if not isinstance(content, list):
        sent = request_of(content)
        if sent is not None and speaks_modern(sent):
            raise header_mismatch("MCP-Protocol-Version")
    return told or _UNTOLD_VERSION


def _check_modern(sent: Request | None, told: str) -> None:
    """Hold the headers to the body: what stands between client and server may read either. Raises McpError."""
    if sent is None:
        raise McpError(INVALID_REQUEST, "Nothing was asked of the client; send requests and notifications alone.")
    if sent.id is None:
        return
    if not speaks_modern(sent):
        raise McpError(INVALID_PARAMS, f"_meta is incomplete; send {VERSION_KEY} in every request.")
    if sent.meta[VERSION_KEY] != told:
        raise header_mismatch("MCP-Protocol-Version")
    if request.headers.get("Mcp-Method") != sent.method:
        raise header_mismatch("Mcp-Method")
    name = sent.params.get(_NAMED_BY.get(sent.method, ""))
    if name is not None and _decoded(request.headers.get("Mcp-Name", "")) != name:
        raise header_mismatch("Mcp-Name")


def _decoded(value: str) -> str | None:
    """Return what a header says, None where it is encoded and the code is broken."""
    if not (value.startswith(_BASE64_START) and value.endswith(_BASE64_END)):
        return value
    try:
        return base64.b64decode(value[len(_BASE64_START) : -len(_BASE64_END)], validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _status(reply: Any, *, modern: bool) -> HTTPStatus:
    """Return the status of a reply: up to 2025-11-25 an answered request is 200, whatever the answer."""
    code = reply["error"]["code"] if isinstance(reply, dict) and "error" in reply else None
    if code is None or code == INTERNAL_ERROR:
        return HTTPStatus.OK
    if not modern:
        return HTTPStatus.BAD_REQUEST if code == INVALID_REQUEST else HTTPStatus.OK
    return HTTPStatus.NOT_FOUND if code == METHOD_NOT_FOUND else HTTPStatus.BAD_REQUEST


def _reply(reply: Any, status: HTTPStatus) -> Response:
    return Response(dump_message(reply), status=status, content_type="application/json")


def _check_address(check_id: str) -> str:
    return url_for("scripts.script", check_id=check_id, _external=True)


_SERVICE = McpService(
    leased_knowledge,
    page_address,
    _check_address,
    picture_address=picture_address,
    answered=lambda answer: note_answer(answer, "mcp"),
    worded=worded,
    charge=charge_work,
    last_moment=last_moment,
    refusals=(Refused,),
    answer_token=answer_token,
)
