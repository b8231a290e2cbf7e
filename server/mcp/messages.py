"""JSON-RPC 2.0 as the Model Context Protocol uses it: messages read, errors named, replies made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faqkb.server.http.strict_json import Malformed, parse_strictly

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002  # up to 2025-11-25; 2026-07-28 says INVALID_PARAMS
HEADER_MISMATCH = -32020  # 2026-07-28: the HTTP headers say something else than the body
UNSUPPORTED_VERSION = -32022  # 2026-07-28

Message = dict[str, Any]
Reply = Message | list[bytes]
"""What is said to a message, or to each message of a batch as it is written: to know its size is to write it."""
RequestId = str | int | None


class McpError(Exception):
    """A request that gets an error for a reply."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data

    def reply(self, request_id: RequestId = None) -> Message:
        """Return the error as a message; no id where the request's could not be read."""
        error: Message = {"code": self.code, "message": str(self)}
        if self.data is not None:
            error["data"] = dict(self.data)
        return {"jsonrpc": "2.0", "id": request_id, "error": error}


@dataclass(frozen=True, slots=True)
class Request:
    """A request or a notification."""

    id: RequestId
    """None for a notification."""
    method: str
    params: Mapping[str, Any]

    @property
    def meta(self) -> Mapping[str, Any]:
        """What the request says about itself, `_meta` of its parameters."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}


def parse_content(content: bytes) -> Any:
    """Parse a message. Raises McpError (PARSE_ERROR)."""
    try:
        return parse_strictly(content)
    except (Malformed, RecursionError):
        raise McpError(PARSE_ERROR, "The message cannot be read; send one JSON object in UTF-8.") from None


def request_of(value: Any) -> Request | None:
    """Return one message as a request, None where it is a response: nothing was asked of the client.

    Raises McpError (INVALID_REQUEST).
    """
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise McpError(INVALID_REQUEST, 'The message is no JSON-RPC 2.0 object; send {"jsonrpc": "2.0", "method": …}.')
    if "method" not in value and ("result" in value or "error" in value):
        return None
    method, params, request_id = value.get("method"), value.get("params"), value.get("id")
    if not isinstance(method, str):
        raise McpError(INVALID_REQUEST, "The message names no method; send `method` as text.")
    params = {} if params is None else params  # null is what some clients write for none
    # JSON-RPC knows lists of parameters and an id of null; this protocol has neither.
    if not isinstance(params, dict):
        raise McpError(INVALID_REQUEST, "The parameters are no object; send `params` with names.")
    if "id" in value and (isinstance(request_id, bool) or not isinstance(request_id, str | int)):
        raise McpError(INVALID_REQUEST, "The id is neither text nor a whole number; send one of the two.")
    return Request(request_id, method, params)


def id_of(value: Any) -> RequestId:
    """Return the id of a message that may be malformed, None where it has none that can be used."""
    request_id = value.get("id") if isinstance(value, dict) else None
    usable = isinstance(request_id, str | int) and not isinstance(request_id, bool)
    return request_id if usable else None


def dump_message(reply: Reply) -> bytes:
    """Return a reply as one line of JSON, without the newline."""
    if isinstance(reply, list):
        return b"[" + b",".join(reply) + b"]"
    return json.dumps(reply, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
