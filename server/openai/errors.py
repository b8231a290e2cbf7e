"""The error object of OpenAI's API: what ready-made chat clients expect of every address below /v1/."""

from __future__ import annotations

import json

OPENAI_PATHS = "/v1/"
"""How the addresses of that API begin."""
ERROR_TYPE = "application/json"

_REQUEST = "invalid_request_error"
_TYPES = {429: "requests", 500: "server_error", 503: "server_error"}
_CODES = {
    401: "invalid_api_key",
    404: "unknown_url",
    405: "method_not_supported",
    413: "request_too_large",
    415: "unsupported_content_type",
    429: "rate_limit_exceeded",
}
# Where what is said of the other addresses does not hold for these.
_MESSAGES = {
    401: "The API key is missing or not known here; send Authorization: Bearer and a key that the operator gave you.",
    404: "There is nothing at this address; POST /v1/chat/completions answers, GET /v1/models lists what there is.",
    413: "The request body is too large (expected at most 256 KiB); leave out the oldest messages.",
}


def openai_message(status: int) -> str | None:
    """Return what is said of a status at these addresses alone, None where nothing is."""
    return _MESSAGES.get(status)


def openai_error(status: int, message: str, *, param: str | None = None, code: str | None = None) -> bytes:
    """Return the error object; all four fields are always there, as official clients read them."""
    error = {
        "message": message,
        "type": _TYPES.get(status, _REQUEST),
        "param": param,
        "code": code or _CODES.get(status),
    }
    return json.dumps({"error": error}, ensure_ascii=False).encode()
