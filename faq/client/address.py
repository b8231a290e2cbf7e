"""Where a server is, and how a request introduces itself; checked before anything is sent."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from faqkb.kb.errors import ConfigError

API_KEY_VARIABLE = "FAQ_API_KEY"


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the key to it."""

    url: str
    """Without a slash at the end: `https://faq.example.org`, or with a path where a proxy serves it below one."""
    api_key: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Of every request."""
        key = {} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}
        return {"User-Agent": user_agent(), "Accept": "application/json", "Accept-Encoding": "identity"} | key


def parse_server(url: str, api_key: str | None = None) -> Server:
    """Return the server of an address. Raises ConfigError."""
    if api_key is not None and not (api_key and api_key.isascii() and api_key.isprintable() and " " not in api_key):
        raise ConfigError(
            f"the API key cannot be sent (got {len(api_key)} characters, expected letters, digits and signs without"
            " blanks); copy it again"
        )
    return Server(_checked(url), api_key)


def user_agent() -> str:
    """Return how the client calls itself: `faqkb/0.1.0 Python/3.12`."""
    try:
        own = version("faqkb")
    except PackageNotFoundError:  # run from a checkout
        own = "0"
    return f"faqkb/{own} Python/{sys.version_info.major}.{sys.version_info.minor}"


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise _wrong(url, str(error)) from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"the server's address holds a key or a password (of {host}); leave it out and set {API_KEY_VARIABLE},"
            " which other users of this machine do not see"
        )
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise _wrong(url, "a server has a scheme, a host, and nothing after its path")
    if any(char.isspace() or not char.isprintable() for char in url):
        raise _wrong(url, "it holds blanks")
    return url.rstrip("/")


def _wrong(url: str, why: str) -> ConfigError:
    return ConfigError(
        f"the server's address cannot be used: {why} (got {url[:100]!r}, expected http://127.0.0.1:8000 or the like);"
        " correct it"
    )
