"""A server to ask, and whether the user's key is for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

KEY_SERVER_VARIABLE = "FAQ_API_KEY_SERVER"


@dataclass(frozen=True, slots=True)
class ChosenServer:
    """A server to ask, and who chose it."""

    url: str
    found_in: Path | None = None
    """The settings file that names it; None where the user did, by an option or a variable."""


def key_refusal(server: ChosenServer, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return why the user's key is not for a server, None where it is.

    It is for the origin in FAQ_API_KEY_SERVER; without that, for any server that the user named.
    """
    bound = environment.get(KEY_SERVER_VARIABLE)
    if _origin(bound) == _origin(server.url) if bound else server.found_in is None:
        return None
    why = f"it is for {bound}" if bound else f"{server.found_in} chose that server, not you"
    return f"the key is not sent to {server.url}: {why}; to send it, set {KEY_SERVER_VARIABLE}={server.url}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of an address; one that cannot be read is an origin of its own."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return url, None, None
