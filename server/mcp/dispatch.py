"""The Model Context Protocol without its transports: a message in, its reply out.

Two eras are spoken side by side. Up to 2025-11-25 a client shakes hands (`initialize`), and the transport remembers the
revision; from 2026-07-28 each request says in its `_meta` which revision it speaks, and nothing is remembered. Ours
rather than the SDK's server: that one is asyncio and starlette, and answers here are synchronous and take 5 ms.
Source: the specification, modelcontextprotocol.io/specification; the SDK's client is held against it in the tests.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from faqkb.kb.errors import KbError
from faqkb.server.limits import BATCH_REPLY_BYTES, BATCH_SECONDS
from faqkb.server.mcp.messages import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    UNSUPPORTED_VERSION,
    McpError,
    Message,
    Reply,
    Request,
    dump_message,
    id_of,
    request_of,
)
from faqkb.server.mcp.resources import list_resources, list_templates, read_resource
from faqkb.server.mcp.service import INSTRUCTIONS, McpService, server_info
from faqkb.server.mcp.tools import call_tool, list_tools

_TOO_MUCH = McpError(
    INTERNAL_ERROR, "The batch was over before this message: it took too long or grew too large; send it again."
)
HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSIONS = ("2026-07-28",)
BATCH_VERSIONS = ("2024-11-05", "2025-03-26")  # 2025-06-18 took batches out of the protocol
_REFUSALS_ARE_RESULTS = ("2025-11-25", *MODERN_VERSIONS)
BATCH_MAX = 100  # messages of one batch, as many as a batch of the HTTP API holds

_META = "io.modelcontextprotocol/"
VERSION_KEY = _META + "protocolVersion"
_CAPABILITIES_KEY = _META + "clientCapabilities"
_SERVER_KEY = _META + "serverInfo"
_CAPABILITIES: Message = {"tools": {}, "resources": {}}
# Milliseconds for which a modern client may keep a reply. What is in a snapshot may change with the next second.
_FRESH_MS = {"server/discover": 300_000, "tools/list": 300_000, "resources/templates/list": 300_000}
_CACHEABLE = {*_FRESH_MS, "resources/list", "resources/read"}
_log = logging.getLogger("faq.mcp")


def answer(content: Any, service: McpService, version: str | None) -> Reply | None:
    """Return the reply to a parsed message, a list of written ones for a batch, None where nothing is to be said.

    `version` is the revision agreed on by handshake, None before one; a request of the modern era says its own.
    """
    if not isinstance(content, list):
        return _answer_one(content, service, version)
    if version not in BATCH_VERSIONS or not 0 < len(content) <= BATCH_MAX:
        reason = f"A batch is taken at {' and '.join(BATCH_VERSIONS)} alone, of 1 to {BATCH_MAX} messages"
        return McpError(INVALID_REQUEST, f"{reason}; send one message at a time.").reply()
    return _answer_batch(content, service, version) or None


def speaks_modern(request: Request) -> bool:
    """Return whether a request carries the revision it speaks, as from 2026-07-28 each does."""
    return VERSION_KEY in request.meta


def unsupported(version: object) -> McpError:
    """Return the error that names the revisions there are, so that the client can go on with one of them."""
    spoken = [*MODERN_VERSIONS, *reversed(HANDSHAKE_VERSIONS)]
    data = {"supported": spoken, "requested": str(version)[:40]}
    return McpError(UNSUPPORTED_VERSION, "This protocol revision is not spoken here; use one that is.", data)


def _answer_batch(content: list[Any], service: McpService, version: str | None) -> list[bytes]:
    """Return the replies to a batch; what its time or its room is not enough for is told so, and may be sent again."""
    until, room = time.monotonic() + BATCH_SECONDS, BATCH_REPLY_BYTES
    replies: list[bytes] = []
    for each in content:
        if time.monotonic() > min(until, service.last_moment()) or room < 0:
            reply: Message | None = _TOO_MUCH.reply(id_of(each)) if id_of(each) is not None else None
        else:
            reply = _answer_in_batch(each, service, version)
        if reply is not None:
            replies.append(dump_message(reply))
            room -= len(replies[-1])
    return replies


def _answer_in_batch(content: Any, service: McpService, version: str | None) -> Message | None:
    if isinstance(content, dict) and content.get("method") == "initialize":
        return McpError(INVALID_REQUEST, "initialize is never part of a batch; send it alone.").reply(id_of(content))
    return _answer_one(content, service, version)


def _answer_one(content: Any, service: McpService, version: str | None) -> Message | None:
    request_id = id_of(content)
    try:
        request = request_of(content)
        if request is None or request.id is None:
            return None  # a response, or a notification: each request here is answered before the next is read
        result = _result(request, service, version)
    except McpError as error:
        return error.reply(request_id)
    except KbError as error:
        _log.error("%s", error)
        return McpError(INTERNAL_ERROR, "The knowledge base cannot answer at the moment; try again.").reply(request_id)
    except service.refusals:
        raise  # the client has asked too much, and hears it as for any other request
    except Exception:  # noqa: BLE001 - one message fails, the conversation goes on
        _log.exception("a message failed")
        return McpError(INTERNAL_ERROR, "Something failed here, and it is logged; try again.").reply(request_id)
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def _result(request: Request, service: McpService, version: str | None) -> Message:
    # A handshake opens the older era even where a client stamps the newer one's `_meta` on everything it sends.
    opens = request.method == "initialize" and version not in MODERN_VERSIONS
    return _modern(request, service) if speaks_modern(request) and not opens else _handshaken(request, service, version)


def _handshaken(request: Request, service: McpService, version: str | None) -> Message:
    if request.method == "initialize":
        return _initialize(request, service)
    if request.method == "ping":
        return {}
    if version is None:
        raise McpError(INVALID_REQUEST, f"Send initialize first, or {VERSION_KEY} in _meta.")
    return _serve(request, service, version)


def _initialize(request: Request, service: McpService) -> Message:
    wanted = request.params.get("protocolVersion")
    if not isinstance(wanted, str):
        raise McpError(INVALID_PARAMS, "The client's protocolVersion is missing; send it as text.")
    return {
        "protocolVersion": wanted if wanted in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1],
        "capabilities": _CAPABILITIES,
        "serverInfo": server_info(service),
        "instructions": INSTRUCTIONS,
    }


def _modern(request: Request, service: McpService) -> Message:
    version = request.meta[VERSION_KEY]
    if not isinstance(version, str) or not isinstance(request.meta.get(_CAPABILITIES_KEY), dict):
        raise McpError(INVALID_PARAMS, f"_meta is incomplete; send {VERSION_KEY} and {_CAPABILITIES_KEY}.")
    if version not in MODERN_VERSIONS:
        raise unsupported(version)
    if request.method == "server/discover":
        result: Message = {
            "supportedVersions": list(MODERN_VERSIONS),
            "capabilities": _CAPABILITIES,
            "instructions": INSTRUCTIONS,
        }
    else:
        result = _serve(request, service, version)
    result |= {"resultType": "complete", "_meta": {_SERVER_KEY: server_info(service)}}
    if request.method in _CACHEABLE:
        # Private: what one client may read, another may not, once there are keys.
        result |= {"ttlMs": _FRESH_MS.get(request.method, 0), "cacheScope": "private"}
    return result


def _serve(request: Request, service: McpService, version: str) -> Message:
    """Return the result of a method that both eras have. Raises McpError."""
    params = request.params
    match request.method:
        case "tools/list":
            _no_cursor(params)
            return list_tools()
        case "resources/templates/list":
            _no_cursor(params)
            return list_templates()
        case "tools/call":
            name, arguments = params.get("name"), params.get("arguments")
            strict = version in _REFUSALS_ARE_RESULTS
            with service.lend() as knowledge:
                return call_tool(
                    knowledge, service, name, {} if arguments is None else arguments, refusal_is_result=strict
                )
        case "resources/list":
            with service.lend() as knowledge:
                return list_resources(knowledge, _cursor(params))
        case "resources/read":
            with service.lend() as knowledge:
                return read_resource(knowledge, service, params.get("uri"), modern=version in MODERN_VERSIONS)
    raise McpError(METHOD_NOT_FOUND, "There is no such method here.")


def _cursor(params: Mapping[str, Any]) -> Any:
    """Return the cursor of a list; an empty one is none."""
    return params.get("cursor") or None


def _no_cursor(params: Mapping[str, Any]) -> None:
    if _cursor(params) is not None:
        raise McpError(INVALID_PARAMS, "This list has one page; list without a cursor.")


def header_mismatch(what: str) -> McpError:
    """Return the error for HTTP headers that do not say what the body says."""
    return McpError(HEADER_MISMATCH, f"The header {what} is missing or differs from the body; send the same in both.")
