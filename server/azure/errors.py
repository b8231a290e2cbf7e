"""The error object of Azure's language service: what its clients expect of every address below /language/.

Source: "ErrorResponse" and "ErrorCode" of the REST API, Question Answering 2023-04-01 and 2021-10-01; azure-core reads
code, message, target and details of it into `HttpResponseError.error`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

AZURE_PATHS = "/language/"
"""How the addresses of that API begin."""
CODE_HEADER = "x-ms-error-code"
"""The code once more, for clients that read no body."""

_CODES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
# Where what is said of the other addresses does not hold for these.
_MESSAGES = {
    401: "The key is missing or not known here; send Ocp-Apim-Subscription-Key and a key that the operator gave you.",
    404: (
        "There is nothing at this address; POST /language/:query-knowledgebases answers."
        " Answers from a text sent along (:query-text) and the authoring API are not offered."
    ),
}


def azure_message(status: int) -> str | None:
    """Return what is said of a status at these addresses alone, None where nothing is."""
    return _MESSAGES.get(status)


def azure_code(status: int, *, has_fields: bool) -> str:
    """Return Azure's word for an error; one in a field is told from others."""
    return _CODES.get(status) or ("InvalidArgument" if has_fields else "InvalidRequest")


def azure_error(status: int, message: str, fields: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return the error object; `fields` are names and what is wrong with each, the first of them the target."""
    code = azure_code(status, has_fields=bool(fields))
    error: dict[str, Any] = {
        "code": code,
        "message": message,
        "target": fields[0][0] if fields else None,
        "details": [{"code": code, "message": detail, "target": name} for name, detail in fields],
    }
    if fields:
        error["innererror"] = {"code": "InvalidParameterValue", "message": fields[0][1], "target": fields[0][0]}
    return json.dumps({"error": error}, ensure_ascii=False).encode()
