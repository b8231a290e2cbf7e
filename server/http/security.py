"""What every response carries, and which requests are turned away before anything looks at them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from faqkb.server.limits import URL_BYTES
from faqkb.server.problems import Refused

_POWERS = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)

# Scripts and styles from our own files alone, nothing inline, nothing from elsewhere but the pictures that stored
# answers show over HTTPS.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' https:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in _POWERS),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not require-corp: it would hide the pictures of answers on hosts that send no resource policy.
    "Cross-Origin-Embedder-Policy": "credentialless",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-DNS-Prefetch-Control": "off",
    "X-XSS-Protection": "0",
}
NO_STORE = "no-store"
_DRESS = [(name, name.lower(), value) for name, value in (*SECURITY_HEADERS.items(), ("Cache-Control", NO_STORE))]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")  # of a proxy that follows a request from log to log


def install_security(app: Flask) -> None:
    """Check every request first, and dress every response last."""
    app.before_request(_check_request)
    app.after_request(_dress_response)


def _check_request() -> None:
    told = request.headers.get("X-Request-Id", "")
    g.request_id = told if _REQUEST_ID.fullmatch(told) else uuid.uuid4().hex
    g.generation = None
    if len(request.environ.get("REQUEST_URI", request.full_path).encode()) > URL_BYTES:
        raise Refused(414, "The address is too long; send a long question as JSON to POST /api/v1/ask.")
    named = request.headers.get("Host")
    # HTTP/1.0 health checks of load balancers name no host. Two Host headers arrive as one with a comma: no host.
    may_be_missing = named is None and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    if not may_be_missing and not (named and _is_host(request.host)):
        raise Refused(400, "The request names no host, or more than one; send one Host header.")


def _is_host(text: str) -> bool:
    """Return whether a text can stand for the host in an address: whoever puts one together takes it apart again."""
    try:
        return bool(urlsplit(f"//{text}").hostname)
    except ValueError:  # `[::::]`
        return False


def _dress_response(response: Response) -> Response:
    said = {name.lower() for name, _ in response.headers}  # a view may say less than a page may do
    for name, lower, value in _DRESS:
        if lower not in said:
            response.headers.add(name, value)
    response.headers["X-Request-Id"] = g.request_id
    if g.generation:
        response.headers["X-KB-Generation"] = g.generation
    return response
