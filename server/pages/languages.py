"""The languages of the pages: a page leads to others in the reader's own, and to itself in every one there is."""

from __future__ import annotations

from flask import request, url_for

from faqkb.server.answering.catalogues import LANGUAGE_PARAMETER, chosen_language
from faqkb.server.wording.spoken import WORDINGS
from faqkb.server.wording.texts import Wording

_KEPT_PARAMETERS = ("q", "after", "record", "days")  # when the reader changes the language
_PAGES = ("pages.", "admin.", "admin_history.")
_SPEAKING = frozenset({"feedback_form.take_form", "docs.docs"})  # beside the pages, in the reader's language


def keep_language(endpoint: str, values: dict[str, object]) -> None:
    """Let the pages that a page leads to speak the language that its address asks for."""
    chosen = chosen_language() if endpoint in _SPEAKING or endpoint.startswith(_PAGES) else None
    if chosen:
        values.setdefault(LANGUAGE_PARAMETER, chosen)


def language_links() -> list[tuple[Wording, str]]:
    """Return the current page's address in each language; none where it is no page."""
    if not (request.endpoint or "").startswith((*_PAGES, "docs.docs")):
        return []
    # No other parameters: `_external` and `endpoint` mean something to url_for.
    given = request.args.to_dict(flat=False)
    kept = {name: given[name] for name in _KEPT_PARAMETERS if name in given} | (request.view_args or {})
    addresses = (url_for(str(request.endpoint), **(kept | {LANGUAGE_PARAMETER: code})) for code in WORDINGS)
    return list(zip(WORDINGS.values(), addresses, strict=True))
