"""The error object of OpenAI's API: what ready-made chat clients expect of every address below /v1/."""

from __future__ import annotations

import json
from collections.abc import Sequence

from faqkb.server.openai.replies import OpenAiError
from faqkb.server.problems import ErrorForm, ErrorReply, FieldError, detail_of

OPENAI_PATHS = "/v1/"
"""How the addresses of that API begin."""
OPENAI_MISTAKEN_PATHS = ("/chat/completions", "/completions", "/responses", "/embeddings", "/models")
"""What a client asks for whose base URL lacks `/v1`."""
_CONTENT_TYPE = "application/json"

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
    404: (
        "There is nothing at this address. The base URL of this API ends in /v1: POST /v1/chat/completions answers,"
        " GET /v1/models lists what there is."
    ),
    413: (
        "The request body is too large (expected at most 256 KiB, 8 MiB with pictures); leave out the oldest messages"
        " or pictures."
    ),
}


def openai_error(status: int, detail: str | None = None, errors: Sequence[FieldError] = ()) -> ErrorReply:
    """Return the error object; all four fields are always there, as official clients read them."""
    first = errors[0] if errors else None
    error = {
        "message": detail or _MESSAGES.get(status) or detail_of(status),
        "type": _TYPES.get(status, _REQUEST),
        "param": first.field if first else None,
        "code": (first.code if first else None) or _CODES.get(status),
    }
    return ErrorReply(json.dumps({"error": error}, ensure_ascii=False).encode(), _CONTENT_TYPE)


OPENAI_ERRORS = ErrorForm(
    OPENAI_PATHS,
    openai_error,
    "OpenAiError",
    OpenAiError,
    "the error object of OpenAI's API",
    OPENAI_MISTAKEN_PATHS,
)
