"""Leads every request to the knowledge base that its address names, or to what stands for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.datastructures import EnvironHeaders

from faqkb.server.access.credentials import sent_keys
from faqkb.server.bases.base import Base, Bases
from faqkb.server.below import mount, split_path
from faqkb.server.http.client_address import client_address, client_of

_Environ = dict[str, Any]
_Application = Callable[[_Environ, Any], Iterable[bytes]]


class Mount:
    """The one application that the listener knows."""

    def __init__(self, bases: Bases, root: _Application) -> None:
        """Take the knowledge bases, and what answers all that is below none of them.

        That one also answers for a base that is closed, that there is not, or that the client may not know of: what it
        says to the last two is the same by that.
        """
        self._bases = bases
        self._root = root

    def __call__(self, environ: _Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        found = split_path(environ["PATH_INFO"])
        base = None if found is None else self._base_for(found[0], environ)
        if found is None or base is None or base.app is None:
            return self._root(environ, start_response)
        at = environ.get("SCRIPT_NAME", "") + mount(found[0])
        return base.app(environ | {"SCRIPT_NAME": at, "PATH_INFO": found[1]}, start_response)

    def name_of_client(self, environ: _Environ) -> str:
        """Return whose a request is, by which work is shared out: one client, whichever bases it asks."""
        sent = sent_keys(EnvironHeaders(environ))
        found = split_path(environ["PATH_INFO"])
        asked = list(self._bases) if found is None else [self._bases.by_name.get(found[0])]
        known = (base.key_of(sent) for base in asked if base is not None) if sent else ()
        key = next((each[1] for each in known if each is not None), None)
        address = client_address(environ, self._bases.settings.access.behind_proxy)
        return client_of(address) if key is None else key.id

    def _base_for(self, name: str, environ: _Environ) -> Base | None:
        """Return the base to ask; None where the client may not know of one."""
        if environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            # A browser asks without the key what it may send; the reply depends on the address alone, and comes from
            # the same base whichever is named, so that it does not tell which there are.
            return next((base for base in self._bases if base.app is not None), None)
        base = self._bases.by_name.get(name)
        return base if base is not None and base.is_known_to(sent_keys(EnvironHeaders(environ))) else None
