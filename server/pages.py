"""The pages: search, and one address for every answer.

They work without JavaScript; `static/search.js` adds answers while the reader types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from kb import limits
from kb.answers import Answer, Hit, Reason
from kb.knowledge import KnowledgeBase
from kb.records import Record
from server.leases import leased_knowledge
from server.limits import LISTED_QUESTIONS, NEAREST_QUESTIONS, QUESTION_UNITS, RELATED_ABOVE
from server.live import live_settings
from server.tokens import answer_token, record_token
from server.wording import Wording, wording

pages = Blueprint("pages", __name__)


@dataclass(frozen=True, slots=True)
class Section:
    """Stored questions under one heading."""

    titles: tuple[str, ...]
    """The headings above them, outermost first."""
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The stored questions, as the start page lists them."""

    own: tuple[Section, ...]
    """Those in the reader's language; all of them where none is."""
    others: tuple[Section, ...]
    unlisted: int
    """How many are stored beyond those listed."""


@pages.get("/")
def search() -> Response:
    """Show the search box; with a question its answer, without one what is stored."""
    words = wording()
    question = request.args.get("q", "").strip()
    with leased_knowledge() as knowledge:
        reply = knowledge.ask(question) if question else None
        listing = None if question else _listing(knowledge, words)
    return _page(
        words,
        "search.html",
        question=question,
        answer=reply,
        related=_related(reply) if reply else (),
        token=answer_token(reply) if reply and not _says_nothing(reply) else None,
        listing=listing,
        record_count=knowledge.record_count,
    )


@pages.get("/q/<path:record_id>")
def answer(record_id: str) -> Response:
    """Show one stored question with its answer, at an address that lasts."""
    with leased_knowledge() as knowledge:
        record = knowledge.record(record_id)
        record_count = knowledge.record_count
        if record is None:
            raise NotFound
        checks = knowledge.checks_of(record)
        nearest = _nearest(knowledge, record)
    address = url_for("pages.answer", record_id=record.id, _external=True)
    return _page(
        wording(),
        "answer.html",
        record=record,
        checks=checks,
        nearest=nearest,
        token=record_token(record.id, knowledge.name),
        address=address,
        structured=_structured_data(record, address),
        question="",
        record_count=record_count,
    )


@pages.get("/feedback")
def thanks() -> Response:
    """Thank for feedback, and lead back to the question or the record it was about."""
    question, record_id = request.args.get("q", ""), request.args.get("record", "")
    back = url_for("pages.search", q=question or None)
    if record_id:
        back = url_for("pages.answer", record_id=record_id)
    return _page(wording(), "thanks.html", back=back)


def _page(words: Wording, template: str, **context: object) -> Response:
    box = {"question_units": QUESTION_UNITS, "live": live_settings(words)}
    response = make_response(render_template(template, words=words, **box, **context))
    response.headers["Content-Language"] = words.language
    response.vary.add("Accept-Language")
    return response


def _says_nothing(reply: Answer) -> bool:
    """Return whether the question holds no words, so that there is nothing to tell the maintainer."""
    return reply.no_answer is not None and reply.no_answer.reason is Reason.EMPTY_QUESTION


def _related(reply: Answer) -> tuple[Hit, ...]:
    """Return the runners-up worth showing below an answer; its twin in another language is not one."""
    return tuple(
        hit
        for hit in reply.hits[1:]
        if hit.confidence >= RELATED_ABOVE and hit.record.language == reply.hits[0].record.language
    )


def _nearest(knowledge: KnowledgeBase, record: Record) -> list[Record]:
    """Return the records in the same language whose questions come nearest to a record's."""
    _, ranked = knowledge.ask_ranked(record.question[: limits.QUERY_CHARS], top_k=1)  # one hit filled in, not twenty
    found = (knowledge.record_at(scored.position) for scored in ranked[: limits.TOP_K_MAX])
    near = (other for other in found if other.id != record.id and other.language == record.language)
    return list(islice(near, NEAREST_QUESTIONS))


def _listing(knowledge: KnowledgeBase, words: Wording) -> Listing:
    records = knowledge.records(limit=LISTED_QUESTIONS)
    own = [record for record in records if words.language.startswith(record.language)]
    others = [record for record in records if record not in own] if own else []
    return Listing(
        own=_sections(own or records), others=_sections(others), unlisted=knowledge.record_count - len(records)
    )


def _sections(records: Sequence[Record]) -> tuple[Section, ...]:
    """Group records by the headings above them; stored order keeps those of one heading together."""
    grouped = groupby(records, key=lambda record: (record.source.path, record.section))
    return tuple(Section(titles, tuple(group)) for (_, titles), group in grouped)


def _structured_data(record: Record, address: str) -> dict[str, object]:
    """Return the page as schema.org FAQPage, for readers that are programs."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "@id": address,
        "inLanguage": record.language,
        "mainEntity": [
            {
                "@type": "Question",
                "name": record.question,
                "acceptedAnswer": {"@type": "Answer", "text": record.answer_html, "url": address},
            }
        ],
    }
