"""Feedback on answers, from the forms of the pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Request, Response, make_response, redirect, request, url_for

from faqkb.server.answering.tokens import GivenAnswer
from faqkb.server.feedback.judging import FeedbackBody, event_of, judged, record_event
from faqkb.server.http.parsing import given_once, validated
from faqkb.server.limits import THANKED_QUESTION_BYTES
from faqkb.server.problems import Refused

feedback_form = Blueprint("feedback_form", __name__)


@feedback_form.post("/feedback")
def take_form() -> Response:
    """Record the same from a page without JavaScript, and lead to a page that thanks: reloading it sends nothing."""
    _refuse_other_sites()
    body = _read_form(request)
    token = judged(body)
    record_event(event_of(body, token))
    return make_response(redirect(_thanks_address(token.given), 303))


def _read_form(request: Request) -> FeedbackBody:
    """Return the form of the pages as the body that programs send. Raises Refused: 415 not a form, 422 wrong fields."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise Refused(415, "This address takes the form of the pages; programs POST JSON to /api/v1/feedback.")
    given = request.form.to_dict(flat=False)
    tags = given.pop("tags", [])
    values: dict[str, Any] = dict(given_once(given))
    if "helpful" in values:
        values["helpful"] = {"yes": True, "no": False}.get(values["helpful"], values["helpful"])
    # Browsers send each line break as two characters, and count it as one against maxlength.
    values["note"] = values.get("note", "").replace("\r\n", "\n").strip() or None
    return validated(FeedbackBody, values | {"tags": tags})


def _refuse_other_sites() -> None:
    """Refuse a form that another site sent.

    There is no CSRF token: no cookie exists that another site could make a browser use, and where a browser holds a key
    (HTTP Basic), a form still needs an answer token, which another site cannot read out of our pages. What is left is
    that a visitor's browser might vote for a site that got a token itself, and browsers tell that.

    Sec-Fetch-Site comes with HTTPS and on this machine only. `Origin: null` is what our own pages send where it is
    missing, because their Referrer-Policy is no-referrer; so it is let through.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        is_ours = site == "same-origin"
    else:
        origin = request.headers.get("Origin", "null")
        # Either scheme: behind a proxy that ends TLS the one here is not the one of the page.
        is_ours = origin in {"null", f"http://{request.host}", f"https://{request.host}"}
    if not is_ours:
        raise Refused(403, "This form is taken from the pages of this site alone; programs POST /api/v1/feedback.")


def _thanks_address(given: GivenAnswer) -> str:
    """Return the page that thanks, which knows the way back: to the question, else to the record."""
    if given.question and len(given.question.encode()) <= THANKED_QUESTION_BYTES:
        return url_for("pages.thanks", q=given.question)
    return url_for("pages.thanks", record=given.record_ids[0] if given.record_ids and not given.question else None)
