"""Feedback on answers, from the forms of the pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Request, Response, make_response, redirect, request, url_for

from faqkb.server.answering.tokens import GivenAnswer
from faqkb.server.feedback.judging import FeedbackBody, event_of, judged, record_event
from faqkb.server.feedback.readers import check_page_token, page_token, refuse_other_sites
from faqkb.server.http.parsing import given_once, validated
from faqkb.server.limits import THANKED_QUESTION_BYTES
from faqkb.server.problems import FieldError, Refused

_OTHERWISE = "programs POST /api/v1/feedback."
feedback_form = Blueprint("feedback_form", __name__)
feedback_form.add_app_template_global(page_token)


@feedback_form.post("/feedback")
def take_form() -> Response:
    """Record the same from a page without JavaScript, and lead to a page that thanks: reloading it sends nothing."""
    refuse_other_sites(otherwise=_OTHERWISE)
    body, page = _read_form(request)
    check_page_token(page, otherwise=_OTHERWISE)
    token = judged(body)
    record_event(event_of(body, token))
    return make_response(redirect(_thanks_address(token.given), 303))


def _read_form(request: Request) -> tuple[FeedbackBody, str]:
    """Return the form of the pages as the body that programs send, and its page token.

    Raises Refused: 415 not a form, 422 wrong fields.
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        raise Refused(415, "This address takes the form of the pages; programs POST JSON to /api/v1/feedback.")
    given = request.form.to_dict(flat=False)
    tags = given.pop("tags", [])
    values: dict[str, Any] = dict(given_once(given))
    page = str(values.pop("page_token", ""))
    if "answer_token" not in values:
        missing = "Send the answer_token of the page."
        raise Refused(422, f"It is not said which answer is meant. {missing}", [FieldError("answer_token", missing)])
    if "helpful" in values:
        values["helpful"] = {"yes": True, "no": False}.get(values["helpful"], values["helpful"])
    # Browsers send each line break as two characters, and count it as one against maxlength.
    values["note"] = values.get("note", "").replace("\r\n", "\n").strip() or None
    return validated(FeedbackBody, values | {"tags": tags}), page


def _thanks_address(given: GivenAnswer) -> str:
    """Return the page that thanks, which knows the way back: to the question, else to the record."""
    if given.question and len(given.question.encode()) <= THANKED_QUESTION_BYTES:
        return url_for("pages.thanks", q=given.question)
    return url_for("pages.thanks", record=given.record_ids[0] if given.record_ids and not given.question else None)
