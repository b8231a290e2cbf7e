"""Feedback on answers: from programs as JSON, from pages as a form."""

from __future__ import annotations

import logging
import threading
import time
from typing import cast

from flask import Response, current_app, g, make_response, redirect, request, url_for
from flask_openapi3 import APIBlueprint

from faqkb.kb.answers import Status
from faqkb.kb.errors import KbError, KeyReused
from faqkb.kb.feedback.events import REASONS, Click, Event, Unanswered, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.once import Once
from faqkb.server.access.idempotency import done_once
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.tokens import GivenAnswer, ReadToken, answer_tokens
from faqkb.server.api.operations import documented
from faqkb.server.http.parsing import ClickBody, FeedbackBody, parsed, read_feedback_form
from faqkb.server.limits import MOST_ASKED_FROM, MOST_ASKED_SECONDS, THANKED_QUESTION_BYTES
from faqkb.server.problems import FieldError, Refused

EXTENSION = "faq-feedback"
MOST_ASKED_EXTENSION = "faq-most-asked"
feedback = APIBlueprint("feedback", __name__)
_log = logging.getLogger("faq.server")


@feedback.post("/api/v1/feedback", **documented("give_feedback"))
@parsed
def take_feedback(body: FeedbackBody) -> Response:
    """Record a vote, or a question that found no answer.

    Another site's page cannot send this unasked: JSON needs leave by CORS first.
    """
    return done_once(body, _store_of_application(), lambda once: _record(_event(body, _judged(body)), once))


@feedback.post("/api/v1/clicks", **documented("give_click"))
@parsed
def take_click(body: ClickBody) -> Response:
    """Record that a reader opened one of the records shown."""
    return done_once(body, _store_of_application(), lambda once: _record(_clicked(body), once))


def _clicked(body: ClickBody) -> Click:
    given = answer_tokens().read(body.answer_token).given
    if body.record_id not in given.record_ids:
        raise _wrong_record("This record was not shown with that answer.")
    question = None if _asks_for_privacy() else given.question or None
    return Click(body.record_id, question, given.snapshot)


@feedback.post("/feedback", doc_ui=False)
def take_form() -> Response:
    """Record the same from a page without JavaScript, and lead to a page that thanks: reloading it sends nothing."""
    _refuse_other_sites()
    body = read_feedback_form(request)
    judged = _judged(body)
    _record(_event(body, judged))
    return make_response(redirect(_thanks_address(judged.given), 303))


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


def _judged(body: FeedbackBody) -> ReadToken:
    """Return the answer that is judged. Raises Refused (422)."""
    if body.answer_token is not None:
        token = answer_tokens().read(body.answer_token)
        if body.record_id is not None and body.record_id not in token.given.record_ids:
            raise _wrong_record("This record was not shown with that answer; send question and record_id alone.")
        return token
    if body.question is None or body.record_id is None:
        missing = "Send answer_token, or both question and record_id."
        raise Refused(422, f"It is not said which answer is meant. {missing}", [FieldError("answer_token", missing)])
    with leased_knowledge() as knowledge:
        if knowledge.record(body.record_id) is None:
            raise _wrong_record("No record has this id; GET /api/v1/records lists them.")
    given = GivenAnswer(knowledge.name, Status.ANSWERED, (body.record_id,), body.question)
    return ReadToken(given, id="")


def _wrong_record(reason: str) -> Refused:
    return Refused(422, f"The record cannot be judged. {reason}", [FieldError("record_id", reason)])


def _record(event: Event, once: Once | None = None) -> bool:
    """Keep an event; returns whether it is new. Raises Refused (503) where the disk refuses, KeyReused."""
    try:
        return _store_of_application().record(event, once)
    except KeyReused:
        raise
    except KbError as error:
        _log.error("request %s: feedback is lost: %s", g.request_id, error)
        raise Refused(503, "The feedback could not be stored; try again later.") from error


def _event(body: FeedbackBody, judged: ReadToken) -> Event:
    given = judged.given
    record_id = body.record_id
    if record_id is None and given.status is Status.ANSWERED:
        record_id = given.record_ids[0]
    private = _asks_for_privacy()
    question = None if private else given.question or None
    note = None if private else body.note or None
    tags = tuple(tag for tag in body.tags if tag in REASONS or not private)
    if record_id is None and not body.helpful:
        return Unanswered(question, given.status.value, tags, note, given.snapshot, judged.id or None)
    return Vote(record_id, body.helpful, tags, note, question, given.snapshot, judged.id or None)


def _asks_for_privacy() -> bool:
    """Return whether the browser says Do Not Track or Global Privacy Control: a vote counts, words are not kept."""
    return request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1"


class MostAsked:
    """What readers open and find helpful most often, counted anew once a minute."""

    def __init__(self, store: FeedbackStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._counted: tuple[str, ...] = ()
        self._until = 0.0

    def record_ids(self) -> tuple[str, ...]:
        """Return ids, most asked first; none where the feedback cannot be read, which the start page can do without."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._until = time.monotonic() + MOST_ASKED_SECONDS
                try:
                    self._counted = self._store.most_asked(at_least=MOST_ASKED_FROM)
                except KbError as error:
                    _log.warning("what is asked most is not known: %s", error)
                    self._counted = ()
            return self._counted


def most_asked_ids() -> tuple[str, ...]:
    """Return what the readers of the current application ask most, as record ids."""
    return cast(MostAsked, current_app.extensions[MOST_ASKED_EXTENSION]).record_ids()


def _store_of_application() -> FeedbackStore:
    return cast(FeedbackStore, current_app.extensions[EXTENSION])


def _thanks_address(given: GivenAnswer) -> str:
    """Return the page that thanks, which knows the way back: to the question, else to the record."""
    if given.question and len(given.question.encode()) <= THANKED_QUESTION_BYTES:
        return url_for("pages.thanks", q=given.question)
    return url_for("pages.thanks", record=given.record_ids[0] if given.record_ids and not given.question else None)
