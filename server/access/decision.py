"""Who may ask: keys and limits, decided before any work is done.

| | no key was ever made | keys |
| on a loopback address | everybody | only with a key |
| on any other | does not start | only with a key |
| with `--public` | everybody, within a rate | the same; a key has limits of its own |

`server/access/rules.py` says what each address needs.
"""

from __future__ import annotations

import logging
import socket
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.datastructures import EnvironHeaders

from faqkb.kb.conversation.history import Said, replayed_count
from faqkb.kb.errors import ConfigError
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import KEY_START, ApiKey, Scope
from faqkb.kb.limits import QUERY_CHARS
from faqkb.server.access.credentials import sent_keys
from faqkb.server.access.key_ring import KeyRing
from faqkb.server.access.rate_limits import Allowance, RateLimiter, limit_headers
from faqkb.server.access.rules import scope_of
from faqkb.server.http.client_address import Address, client_address, client_of, was_forwarded
from faqkb.server.limits import PUBLIC_RATE_PER_MINUTE, WORK_CHARS, WORK_OF_TURN, WORK_READ_CHARS
from faqkb.server.problems import Refused

EXTENSION = "faq-access"
# Basic lets a browser ask for the key and open the pages; the order is that of preference (RFC 9110, 11.6.1).
_CHALLENGES = ('Bearer realm="faqkb"', 'Basic realm="faqkb", charset="UTF-8"')
NEEDS_KEY = "A key is needed here; send Authorization: Bearer and a key that the operator gave you (`faq keys add`)."
BAD_KEY = "The key is not known here, or it is revoked or has expired; ask the operator for a new one."
_TWO_KEYS = "More than one key was sent; send one, in one header."
NO_SCOPE = "The key may not do this (it needs the scope {scope}); ask the operator for one that may (`faq keys add`)."
_OTHER_HOST = (
    "Without keys this server is asked as localhost, or by a name that its operator allows"
    " (`faq serve --allow-host NAME`)."
)
TOO_MANY = "Too many requests in a minute; wait for the time given in Retry-After."
_QUOTA_USED = "The key's requests of today are used up; wait for the time given in Retry-After (midnight UTC)."
_log = logging.getLogger("faq.server")


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Whom the operator lets in."""

    public: bool = False
    """Everybody may read and give feedback."""
    loopback: bool = True
    """The server listens on an address that this machine alone can reach."""
    rate_per_minute: int | None = None
    """Requests of one client address in a minute; 0 is no limit, None 300 for a public server and no limit else."""
    hosts: frozenset[str] = frozenset()
    """Names that the server may be asked by where this machine alone can reach it and no key is needed, beside its
    loopback names: a page from elsewhere whose name comes to point here (DNS rebinding) is asked by its own."""
    behind_proxy: int = 0
    """How many proxies in front add to X-Forwarded-For; with 0 nothing that it says is believed."""

    @property
    def address_rate(self) -> int:
        """Requests of one client address in a minute, 0 for no limit."""
        if self.rate_per_minute is not None:
            return self.rate_per_minute
        return PUBLIC_RATE_PER_MINUTE if self.public else 0


NO_ACCESS_CONTROL = AccessSettings(public=True, rate_per_minute=0)
"""For the application within another program, which asks it alone."""


@dataclass(slots=True)
class Caller:
    """Who made a request, and what is left of that caller's limits."""

    address: Address | None
    key: ApiKey | None = None
    allowances: tuple[Allowance, ...] = ()
    was_key_needed: bool = False
    is_one_of_many: bool = False
    """Others ask from the same address: a proxy stands between, and does not tell whom it asks for."""

    @property
    def client(self) -> str:
        """What requests are counted by: the key, else the address."""
        return self.key.id if self.key else client_of(self.address)


