"""A reader's judgement of an answer, however it comes: which answer is meant, and what is kept of it."""

from __future__ import annotations

import logging
from typing import Annotated, cast

from flask import current_app, g, request
from pydantic import ConfigDict, Field

from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.errors import KbError, KeyReused
from faqkb.kb.feedback.events import REASONS, Event, Unanswered, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.once import Once
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.tokens import GivenAnswer, ReadToken, answer_tokens
from faqkb.server.feedback.readers import once_a_day
from faqkb.server.http.parsing import Strict
from faqkb.server.limits import ANSWER_TOKEN_CHARS
from faqkb.server.problems import FieldError, Refused

EXTENSION = "faq-feedback"
Tag = Annotated[str, Field(max_length=limits.TAG_CHARS)]
_log = logging.getLogger("faq.server")


class FeedbackBody(Strict):
    """Body of `POST /api/v1/feedback`: one of answer_token, or question and record_id."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["answer_token"]}, {"required": ["question", "record_id"]}]}
    )

    answer_token: str | None = Field(
        default=None, max_length=ANSWER_TOKEN_CHARS, description="Of the answer document that is judged."
    )
    question: str | None = Field(
        default=None, max_length=limits.FEEDBACK_QUESTION_CHARS, description="What was asked, where there is no token."
    )
    record_id: str | None = Field(
        default=None,
        description="With a token: which of the records shown is meant, the first when none is named.",
    )
    helpful: bool = Field(description="The judgement.")
    tags: list[Tag] = Field(
        default=[], max_length=limits.TAGS_MAX, description="Reasons, such as `outdated`, `incomplete`, `wrong`."
    )
    note: str | None = Field(default=None, max_length=limits.NOTE_CHARS, description="The reader's own words.")


def judged(body: FeedbackBody) -> ReadToken:
    """Return the answer that is judged. Raises Refused (422)."""
    if body.answer_token is not None:
        token = answer_tokens().read(body.answer_token)
        if body.record_id is not None and body.record_id not in token.given.record_ids:
            raise wrong_record("This record was not shown with that answer; send question and record_id alone.")
        return token
    if body.question is None or body.record_id is None:
        missing = "Send answer_token, or both question and record_id."
        raise Refused(422, f"It is not said which answer is meant. {missing}", [FieldError("answer_token", missing)])
    with leased_knowledge() as knowledge:
        meant = knowledge.resolve(body.record_id)
        if meant is None:
            raise wrong_record("No record has this id; GET /api/v1/records lists them.")
    given = GivenAnswer(knowledge.name, Status.ANSWERED, (meant.id,), body.question)
    return ReadToken(given, id=once_a_day("vote", meant.id).key)


def wrong_record(reason: str) -> Refused:
    """Return the refusal of a record that cannot be judged."""
    return Refused(422, f"The record cannot be judged. {reason}", [FieldError("record_id", reason)])


def record_event(event: Event, *onces: Once) -> bool:
    """Keep an event; returns whether it is new. Raises Refused (503) where the disk refuses, KeyReused."""
    try:
        return feedback_store().record(event, *onces)
    except KeyReused:
        raise
    except KbError as error:
        _log.error("request %s: feedback is lost: %s", g.request_id, error)
        raise Refused(503, "The feedback could not be stored; try again later.") from error


def event_of(body: FeedbackBody, token: ReadToken) -> Event:
    """Return what is kept of a judgement: a vote, or a question that found no answer."""
    given = token.given
    # Without a token the record is the one judged: `body` may name it by an id that it had before.
    record_id = body.record_id if body.answer_token is not None else given.record_ids[0]
    if record_id is None and given.status is Status.ANSWERED:
        record_id = given.record_ids[0]
    private = asks_for_privacy()
    question = None if private else given.question or None
    note = None if private else body.note or None
    tags = tuple(tag for tag in body.tags if tag in REASONS or not private)
    if record_id is None and not body.helpful:
        return Unanswered(question, given.status.value, tags, note, given.snapshot, token.id or None)
    is_first = record_id is not None and record_id == given.record_ids[0]
    confidence = given.confidence if is_first else None
    return Vote(record_id, body.helpful, tags, note, question, given.snapshot, token.id or None, confidence=confidence)


def asks_for_privacy() -> bool:
    """Return whether the browser says Do Not Track or Global Privacy Control: a vote counts, words are not kept."""
    return request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1"


def feedback_store() -> FeedbackStore:
    """Return the feedback of the current application."""
    return cast(FeedbackStore, current_app.extensions[EXTENSION])
