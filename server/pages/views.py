"""The pages: search, and one address for every answer.

They work without JavaScript; `static/search.js` adds answers while the reader types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Hit, Reason
from faqkb.kb.conversation.history import Said
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record
from faqkb.server.access.decision import charge_work
from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.conversations import answer_linked
from faqkb.server.answering.follow_ups import Kind, follow_ups_of, related_hits, shown_choices
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.tokens import answer_token, record_token
from faqkb.server.answering.topics import (
    Group,
    Question,
    crumbs_of,
    outlined,
    question_of,
    topics_below,
    topics_of,
    translations_of,
)
from faqkb.server.feedback.most_asked import most_asked_ids
from faqkb.server.limits import (
    EARLIER_QUESTIONS,
    LISTED_QUESTIONS,
    MOST_ASKED,
    NEAREST_QUESTIONS,
    QUESTION_UNITS,
    SEARCH_LIMIT,
)
from faqkb.server.noted import note_answer
from faqkb.server.pages.errors import asks_for_page
from faqkb.server.pages.languages import keep_language, language_links
from faqkb.server.pages.live import live_settings
from faqkb.server.pages.pictures import with_pictures
from faqkb.server.wording.texts import Wording
from faqkb.server.workers.asking import find_hits

pages = Blueprint("pages", __name__)
_WORD = re.compile(r"[^\W_]+")
_WORDS_OF_ADDRESS = 20
_DESCRIPTION_CHARS = 160
pages.app_url_defaults(keep_language)
pages.app_template_global()(language_links)


@dataclass(frozen=True, slots=True)
class Listing:
    """The stored questions, as the start page lists them."""

    most_asked: tuple[Question, ...]
    own: list[Group]
    """Those in the reader's language; all of them where none is."""
    others: list[Group]
    unlisted: int
    """How many are stored beyond those listed."""


@pages.get("/")
def search() -> Response:
    """Show the search box; with a question its answer, without one what is stored."""
    words = wording()
    question = request.args.get("q", "").strip()
    earlier = earlier_questions() if question else ()
    with leased_knowledge() as knowledge:
        said = [Said("user", each) for each in earlier]
        charge_work(said, question, sum(map(len, earlier)))
        reply = answer_linked(knowledge, said, question) if question else None
        prompts = [each for each in follow_ups_of(knowledge, reply) if each.kind is Kind.TOPIC] if reply else []
        listing = None if question else _listing(knowledge, words)
    if reply:
        note_answer(reply, "page")
    return page_reply(
        knowledge,
        words,
        "search.html",
        question=question,
        earlier=earlier,
        so_far=(*earlier, question),
        answer=reply,
        prompts=prompts,
        related=related_hits(reply) if reply else (),
        choices=shown_choices(reply) if reply else (),
        token=answer_token(reply) if reply and not _says_nothing(reply) else None,
        listing=listing,
        described="" if question else words.tagline,
    )


def earlier_questions() -> tuple[str, ...]:
    """Return what the reader asked before the question of the address, oldest first; the last few of more."""
    asked = (each.strip()[: limits.QUERY_CHARS] for each in request.args.getlist("after"))
    return tuple([each for each in asked if each][-EARLIER_QUESTIONS:])


@pages.get("/q/<path:record_id>")
def answer(record_id: str) -> Response:
    """Show one stored question with its answer, at an address that lasts."""
    question = request.args.get("q", "").strip()
    with leased_knowledge() as knowledge:
        record = knowledge.resolve(record_id)
        if record is None:
            return _missing(knowledge, record_id)
        if record.id != record_id:  # an address lasts, whatever the question is called by now
            now = url_for("pages.answer", record_id=record.id, q=request.args.get("q"))
            return make_response(redirect(now, 301))
        charge_work((), question)
        checks = knowledge.checks_of(record)
        nearest = _nearest(knowledge, record)
        translations = translations_of(knowledge, record)
        asked = _hit_of(knowledge, record, question)
        changed = knowledge.changed_on(record.id)
    address = url_for("pages.answer", record_id=record.id, lang=None, _external=True)
    return page_reply(
        knowledge,
        wording(),
        "answer.html",
        record=record,
        asked=asked,
        asked_question=question,
        checks=checks,
        nearest=nearest,
        crumbs=crumbs_of(record.source.path, record.section),
        translations=translations,
        token=record_token(record.id, knowledge.name),
        address=address,
        described=shortened(record.answer_text),
        changed=changed,
        structured=_structured_data(record, address, changed),
        question="",
    )


@pages.get("/topics/<path:address>")
def topic(address: str) -> Response:
    """List the questions under one heading."""
    with leased_knowledge() as knowledge:
        found = topics_of(knowledge).get(address)
        if found is None:
            raise NotFound
        below = topics_below(knowledge, found)
    count = sum(len(each.questions) for each in (found, *below))
    groups, _ = outlined(below, LISTED_QUESTIONS)
    canonical = url_for("pages.topic", address=address, lang=None, _external=True)
    return page_reply(
        knowledge,
        wording(),
        "topic.html",
        topic=found,
        count=count,
        groups=groups,
        crumbs=crumbs_of(found.path, found.titles)[:-1],
        address=canonical,
        described=shortened(" ".join(question.text for topic in (found, *below) for question in topic.questions)),
        question="",
    )