class AccessControl:
    """Decides each request of one application."""

    def __init__(self, ring: KeyRing, settings: AccessSettings, limiter: RateLimiter | None = None) -> None:
        """Decide by these keys; what clients may still ask is counted in `limiter`, with what else counts there."""
        self.ring = ring
        self.settings = settings
        self._limiter = RateLimiter() if limiter is None else limiter
        self._proxy_told = threading.Event()

    def admit(self, path: str, *, is_route: bool) -> Caller:
        """Let the current request in, or not. Raises Refused (401, 403, 429); `g.caller` says who it was either way."""
        scope = scope_of(path) if is_route else Scope.READ  # what is nothing needs a key like all else, and is 404 then
        caller = g.caller = Caller(client_address(request.environ, self.settings.behind_proxy))
        caller.is_one_of_many = self._stands_for_many(caller.address)
        if scope is None or is_preflight():
            return caller
        self.ring.look()
        self._check_host()
        self._tell_of_proxy()
        caller.was_key_needed = self._needs_key(scope)
        refusal = self._identify(caller)
        self.charge(caller)
        if refusal is not None:
            raise Refused(401, refusal)
        if caller.was_key_needed and caller.key is not None and not caller.key.may(scope):
            raise Refused(403, NO_SCOPE.format(scope=scope.value))
        return caller

    def name_of_client(self, environ: dict[str, Any]) -> str:
        """Return whose a request is, before it is let in: the key's that it carries, else the address's."""
        sent = sent_keys(EnvironHeaders(environ)) if self.ring.has_keys else ()
        known = (self.ring.find(text) for text in sent)
        address = client_address(environ, self.settings.behind_proxy)
        return next((key.id for key in known if key is not None), client_of(address))

    def charge(self, caller: Caller, count: int = 1, *, is_work: bool = False) -> None:
        """Count requests of a caller: by the key, else by the address. Raises Refused (429).

        More work within a request counts towards the rate, which guards the server, not towards the day's quota.
        """
        key, taken = caller.key, []
        rate = self.settings.address_rate if key is None else key.rate_per_minute
        if rate:
            taken.append(self._limiter.take(caller.client, rate, count))
        if is_work:
            taken += [each for each in caller.allowances if each.policy == "day"]
        elif key is not None and not _refused(taken):
            quota = self.ring.take(key, count)
            taken += [quota] if quota is not None else []
        caller.allowances = tuple(taken)
        if _refused(taken):
            is_of_day = any(each.is_refused and each.policy == "day" for each in taken)
            raise Refused(429, _QUOTA_USED if is_of_day else TOO_MANY)

    def _check_host(self) -> None:
        """Refuse another name than ours where anybody who reaches the server may ask. Raises Refused (421)."""
        if not self.ring.has_keys:
            refuse_other_host(self.settings)

    def _needs_key(self, scope: Scope) -> bool:
        if self.settings.public:
            return scope is Scope.ADMIN  # also from this machine: a proxy here may pass on anybody's
        return self.ring.has_keys or not self.settings.loopback

    def _identify(self, caller: Caller) -> str | None:
        """Find the caller's key; returns why the request is refused, None where it is not."""
        sent = sent_keys(request.headers)
        ours = frozenset(text for text in sent if text.startswith(KEY_START))
        if not caller.was_key_needed and not (ours and self.ring.has_keys):
            return None  # clients that cannot do without a key send any word
        texts = ours or sent
        if len(texts) > 1:
            return _TWO_KEYS
        if not texts:
            return NEEDS_KEY
        caller.key = self.ring.find(next(iter(texts)))
        return BAD_KEY if caller.key is None else None

    def _stands_for_many(self, address: Address | None) -> bool:
        if self.settings.behind_proxy or address is None or not address.is_loopback:
            return address is None
        return self.settings.public or was_forwarded(request.environ)

    def _tell_of_proxy(self) -> None:
        """Say once that all clients look like one."""
        if not self.settings.behind_proxy and was_forwarded(request.environ) and not self._proxy_told.is_set():
            self._proxy_told.set()
            _log.warning("requests come through a proxy, and count as one client; say --behind-proxy 1 if it is yours")


