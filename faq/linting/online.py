"""Following the links of FAQ files to the web: few at once, one a host at a time, each address once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urldefrag, urlsplit

from faqkb.faq.linting.web import Verdict, Web
from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.linting.links import web_addresses

_AT_ONCE = 6  # requests; as many as a browser has with one host
_SHOWN = 80  # characters of an address
_EXAMPLES = ("example.com", "example.org", "example.net", "localhost", ".example", ".test", ".invalid", ".localhost")


def dead_addresses(files: Sequence[Linted], web: Web, told: Callable[[int, int], None]) -> Iterator[Finding]:
    """Yield each address that does not answer, at each place; names reserved for examples (RFC 2606) are not asked.

    `told` hears how many addresses were asked, and of how many.
    """
    places: dict[str, list[tuple[str, int]]] = {}
    for linted in files:
        for address, line in web_addresses(linted):
            asked = urldefrag(address).url
            if not _is_example(asked):
                places.setdefault(asked, []).append((linted.name, line))
    asking = _Asking(web)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, (address, verdict) in enumerate(zip(places, pool.map(asking.verdict, places), strict=True), 1):
            told(done, len(places))
            for path, line in dict.fromkeys(places[address]) if verdict.problem else ():
                what = f"{address[:_SHOWN]} {verdict.problem}"
                yield Finding(path, line, "dead-address", what, "correct it, or take the link out")


class _Asking:
    """Asks a host one thing at a time."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._hosts: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def verdict(self, address: str) -> Verdict:
        """Return what became of an address."""
        with self._lock:
            turn = self._hosts[_host_of(address)]
        with turn:
            return self._web.verdict(address)


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_example(address: str) -> bool:
    host = _host_of(address)
    return not host or any(host == name.lstrip(".") or host.endswith(f".{name.lstrip('.')}") for name in _EXAMPLES)
