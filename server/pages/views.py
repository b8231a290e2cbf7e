"""The pages: search, and one address for every answer.

They work without JavaScript; `static/search.js` adds answers while the reader types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Hit, Reason
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.conversations import answer_alone
from faqkb.server.answering.follow_ups import related_hits
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.tokens import answer_token, record_token
from faqkb.server.answering.topics import Question, Topic, question_of, topic_address, topics_of, translations_of
from faqkb.server.feedback.most_asked import most_asked_ids
from faqkb.server.limits import LISTED_QUESTIONS, MOST_ASKED, NEAREST_QUESTIONS, QUESTION_UNITS, SEARCH_LIMIT
from faqkb.server.noted import note_answer
from faqkb.server.pages.languages import keep_language, language_links
from faqkb.server.pages.live import live_settings
from faqkb.server.pages.pictures import with_pictures
from faqkb.server.wording.texts import Wording
from faqkb.server.workers.asking import find_hits

pages = Blueprint("pages", __name__)
pages.app_url_defaults(keep_language)
pages.app_template_global()(language_links)


@dataclass(frozen=True, slots=True)
class Listing:
    """The stored questions, as the start page lists them."""

    most_asked: tuple[Question, ...]
    own: tuple[Topic, ...]
    """Those in the reader's language; all of them where none is."""
    others: tuple[Topic, ...]
    unlisted: int
    """How many are stored beyond those listed."""


@pages.get("/")
def search() -> Response:
    """Show the search box; with a question its answer, without one what is stored."""
    words = wording()
    question = request.args.get("q", "").strip()
    with leased_knowledge() as knowledge:
        charge_work((), question)
        reply = answer_alone(knowledge, question) if question else None
        listing = None if question else _listing(knowledge, words)
    if reply:
        note_answer(reply, "page")
    return page_reply(
        knowledge,
        words,
        "search.html",
        question=question,
        answer=reply,
        related=related_hits(reply) if reply else (),
        token=answer_token(reply) if reply and not _says_nothing(reply) else None,
        listing=listing,
    )


@pages.get("/q/<path:record_id>")
def answer(record_id: str) -> Response:
    """Show one stored question with its answer, at an address that lasts."""
    with leased_knowledge() as knowledge:
        record = knowledge.resolve(record_id)
        if record is None:
            raise NotFound
        if record.id != record_id:  # an address lasts, whatever the question is called by now
            now = url_for("pages.answer", record_id=record.id, q=request.args.get("q"))
            return make_response(redirect(now, 301))
        checks = knowledge.checks_of(record)
        nearest = _nearest(knowledge, record)
        translations = translations_of(knowledge, record)
        asked = _hit_of(knowledge, record, request.args.get("q", "").strip())
    address = url_for("pages.answer", record_id=record.id, lang=None, _external=True)
    return page_reply(
        knowledge,
        wording(),
        "answer.html",
        record=record,
        asked=asked,
        asked_question=request.args.get("q", "").strip(),
        checks=checks,
        nearest=nearest,
        topic=topic_address(record),
        translations=translations,
        token=record_token(record.id, knowledge.name),
        address=address,
        structured=_structured_data(record, address),
        question="",
    )


@pages.get("/topics/<path:address>")
def topic(address: str) -> Response:
    """List the questions under one heading."""
    with leased_knowledge() as knowledge:
        found = topics_of(knowledge).get(address)
    if found is None:
        raise NotFound
    canonical = url_for("pages.topic", address=address, lang=None, _external=True)
    return page_reply(knowledge, wording(), "topic.html", topic=found, address=canonical, question="")


@pages.get("/feedback")
def thanks() -> Response:
    """Thank for feedback, and lead back to the question or the record it was about."""
    question, record_id = request.args.get("q", ""), request.args.get("record", "")
    back = url_for("pages.search", q=question or None)
    if record_id:
        back = url_for("pages.answer", record_id=record_id)
    with leased_knowledge() as knowledge:
        return page_reply(knowledge, wording(), "thanks.html", back=back)


def page_reply(knowledge: KnowledgeBase, words: Wording, template: str, **context: object) -> Response:
    """Return a page, with what every one of them shows."""
    box = {"question_units": QUESTION_UNITS, "live": live_settings(words)}
    stored = {"record_count": knowledge.record_count, "published": datetime.fromisoformat(knowledge.created)}
    response = make_response(render_template(template, words=words, **box, **stored, **context))
    response.headers["Content-Language"] = words.language
    response.vary.add("Accept-Language")
    return response


def _says_nothing(reply: Answer) -> bool:
    """Return whether the question holds nothing that is asked, so that there is nothing to tell the maintainer."""
    return reply.no_answer is not None and reply.no_answer.reason in {Reason.EMPTY_QUESTION, Reason.SMALL_TALK}


def _hit_of(knowledge: KnowledgeBase, record: Record, question: str) -> Hit | None:
    """Return how a record answers the question that led to it; None where none did, or another record does better."""
    found = find_hits(knowledge, question, limit=SEARCH_LIMIT) if question else ()
    return next((hit for hit in found if hit.record.id == record.id), None)


def _nearest(knowledge: KnowledgeBase, record: Record) -> list[Record]:
    """Return the records in the same language whose questions come nearest to a record's."""
    _, ranked = knowledge.ask_ranked(record.question[: limits.QUERY_CHARS], top_k=1)  # one hit filled in, not twenty
    found = (knowledge.record_at(scored.position) for scored in ranked[: limits.TOP_K_MAX])
    near = (other for other in found if other.id != record.id and other.language == record.language)
    return list(islice(near, NEAREST_QUESTIONS))


def _listing(knowledge: KnowledgeBase, words: Wording) -> Listing:
    topics = list(topics_of(knowledge).values())
    own = [topic for topic in topics if topic.language == words.language_code]
    others = [topic for topic in topics if topic.language != words.language_code] if own else []
    shown_own, left = _cut(own or topics, LISTED_QUESTIONS)
    shown_others, left = _cut(others, left)
    listed = sum(len(topic.questions) for topic in [*shown_own, *shown_others])
    return Listing(_most_asked(knowledge, words), shown_own, shown_others, knowledge.record_count - listed)


def _cut(topics: Sequence[Topic], most: int) -> tuple[tuple[Topic, ...], int]:
    """Return topics with at most so many questions in all, and how many more there may be."""
    shown = []
    for topic in topics:
        if most <= 0:
            break
        shown.append(replace(topic, questions=topic.questions[:most]))
        most -= len(topic.questions)
    return tuple(shown), max(most, 0)


def _most_asked(knowledge: KnowledgeBase, words: Wording) -> tuple[Question, ...]:
    """Return what readers open and find helpful most often, in the reader's language."""
    found = (question_of(knowledge, record_id) for record_id in most_asked_ids())
    return tuple(islice((each for each in found if each and each.language == words.language_code), MOST_ASKED))


def _structured_data(record: Record, address: str) -> dict[str, object]:
    """Return the page as schema.org FAQPage, for readers that are programs."""
    answer = {"@type": "Answer", "text": with_pictures(record.answer_html, external=True), "url": address}
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "@id": address,
        "inLanguage": record.language,
        "mainEntity": [
            {
                "@type": "Question",
                "name": record.question,
                "acceptedAnswer": answer,
            }
        ],
    }
