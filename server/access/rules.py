"""Who may what: one table from the beginning of an address to what it needs.

An address of the application that the table does not know needs an admin key, and
`tests/server/access/test_access.py` names it. The path is the one that routes are matched by, decoded once, so that no
other spelling of it leads to the same view.
"""

from __future__ import annotations

from faqkb.kb.keys.values import Scope

# The longest entry that fits decides; one with a slash or dash at its end covers what begins so, one without covers
# itself and all below.
_RULES: dict[str, Scope | None] = {
    "/healthz": None,  # load balancers and service managers have no key
    "/readyz": None,
    "/static/": None,  # our own files, the same for everybody; the page that says 401 needs its style sheet
    "/brand/": None,  # the operator's logo and colours, on that page too
    "/": Scope.READ,
    "/q/": Scope.READ,
    "/topics/": Scope.READ,
    "/checks/": Scope.READ,
    "/pictures/": Scope.READ,
    "/feedback": Scope.FEEDBACK,
    "/api/v1/": Scope.READ,
    "/api/v1/feedback": Scope.FEEDBACK,
    "/api/v1/clicks": Scope.FEEDBACK,
    "/v1/": Scope.READ,
    "/language/": Scope.READ,
    "/qnamaker/": Scope.READ,
    "/mcp": Scope.READ,
    "/mcp/.well-known/": None,
    "/.well-known/oauth-": None,  # says that there is no server to get a token from, before a client has a key
    "/.well-known/openid-configuration": None,
    "/openapi.json": Scope.READ,
    "/docs": Scope.READ,
    "/widget.js": Scope.READ,
    "/widget.json": Scope.READ,
    "/widget.css": Scope.READ,
    "/opensearch.xml": Scope.READ,
    "/robots.txt": Scope.READ,
    "/sitemap.xml": Scope.READ,
    "/feed.xml": Scope.READ,
    "/llms.txt": Scope.READ,
    "/sitemap-": Scope.READ,
    "/metrics": Scope.ADMIN,
    "/admin": Scope.ADMIN,
}
_EXACT = "/"  # of which all below would be everything


def scope_of(path: str) -> Scope | None:
    """Return what an address of the application needs: None nothing, admin where the table says nothing."""
    entry = _entry(path)
    return Scope.ADMIN if entry is None else _RULES[entry]


def is_known(path: str) -> bool:
    """Return whether the table says anything of an address."""
    return _entry(path) is not None


def _entry(path: str) -> str | None:
    fitting = (entry for entry in _RULES if _fits(entry, path))
    return max(fitting, key=len, default=None)


def _fits(entry: str, path: str) -> bool:
    if path == entry:
        return True
    return entry != _EXACT and path.startswith(entry if entry.endswith(("/", "-")) else f"{entry}/")
