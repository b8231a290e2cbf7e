"""Who says something of an answer: enough to count it once a day and to know our own pages; no name, no address."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from flask import g, request

from faqkb.kb.feedback.once import Once
from faqkb.server.access.decision import Caller
from faqkb.server.answering.tokens import answer_tokens
from faqkb.server.http.client_address import shortened
from faqkb.server.limits import ANSWER_TOKEN_SECONDS
from faqkb.server.problems import FieldError, Refused


def once_a_day(deed: str, record_id: str | None) -> Once:
    """Return the name of what a client does to a record at most once a day (UTC)."""
    caller: Caller = g.caller
    day = datetime.now(UTC).date().isoformat()
    return Once(answer_tokens().digest(deed, caller.client, day, record_id or ""), body="")


def page_token(*, now: float | None = None) -> str:
    """Return what a form of our pages carries: proof that a page was opened from where the form comes from.

    Another site may get one, but for its own key or network: not for those of the reader whose browser it uses.
    """
    issued = str(int(time.time() if now is None else now))
    return f"{issued}.{answer_tokens().digest('page', _reader(), issued)}"


def check_page_token(token: str, *, otherwise: str, now: float | None = None) -> None:
    """Refuse a form that no page of ours sent, or one opened elsewhere or a day ago. Raises Refused (403).

    `otherwise` says how to do the same without the form.
    """
    issued, _, digest = token.partition(".")
    is_ours = issued.isascii() and issued.isdecimal() and len(issued) < 12
    if not is_ours or not answer_tokens().is_digest(digest, "page", _reader(), issued):
        raise _refused(f"This form is taken from the pages of this site alone; {otherwise}")
    if abs((time.time() if now is None else now) - int(issued)) > ANSWER_TOKEN_SECONDS:
        raise _refused("The page is older than a day; load it again.")


def refuse_other_sites(*, otherwise: str) -> None:
    """Refuse a form that another site sent, where the browser tells; the page token stands behind it.

    Sec-Fetch-Site comes with HTTPS and on this machine only. `Origin: null` is what our own pages send where it is
    missing, because their Referrer-Policy is no-referrer; so it is let through, as is another site's sandboxed frame.
    Raises Refused (403).
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        is_ours = site == "same-origin"
    else:
        origin = request.headers.get("Origin", "null")
        # Either scheme: behind a proxy that ends TLS the one here is not the one of the page.
        is_ours = origin in {"null", f"http://{request.host}", f"https://{request.host}"}
    if not is_ours:
        raise Refused(403, f"This form is taken from the pages of this site alone; {otherwise}")


def _reader() -> str:
    """Return the key that a request came with, else the network: a phone may change its address meanwhile."""
    caller: Caller = g.caller
    return caller.key.id if caller.key else shortened(caller.address)


def _refused(reason: str) -> Refused:
    return Refused(403, reason, [FieldError("page_token", reason)])
