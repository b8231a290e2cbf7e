"""Whether an address on the web answers, asked politely and only of the public web.

An FAQ may come from anybody, and who lints it may sit inside a network: an address in it could have this machine ask
another one inside for something (server-side request forgery). So each name is resolved here, all that it resolves to
has to be public, and the connection goes to exactly that; a redirect is judged anew.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import quote, urljoin, urlsplit

_CONNECT_SECONDS = 10.0
_WHOLE_SECONDS = 30.0  # for an address, all redirects in: a server that sends a byte now and then holds nobody up
_REDIRECTS = 5  # as many as browsers of old; a page behind more is not found by readers either
_PORTS = {"http": 80, "https": 443}
_GONE = frozenset({404, 410})
_ASK_AGAIN = frozenset({400, 403, 404, 405, 406, 410, 501})  # to HEAD, which some servers do not know
_OKAY_FROM = 200
_REDIRECT_FROM = 300
_REFUSED_FROM = 400

Resolve = Callable[[str, int], list[str]]
"""Returns the addresses of a host; tests have one of their own."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an address."""

    problem: str = ""
    """Why it is dead; empty where it answers, or where nobody can tell."""


class _Refused(Exception):
    """An address that is not asked."""


class _Unsure(Exception):
    """It may be there for others: a sign-in, a limit, a server with trouble of its own."""


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public web: none of this machine, a private network, or for many."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    teredo = getattr(ip, "teredo", None)
    inside = [inner] if inner else list(teredo) if teredo else []
    if isinstance(ip, ipaddress.IPv6Address) and ip in _NAT64:
        inside = [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    return all(map(_is_of_the_web, inside or [ip]))


def _is_of_the_web(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    # Python takes fec0::/10, private until RFC 3879, for global.
    is_site_local = getattr(ip, "is_site_local", False)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not is_site_local


_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address inside


class Web:
    """Asks addresses; safe to use from several threads."""

    def __init__(
        self,
        resolver: Resolve = resolve,
        is_allowed: Callable[[str], bool] = is_public,
        seconds: float = _WHOLE_SECONDS,
    ) -> None:
        self._resolve = resolver
        self._seconds = seconds
        self._is_allowed = is_allowed
        self._tls = ssl.create_default_context()

    def verdict(self, address: str) -> Verdict:
        """Return whether an address answers; HEAD first, GET where that is not understood, no body is read."""
        until = time.monotonic() + self._seconds
        try:
            status = self._followed("HEAD", address, until)
            if status in _ASK_AGAIN:
                status = self._followed("GET", address, until)
        except _Refused as refused:
            return Verdict(str(refused))
        except _Unsure:
            return Verdict()
        except socket.gaierror as error:
            return Verdict(f"its host is not known ({error.strerror})")
        except ssl.SSLCertVerificationError as error:
            return Verdict(f"its certificate does not hold ({error.verify_message})")
        except (OSError, http.client.HTTPException, ValueError):
            return Verdict()  # a network with trouble: of this machine's as likely as of theirs
        return Verdict(f"answers {status}" if status in _GONE else "")

    def _followed(self, method: str, address: str, until: float) -> int:
        """Return the status at the end of the redirects. Raises _Refused, OSError, HTTPException."""
        for _ in range(_REDIRECTS + 1):
            status, target = self._once(method, address, until)
            if not _REDIRECT_FROM <= status < _REFUSED_FROM or not target:
                return status
            address = urljoin(address, target)
        raise _Refused(f"leads on and on ({_REDIRECTS} redirects and more)")

    def _once(self, method: str, address: str, until: float) -> tuple[int, str]:
        left = until - time.monotonic()
        if left <= 0:
            raise _Unsure
        parts = urlsplit(address)
        if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password:
            raise _Refused("leads to no address of the web" if parts.scheme not in _PORTS else "names no plain host")
        port = parts.port or _PORTS[parts.scheme]
        host = parts.hostname.encode("idna").decode()
        found = self._resolve(host, port)
        if not found or not all(map(self._is_allowed, found)):
            raise _Refused("leads into a network that is not public, and is not asked")
        connection = _Connection(host, port, found[0], self._tls if parts.scheme == "https" else None)
        timer = threading.Timer(left, connection.cut)
        timer.start()
        try:
            path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
                f"?{_query(parts.query)}" if parts.query else ""
            )
            connection.request(method, path, headers={"User-Agent": _agent(), "Accept": "*/*"})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location", "")
        finally:
            timer.cancel()
            connection.close()


def _query(query: str) -> str:
    return quote(query, safe="/%:@!$&'()*+,;=~-._?")


def _agent() -> str:
    return f"faq-lint/{version('faqkb')} (checks links of documentation; HEAD, one a host at a time)"


class _Connection(http.client.HTTPConnection):
    """A connection to one IP address that was judged, under the name that was asked for."""

    def __init__(self, host: str, port: int, ip: str, tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=_CONNECT_SECONDS)
        self._ip = ip
        self._context = tls
        self.default_port = port if port in _PORTS.values() else self.default_port

    def connect(self) -> None:
        """Connect to the address, whatever the name resolves to meanwhile."""
        self.sock = socket.create_connection((self._ip, self.port), _CONNECT_SECONDS)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End what takes too long, from another thread."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.sock.close()
