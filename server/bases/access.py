"""Who may ask what stands for several knowledge bases; each base decides about its own addresses."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request

from faqkb.kb.keys.values import KEY_START, Scope
from faqkb.server.access.credentials import sent_keys
from faqkb.server.access.decision import (
    BAD_KEY,
    NEEDS_KEY,
    NO_SCOPE,
    TOO_MANY,
    Caller,
    dress_reply,
    is_preflight,
    refuse_other_host,
)
from faqkb.server.access.rules import scope_of
from faqkb.server.bases.base import Base, Bases
from faqkb.server.below import split_path
from faqkb.server.http.client_address import client_address
from faqkb.server.problems import Refused

EXTENSION = "faq-bases"
_FROM_EACH = ("several.ask", "several.search")  # counted by each base that they ask


def the_bases() -> Bases:
    """Return the knowledge bases of the current application."""
    bases: Bases = current_app.extensions[EXTENSION]
    return bases


def readable_bases() -> list[Base]:
    """Return the knowledge bases that the current client may read, closed ones too. Raises Refused (401)."""
    sent = sent_keys(request.headers)
    found = [base for base in the_bases() if base.lets(sent, Scope.READ)]
    if not found:
        raise Refused(401, _refusal(sent))
    return found


def maintained_bases() -> list[Base]:
    """Return the open bases whose figures the current client may see. Raises Refused (401, 403)."""
    sent = sent_keys(request.headers)
    found = [base for base in the_bases() if base.app is not None and base.lets(sent, Scope.ADMIN)]
    if not found and any(base.key_of(sent) for base in the_bases()):
        raise Refused(403, NO_SCOPE.format(scope=Scope.ADMIN.value))
    if not found:
        raise Refused(401, _refusal(sent))
    return found


def install_access(app: Flask, bases: Bases) -> None:
    """Ask every request for what it needs; to be called after `install_security`, so as to come second."""
    app.extensions[EXTENSION] = bases
    app.before_request(_admit)
    app.after_request(dress_reply)
    app.after_request(_count_unasked)  # before that one, which says what is left


def _admit() -> None:
    bases, access = the_bases(), the_bases().settings.access
    caller = g.caller = Caller(client_address(request.environ, access.behind_proxy))
    is_open = request.url_rule is not None and scope_of(request.path) is None
    if is_open or is_preflight() or request.endpoint == "several_lead.to_base":
        return
    sent = sent_keys(request.headers)
    if any(base.needs_no_key(Scope.READ) for base in bases):
        refuse_other_host(access)
    caller.was_key_needed = not all(base.needs_no_key(Scope.READ) for base in bases)
    is_let_in = _is_any_known(sent) and any(base.lets(sent, Scope.READ) for base in bases)
    g.is_uncounted = is_let_in and _asks_each()
    if not g.is_uncounted:
        _charge(caller, sent)
    if not _is_any_known(sent):
        raise Refused(401, BAD_KEY)
    below = split_path(request.path)
    if below is not None:
        _refuse_below(below[0], sent)


def _count_unasked(response: Response) -> Response:
    """Count a question that is refused before any base is asked: a body that is none costs work too."""
    if not g.get("is_uncounted") or "limits" in g or not 400 <= response.status_code < 500:
        return response
    try:
        _charge(g.caller, sent_keys(request.headers))
    except Refused as refused:
        return current_app.make_response(current_app.handle_user_exception(refused))
    return response


def _asks_each() -> bool:
    """Return whether the request is a question, which every base counts that is asked it."""
    is_asked_page = request.endpoint == "pages.search" and bool(request.args.get("q", "").strip())
    return request.endpoint in _FROM_EACH or is_asked_page


def _charge(caller: Caller, sent: frozenset[str]) -> None:
    """Count a request by the key, in the base that it is of, else by the address. Raises Refused (429)."""
    for base in the_bases():
        known = base.key_of(sent)
        if known is not None and base.control is not None:
            caller.key = known[1]
            base.control.charge(caller)
            return
    rate = the_bases().settings.access.address_rate
    if rate:
        allowance = the_bases().limiter.take(caller.client, rate)
        caller.allowances = (allowance,)
        if allowance.is_refused:
            raise Refused(429, TOO_MANY)


def _is_any_known(sent: frozenset[str]) -> bool:
    """Return whether the keys sent are none of ours, or one is known: a wrong key is told, as a base alone tells it."""
    ours = [text for text in sent if text.startswith(KEY_START)]
    has_keys = any(base.ring is not None and base.ring.has_keys for base in the_bases())
    return not (ours and has_keys) or any(base.key_of(sent) for base in the_bases())


def _refuse_below(name: str, sent: frozenset[str]) -> None:
    """Refuse what is below `/kb/NAME` where no application of that name is asked. Raises Refused.

    Where a base wants a key, a name that there is not is refused like that base's: who may not read it does not hear
    that it is here.
    """
    base = the_bases().by_name.get(name)
    if base is not None and base.is_known_to(sent):
        raise Refused(503, f"The knowledge base {name} cannot be opened: {base.failure}. The others are not touched.")
    if any(not each.needs_no_key(Scope.READ) for each in the_bases()):
        raise Refused(401, _refusal(sent))
    raise Refused(404, f"There is no knowledge base of this name; {request.script_root}/ lists those there are.")


def _refusal(sent: frozenset[str]) -> str:
    return BAD_KEY if sent else NEEDS_KEY
