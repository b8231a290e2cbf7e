"""Feedback on answers, as programs send it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from flask_openapi3 import APIBlueprint

from faqkb.kb.feedback.events import Click
from faqkb.kb.feedback.once import Once
from faqkb.server.access.idempotency import done_once
from faqkb.server.answering.tokens import answer_tokens
from faqkb.server.api.bodies import ClickBody
from faqkb.server.api.operations import OPERATIONS
from faqkb.server.feedback.check_runs import CheckRunBody, keep_run, run_store, sent_run
from faqkb.server.feedback.judging import (
    FeedbackBody,
    asks_for_privacy,
    event_of,
    feedback_store,
    judged,
    record_event,
    wrong_record,
)
from faqkb.server.feedback.readers import once_a_day
from faqkb.server.http.parsing import parsed
from faqkb.server.protocol import documented

feedback = APIBlueprint("feedback", __name__)


@feedback.post("/api/v1/feedback", **documented(OPERATIONS, "give_feedback"))
@parsed
def take_feedback(body: FeedbackBody) -> Response:
    """Record a vote, or a question that found no answer.

    Another site's page cannot send this unasked: JSON needs leave by CORS first.
    """
    return done_once(body, feedback_store(), lambda *once: record_event(event_of(body, judged(body)), *once))


@feedback.post("/api/v1/clicks", **documented(OPERATIONS, "give_click"))
@parsed
def take_click(body: ClickBody) -> Response:
    """Record that a reader opened one of the records shown."""
    return done_once(body, feedback_store(), lambda *once: _record_click(body, once))


@feedback.post("/api/v1/check-runs", **documented(OPERATIONS, "give_check_run"))
@parsed
def take_check_run(body: CheckRunBody) -> Response:
    """Keep how a check ended on a reader's machine."""
    return done_once(body, run_store(), lambda *once: _record_run(body, once))


def _record_run(body: CheckRunBody, once: Sequence[Once]) -> bool:
    """Keep a result, the same one of a client once a day; returns whether it is new as a write."""
    run = sent_run(body)
    keep_run(run, *once, once_a_day("check run", body.model_dump_json()))
    return True


def _record_click(body: ClickBody, once: Sequence[Once]) -> bool:
    """Keep a click, the first one of a client on a record in a day; returns whether it is new as a write."""
    record_event(_clicked(body), *once, once_a_day("click", body.record_id))
    return True


def _clicked(body: ClickBody) -> Click:
    given = answer_tokens().read(body.answer_token).given
    if body.record_id not in given.record_ids:
        raise wrong_record("This record was not shown with that answer.")
    question = None if asks_for_privacy() else given.question or None
    return Click(body.record_id, question, given.snapshot)