@pages.get("/feedback")
def thanks() -> Response:
    """Thank for feedback, and lead back to the question or the record it was about."""
    question, record_id = request.args.get("q", ""), request.args.get("record", "")
    back = url_for("pages.search", q=question or None)
    if record_id:
        back = url_for("pages.answer", record_id=record_id)
    with leased_knowledge() as knowledge:
        return page_reply(knowledge, wording(), "thanks.html", back=back)


def search_context(words: Wording) -> dict[str, Any]:
    """Return what the search box of a page takes."""
    return {"question_units": QUESTION_UNITS, "live": live_settings(words)}


def page_reply(knowledge: KnowledgeBase, words: Wording, template: str, **context: object) -> Response:
    """Return a page, with what every one of them shows."""
    box = search_context(words)
    stored = {"record_count": knowledge.record_count, "published": datetime.fromisoformat(knowledge.created)}
    response = make_response(render_template(template, words=words, **box, **stored, **context))
    response.headers["Content-Language"] = words.language
    response.vary.add("Accept-Language")
    return response


def shortened(text: str) -> str:
    """Return the start of a text as one line, as long as search engines show of a page."""
    line = " ".join(text[: 4 * _DESCRIPTION_CHARS].split())
    return line if len(line) <= _DESCRIPTION_CHARS else f"{line[: _DESCRIPTION_CHARS - 1].rstrip()}…"


def _says_nothing(reply: Answer) -> bool:
    """Return whether the question holds nothing that is asked, so that there is nothing to tell the maintainer."""
    return reply.no_answer is not None and reply.no_answer.reason in {Reason.EMPTY_QUESTION, Reason.SMALL_TALK}


def _hit_of(knowledge: KnowledgeBase, record: Record, question: str) -> Hit | None:
    """Return how a record answers the question that led to it; None where none did, or another record does better."""
    found = find_hits(knowledge, question, limit=SEARCH_LIMIT) if question else ()
    return next((hit for hit in found if hit.record.id == record.id), None)


def _missing(knowledge: KnowledgeBase, record_id: str) -> Response:
    """Return the page for an address that nothing lies at, with the questions nearest to its words. Raises NotFound."""
    if not asks_for_page():
        raise NotFound
    asked = " ".join(_WORD.findall(record_id)[-_WORDS_OF_ADDRESS:])
    charge_work((), asked)
    found = [hit.record for hit in find_hits(knowledge, asked, limit=NEAREST_QUESTIONS)] if asked else []
    words = wording()
    nearest = [Question(record.id, record.question, record.language) for record in found]
    page = page_reply(
        knowledge, words, "error.html", status=404, message=words.error_message(404), nearest=nearest, question=""
    )
    page.status_code = 404
    return page


def _nearest(knowledge: KnowledgeBase, record: Record) -> list[Record]:
    """Return the records in the same language whose questions come nearest to a record's."""
    _, ranked = knowledge.ask_ranked(record.question[: limits.QUERY_CHARS], top_k=1)  # one hit filled in, not twenty
    found = (knowledge.record_at(scored.position) for scored in ranked[: limits.TOP_K_MAX])
    near = (other for other in found if other.id != record.id and other.language == record.language)
    return list(islice(near, NEAREST_QUESTIONS))


def _listing(knowledge: KnowledgeBase, words: Wording) -> Listing:
    topics = [topic for topic in topics_of(knowledge).values() if topic.questions]
    own = [topic for topic in topics if topic.language == words.language_code]
    others = [topic for topic in topics if topic.language != words.language_code] if own else []
    shown_own, left = outlined(own or topics, LISTED_QUESTIONS)
    shown_others, left = outlined(others, left)
    named = sum(section.total for group in [*shown_own, *shown_others] for section in group.sections)
    return Listing(most_asked_questions(knowledge, words), shown_own, shown_others, knowledge.record_count - named)


def most_asked_questions(knowledge: KnowledgeBase, words: Wording) -> tuple[Question, ...]:
    """Return what readers open and find helpful most often, in the reader's language."""
    found = (question_of(knowledge, record_id) for record_id in most_asked_ids())
    return tuple(islice((each for each in found if each and each.language == words.language_code), MOST_ASKED))


def _structured_data(record: Record, address: str, changed: date | None) -> dict[str, object]:
    """Return the page as schema.org FAQPage, for readers that are programs."""
    answer = {"@type": "Answer", "text": with_pictures(record.answer_html, external=True), "url": address}
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "@id": address,
        "inLanguage": record.language,
        "dateModified": changed and changed.isoformat(),
        "mainEntity": [
            {
                "@type": "Question",
                "name": record.question,
                "acceptedAnswer": answer,
            }
        ],
    }