def install_access(app: Flask, kb_folder: Path, settings: AccessSettings, limiter: RateLimiter | None = None) -> None:
    """Ask every request for what it needs; to be called after `install_security`, so as to come second.

    Raises StorageFailed, KeysDamaged.
    """
    control = AccessControl(KeyRing(KeyStore(kb_folder)), settings, limiter)
    app.extensions[EXTENSION] = control

    def admit() -> None:
        control.admit(request.path, is_route=request.url_rule is not None)

    app.before_request(admit)
    app.after_request(dress_reply)


def charge_more(count: int) -> None:
    """Count so many more requests of the current caller, as a batch of questions costs. Raises Refused (429)."""
    if count > 0:
        cast(AccessControl, current_app.extensions[EXTENSION]).charge(g.caller, count)


def charge_work(said: Sequence[Said], question: str, sent_chars: int = 0) -> None:
    """Count what a question costs beyond a short one, before it is asked. Raises Refused (429).

    `said` is what came before it, of which the last questions are asked again; `sent_chars` of all are read over.
    """
    more = replayed_count(said) * WORK_OF_TURN
    as_read = unicodedata.normalize("NFKC", question[:QUERY_CHARS])  # which may be 18 times as long
    more += min(len(as_read), QUERY_CHARS) // WORK_CHARS + sent_chars // WORK_READ_CHARS
    if more:
        cast(AccessControl, current_app.extensions[EXTENSION]).charge(g.caller, more, is_work=True)


def key_ring() -> KeyRing:
    """Return the keys of the current application."""
    return cast(AccessControl, current_app.extensions[EXTENSION]).ring


def check_reach(kb_folder: Path, host: str, *, public: bool) -> bool:
    """Return whether an address is loopback. Raises ConfigError where others could ask and nothing would stop them."""
    loopback = is_loopback(host)
    if not loopback and not public and not KeyRing(KeyStore(kb_folder)).has_live_key:
        raise ConfigError(
            f"other machines can reach {host or 'every address'}, and no key is needed to ask (got no key in"
            f" {kb_folder}, expected at least one); make one with `faq keys add NAME`, or let everybody ask with"
            " --public"
        )
    return loopback


def dress_reply(response: Response) -> Response:
    """Say what is left of the caller's limits, and how to send a key where one is needed."""
    caller: Caller | None = g.get("caller")
    if caller is None:
        return response
    response.headers.update(limit_headers(caller.allowances))
    if response.status_code == 401:
        for challenge in _CHALLENGES:
            response.headers.add("WWW-Authenticate", challenge)
    if caller.was_key_needed and response.cache_control.public:
        # Shared caches know of Authorization (RFC 9111, 3.5), not of the other headers that carry keys.
        del response.cache_control.public
        response.cache_control.private = True
    return response


def refuse_other_host(settings: AccessSettings) -> None:
    """Refuse another name than ours where this machine alone asks, and without a key. Raises Refused (421)."""
    if settings.public or not settings.loopback or "Host" not in request.headers:
        return
    name = urlsplit(f"//{request.host}").hostname or ""
    if not _is_loopback_name(name) and name not in settings.hosts:
        raise Refused(421, _OTHER_HOST)


def is_preflight() -> bool:
    """Return whether a browser asks what it may send (Fetch, 3.2.2): without headers of the page, and no view runs."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _is_loopback_name(name: str) -> bool:
    """Return whether a host name means this machine to every browser (RFC 6761, 6.3)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _refused(taken: Sequence[Allowance]) -> bool:
    return any(each.is_refused for each in taken)


def is_loopback(host: str) -> bool:
    """Return whether the address that the server would listen on is reached by this machine alone."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        return False  # and the listener says why it cannot listen there
    return ip_address(str(found[4][0]).partition("%")[0]).is_loopback
