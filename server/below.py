"""Where the knowledge bases of one server lie: each below `/kb/NAME`, with all of its addresses."""

from __future__ import annotations

import re

from flask import current_app

_NAME = r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"
BASE_NAME = re.compile(_NAME)
"""What a knowledge base may be called: it stands in addresses, labels and logs as it is."""
BASE_NAME_TOLD = "1 to 32 small letters, digits and dashes, as in docs or town-library"
OWN_NAME = "OWN_BASE"
"""Setting of an application that is one of several: its name."""
_BELOW = re.compile(rf"/kb/({_NAME})(/.*)", re.DOTALL)


def split_path(path: str) -> tuple[str, str] | None:
    """Return the name and the rest of an address below `/kb/NAME/`; None for any other."""
    found = _BELOW.fullmatch(path)
    return None if found is None else (found[1], found[2])


def local_path(path: str) -> str:
    """Return an address as the application sees it that it is for: without `/kb/NAME`."""
    found = split_path(path)
    return path if found is None else found[1]


def mount(name: str) -> str:
    """Return what the addresses of a knowledge base begin with."""
    return f"/kb/{name}"


def own_name() -> str | None:
    """Return the name of the current application's knowledge base; None where it is the only one."""
    name: str | None = current_app.config.get(OWN_NAME)
    return name
