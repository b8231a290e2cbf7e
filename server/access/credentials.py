"""The keys that a request carries, wherever clients put them.

`Authorization: Bearer` (RFC 6750: OpenAI's clients, MCP) or `EndpointKey` (QnA Maker's), `X-API-Key`,
`Ocp-Apim-Subscription-Key` (Azure's clients), and `Authorization: Basic` with the key as password and any user name
(RFC 7617: browsers, `curl -u :KEY`).
"""

from __future__ import annotations

import base64
import binascii

from werkzeug.datastructures import Headers

_KEY_HEADERS = ("X-API-Key", "Ocp-Apim-Subscription-Key")


def sent_keys(headers: Headers) -> frozenset[str]:
    """Return what stands where a key may stand, once each; a header sent twice is one text with a comma, and no key."""
    found = {_authorised(headers.get("Authorization", "")), *(headers.get(name, "").strip() for name in _KEY_HEADERS)}
    return frozenset(filter(None, found))


def _authorised(value: str) -> str:
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() in {"bearer", "endpointkey"}:
        return rest.strip()
    return _password(rest.strip()) if scheme.lower() == "basic" else ""


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return "?"  # something was sent, and it is no key
