"""From candidates to the answer: which of the three states it is, and what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from faqkb.kb import limits
from faqkb.kb.answers import LIKELY, Answer, Explanation, Highlight, Hit, NoAnswer, Reason, Status, Suggestion
from faqkb.kb.checks import CheckLink
from faqkb.kb.records import Record
from faqkb.kb.retrieval.finding import Found
from faqkb.kb.retrieval.highlight import NOTHING, highlight
from faqkb.kb.retrieval.query import Query
from faqkb.kb.retrieval.ranking import Indexes, ScoredRecord
from faqkb.kb.retrieval.reasons import why
from faqkb.kb.vectors import Embedding

_MESSAGES = {
    Reason.NOT_CONFIDENT: "Nothing stored is likely to answer this question.",
    Reason.EMPTY_QUESTION: "The question holds no letters or digits to search for.",
    Reason.EMPTY_INDEX: "The knowledge base holds no records that may answer.",
}
_FILTERED_OUT = "No stored record passes the filter; leave a part of it out."
_SUGGESTIONS = 3
SUGGESTED_LEAST = 0.05  # confidence of a record that is said to come near


def make_answer(
    query: Query, found: Found, indexes: Indexes, *, top_k: int, min_confidence: float | None, snapshot: str
) -> Answer:
    """Return the answer to a query, without the time it took."""
    threshold = indexes.ranking.answered_above if min_confidence is None else min_confidence
    status = _status(found.hits, indexes, threshold)
    shown = {
        Status.ANSWERED: found.hits[:top_k],
        Status.AMBIGUOUS: _choices(without_translations(found.hits), top_k),
        Status.NO_ANSWER: (),
    }[status]
    return Answer(
        question=query.text,
        read_as=found.read_as,
        status=status,
        confidence=found.hits[0].confidence if found.hits else 0.0,
        hits=tuple(map(_marked_where_likely, filled(found, shown, indexes))),
        no_answer=_no_answer(query, found, indexes) if status is Status.NO_ANSWER else None,
        snapshot=snapshot,
        took_ms=0.0,
        why=why(status, found, indexes),
    )


def filled(found: Found, shown: Sequence[ScoredRecord], indexes: Indexes) -> tuple[Hit, ...]:
    """Return hits with all that is shown of them."""
    query = found.query
    return () if query is None else tuple(_hit(query, hit, hit.position in found.named, indexes) for hit in shown)


def without_translations(hits: Sequence[ScoredRecord]) -> tuple[ScoredRecord, ...]:
    """Return the hits without those that say what a better one says in another language."""
    first: dict[str, ScoredRecord] = {}
    for hit in hits:
        first.setdefault(hit.twin, hit)
    return tuple(first.values())


def checks_of(record: Record, indexes: Indexes) -> tuple[CheckLink, ...]:
    """Return what is to be said of the checks that prove a record; an id that no script has is left out."""
    return tuple(link for link in map(indexes.store.checks.link, record.checks) if link)


def _status(hits: Sequence[ScoredRecord], indexes: Indexes, threshold: float) -> Status:
    if not hits or hits[0].confidence < min(threshold, indexes.ranking.ambiguous_above):
        return Status.NO_ANSWER
    if hits[0].confidence >= threshold:
        return Status.ANSWERED
    return Status.AMBIGUOUS if len(without_translations(hits)) > 1 else Status.NO_ANSWER


def _choices(hits: Sequence[ScoredRecord], top_k: int) -> tuple[ScoredRecord, ...]:
    """Return the records to choose from: two at least, more only while each is likely."""
    likely = sum(hit.confidence >= LIKELY for hit in hits[: max(2, min(top_k, limits.CHOICES))])
    return tuple(hits[: max(2, likely)])


def _hit(query: Embedding, scored: ScoredRecord, known_error: bool, indexes: Indexes) -> Hit:
    store = indexes.store
    record = store.records.at(scored.position)
    return Hit(
        record=record,
        confidence=scored.confidence,
        highlight=_highlight(query, scored.position, record, indexes),
        explanation=Explanation(
            passage=store.passages.text(scored.row),
            scores=scored.parts,
            weights=dict(indexes.ranking.weights),
            known_error=known_error,
        ),
        checks=checks_of(record, indexes),
    )


def _highlight(query: Embedding, position: int, record: Record, indexes: Indexes) -> Highlight:
    places = indexes.places
    question = places.question_tokens(position)
    sentences = indexes.store.records.sentences_of(position)
    return highlight(query.tokens, record.answer_text, sentences, indexes.tokens, question)


def _marked_where_likely(hit: Hit) -> Hit:
    """Return a hit without a marked sentence where it hardly answers: what is marked reads like a fact."""
    return hit if hit.confidence >= LIKELY else replace(hit, highlight=NOTHING)


def _no_answer(query: Query, found: Found, indexes: Indexes) -> NoAnswer:
    unanswerable = Reason.EMPTY_QUESTION if query.is_empty else Reason.EMPTY_INDEX
    reason = Reason.NOT_CONFIDENT if found.hits else unanswerable
    message = _FILTERED_OUT if reason is Reason.EMPTY_INDEX and found.is_filtered_out else _MESSAGES[reason]
    suggestions = []
    for hit in without_translations(found.hits)[:_SUGGESTIONS]:
        if hit.confidence >= SUGGESTED_LEAST:
            record = indexes.store.records.at(hit.position)
            suggestions.append(Suggestion(record.id, record.question, hit.confidence))
    return NoAnswer(reason, message, tuple(suggestions))
