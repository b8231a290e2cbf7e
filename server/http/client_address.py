"""Who asks: the address at the other end, or the one that a trusted proxy tells."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
_V6_CLIENT_BITS = 64  # one customer has at least that many addresses (RFC 6177), and may use another for each request
_SHORT_V4_BITS, _SHORT_V6_BITS = 24, 48  # what an audit log keeps: a network, not a person
# What a proxy says of itself or of whom it asks for, some of it alone; with X-Forwarded-… of any kind.
_FORWARDING = frozenset(
    {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP", "HTTP_TRUE_CLIENT_IP"}
)
_FORWARDED = "HTTP_X_FORWARDED_"


def client_address(environ: dict[str, Any], proxies: int) -> Address | None:
    """Return the address of the client, None where the server cannot tell.

    With `proxies` in front, each has added the address it was asked from at the end of X-Forwarded-For, so the client
    is the last but so many: all before that was sent by the client, and is not believed. Without, none of it is.
    """
    peer = str(environ.get("REMOTE_ADDR", ""))
    if proxies:
        told = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        if len(told) >= proxies:
            return _parsed(told[-proxies].strip()) or _parsed(peer)
    return _parsed(peer)


def was_forwarded(environ: dict[str, Any]) -> bool:
    """Return whether a proxy says that it passed the request on."""
    return any(name in _FORWARDING or name.startswith(_FORWARDED) for name in environ)


def client_of(address: Address | None) -> str:
    """Return what requests are counted by: an IPv4 address, the /64 of an IPv6 one."""
    return _network(address, 32, _V6_CLIENT_BITS)


def shortened(address: Address | None) -> str:
    """Return the network an address is in: /24, of IPv6 /48."""
    return _network(address, _SHORT_V4_BITS, _SHORT_V6_BITS)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=8192)
def _network(address: Address | None, v4_bits: int, v6_bits: int) -> str:
    if address is None:
        return "unknown"
    return str(ip_network((address, v4_bits if address.version == 4 else v6_bits), strict=False))
