"""Which other sites' pages may ask from a browser: an allow list of origins, empty unless the operator writes one.

Ours rather than flask-cors: that reads an entry with a `*` or a bracket as a regular expression and compares without
regard to case, and a list that guards something should hold what it says. What is left after that is one function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, request

from faqkb.kb.errors import ConfigError
from faqkb.server.below import local_path
from faqkb.server.limits import PREFLIGHT_SECONDS

EVERY_ORIGIN = "*"
_DEFAULT_PORTS = {"http": 80, "https": 443}
# What the widget and programs in a browser need; the pages and their forms stay this site's own.
_SHARED = (
    "/api/v1/",
    "/v1/",
    "/static/",
    "/brand/",
    "/pictures/",
    "/widget.json",
    "/widget.css",
    "/openapi.json",
    "/mcp",
)
# What programs in a browser send beside what the Fetch standard lets anybody send: keys, and what OpenAI's client adds.
_HEADERS = (
    "Content-Type, Authorization, X-API-Key, Idempotency-Key, If-None-Match, User-Agent, OpenAI-Organization,"
    " OpenAI-Project"
)
_MCP = "/mcp"
# What clients of the Model Context Protocol say of a body beside its type.
_MCP_HEADERS = "MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id"
# What OpenAI's JavaScript client says of itself, more in each version (openai-node, src/internal/detect-platform.ts).
_CLIENT_HEADER = re.compile(r"x-stainless-[a-z]+(?:-[a-z]+){0,4}")
_EXPOSED = "ETag, Idempotent-Replayed, Link, RateLimit, RateLimit-Policy, Retry-After, X-KB-Generation, X-Request-Id"
_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")  # two sites in one entry are no host
_SCRIPT_ENDPOINT = "widget.script"


@dataclass(frozen=True, slots=True)
class AllowedOrigins:
    """The sites whose pages may read our replies."""

    origins: frozenset[str] = frozenset()
    """As browsers send them, e.g. `https://docs.example.org`; `*` means every site."""

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AllowedOrigins:
        """Return the list. Raises ConfigError for what no browser would ever send as an origin."""
        return cls(frozenset(_checked(entry.strip()) for entry in entries))

    def allow(self, origin: str) -> str | None:
        """Return what Access-Control-Allow-Origin says to an origin, None to say nothing."""
        if EVERY_ORIGIN in self.origins:
            return EVERY_ORIGIN
        return origin if origin in self.origins else None


NO_ORIGIN = AllowedOrigins()


def install_cors(app: Flask, allowed: AllowedOrigins) -> None:
    """Let the pages of allowed origins read replies; to be called before `install_security`, so as to act after it."""

    def share(response: Response) -> Response:
        if request.endpoint == _SCRIPT_ENDPOINT:
            # A script element asks without CORS. All else that the widget loads comes by CORS, where this is not asked.
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if allowed.origins and local_path(request.path).startswith(_SHARED):
            _share(response, allowed.allow(request.headers.get("Origin", "")))
        return response

    app.after_request(share)


def headers_of_refusal(allowed: AllowedOrigins, path: str, origin: str) -> dict[str, str]:
    """Return what lets an allowed page read a reply that is made before the application: 503, 413, 431."""
    told = allowed.allow(origin) if local_path(path).startswith(_SHARED) else None
    if not told:
        return {}
    headers = {"Access-Control-Allow-Origin": told, "Access-Control-Expose-Headers": _EXPOSED}
    return headers if told == EVERY_ORIGIN else headers | {"Vary": "Origin"}


def _share(response: Response, told: str | None) -> None:
    """Add the headers of the CORS protocol (Fetch standard, 3.3); never those of credentials: there are none."""
    if told != EVERY_ORIGIN:
        response.vary.add("Origin")
    if not told:
        return
    response.headers["Access-Control-Allow-Origin"] = told
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Allow-Headers"] = _allowed_headers()
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    else:
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED


def _allowed_headers() -> str:
    """Return which headers a page may send: `*` would not cover Authorization, and a list of our own ages."""
    asked = request.headers.get("Access-Control-Request-Headers", "").lower().split(",")
    known = sorted({name.strip() for name in asked if _CLIENT_HEADER.fullmatch(name.strip())})
    return ", ".join([_HEADERS, *([_MCP_HEADERS] if request.path.rstrip("/") == _MCP else []), *known])


def _checked(entry: str) -> str:
    if entry == EVERY_ORIGIN:
        return entry
    if _serialised(entry) != entry or not entry.isascii() or EVERY_ORIGIN in entry:
        raise ConfigError(
            f"the allowed origin is not one that a browser sends (got {entry!r}, expected scheme, host in lower case"
            " and a port that is not the scheme's own, as in https://docs.example.org, or * for every site);"
            " correct --allow-origin, FAQ_ALLOW_ORIGINS or [serve] allow_origins"
        )
    return entry


def _serialised(entry: str) -> str | None:
    """Return the origin of an address as browsers write it, None where it has none."""
    try:
        parts = urlsplit(entry)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or not _HOST.fullmatch(parts.hostname) or parts.scheme not in _DEFAULT_PORTS:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}")
