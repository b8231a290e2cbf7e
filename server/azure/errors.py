"""The error object of Azure's language service: what its clients expect of every address below /language/.

Source: "ErrorResponse" and "ErrorCode" of the REST API, Question Answering 2023-04-01 and 2021-10-01; azure-core reads
code, message, target and details of it into `HttpResponseError.error`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from faqkb.server.problems import ErrorForm, ErrorReply, FieldError, detail_of

AZURE_PATHS = "/language/"
"""How the addresses of that API begin."""
QNAMAKER_PATHS = "/qnamaker/"
"""How those of the service before it begin; its errors have the same form."""
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
        "There is nothing at this address; POST /language/:query-knowledgebases answers,"
        " and POST /qnamaker/knowledgebases/ID/generateAnswer."
        " Answers from a text sent along (:query-text) and the authoring API are not offered."
    ),
}


def azure_code(status: int, *, has_fields: bool) -> str:
    """Return Azure's word for an error; one in a field is told from others."""
    return _CODES.get(status) or ("InvalidArgument" if has_fields else "InvalidRequest")


def azure_error(status: int, detail: str | None = None, errors: Sequence[FieldError] = ()) -> ErrorReply:
    """Return the error object; the first of the fields at fault is its target."""
    code = azure_code(status, has_fields=bool(errors))
    error: dict[str, Any] = {
        "code": code,
        "message": detail or _MESSAGES.get(status) or detail_of(status),
        "target": errors[0].field if errors else None,
        "details": [{"code": code, "message": each.detail, "target": each.field} for each in errors],
    }
    if errors:
        error["innererror"] = {
            "code": "InvalidParameterValue",
            "message": errors[0].detail,
            "target": errors[0].field,
        }
    body = json.dumps({"error": error}, ensure_ascii=False).encode()
    return ErrorReply(body, "application/json", {CODE_HEADER: code})


AZURE_ERRORS = ErrorForm(AZURE_PATHS, azure_error, "AzureError")
QNAMAKER_ERRORS = ErrorForm(QNAMAKER_PATHS, azure_error, "AzureError")
