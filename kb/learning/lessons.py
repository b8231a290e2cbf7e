"""What a maintainer has that can be learned from: labelled queries, readers' votes, words that records have got.

A lesson is a query with what is known of it. Words that are stored already say nothing as long as they are found as
they stand, so they are asked while they are left out (`kb/learning/examples.py`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from faqkb.kb import limits
from faqkb.kb.errors import ContentError
from faqkb.kb.evaluation.queries import LabelledQuery, letters
from faqkb.kb.feedback.events import Event, Vote
from faqkb.kb.feedback.questions import folded
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record

MIN_LESSONS = 20  # fewer say more about chance than about the knowledge base
ENCODER_LESSONS = 100  # fewer teach an encoder nothing, and are too few to hold some of them out
MOST_LESSONS = 1_000  # of one source; as many take some seconds to ask, and more move the weights no further
_OTHERS = 2  # wordings that a record keeps while one is left out; with fewer it is not the record that readers ask
_HELD_OUT = 0.4  # of the lessons, chosen by their text, so that the same ones are held out every time
_ABOUT_THE_TEXT = frozenset({"outdated", "incomplete", "wrong", "unclear"})  # the right record, badly written


class Source(StrEnum):
    """Where a lesson comes from."""

    QUERIES = "queries"
    """A file of labelled queries."""
    VOTES = "votes"
    """Answers that readers found helpful, or voted against."""
    GAPS = "gaps"
    """Questions that were asked in vain and are other words of a record now."""
    WORDINGS = "wordings"
    """Other words of a record that nobody asked in vain."""


_UNCHOSEN = (Source.QUERIES, Source.WORDINGS)  # by how they went
OWN_SOURCES = (Source.VOTES, Source.GAPS, Source.WORDINGS)
"""Those that a knowledge base has without anybody labelling a query."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One query, and what is known of it."""

    labelled: LabelledQuery
    """Its `relevant` is empty where nothing answers it, and where only `wrong` is known."""
    source: Source
    wrong: tuple[str, ...] = ()
    """Ids of records that do not answer it, where it is not known which one does."""

    @property
    def is_stored(self) -> bool:
        """Whether the query is among the words of the record that answers it, and is asked without these."""
        return self.source in (Source.GAPS, Source.WORDINGS)

    @property
    def is_out_of_scope(self) -> bool:
        """Whether nothing answers it."""
        return not self.labelled.relevant and not self.wrong


@dataclass(frozen=True, slots=True)
class Split:
    """Lessons to learn from, and lessons to judge by."""

    learned: tuple[Lesson, ...]
    held_out: tuple[Lesson, ...]

    @property
    def crossed(self) -> bool:
        """Whether there are too few to hold some out: each is judged by what was learned from others, in turn."""
        return not self.held_out


def labelled_lessons(queries: Iterable[LabelledQuery]) -> tuple[Lesson, ...]:
    """Return what a file of labelled queries teaches."""
    return tuple(Lesson(query, Source.QUERIES) for query in queries)


def voted_lessons(knowledge: KnowledgeBase, events: Iterable[Event]) -> tuple[Lesson, ...]:
    """Return what readers' votes teach, one lesson for each question, whatever its case.

    A question's record is the one that more readers found helpful than voted against; where there is none, those voted
    against do not answer it. A vote against that names a fault of the text says nothing about the record. Questions
    that are stored word for word teach nothing.
    """
    stored = {letters(text) for record in knowledge.all_records() for text in _wordings(record)}
    helpful: dict[str, Counter[str]] = {}
    forms: dict[str, str] = {}
    for event in events:
        if not isinstance(event, Vote) or not event.question or event.record_id is None:
            continue
        record = knowledge.resolve(event.record_id)
        if record is None or letters(event.question) in stored or _ABOUT_THE_TEXT.intersection(event.tags):
            continue
        forms[folded(event.question)] = event.question
        helpful.setdefault(folded(event.question), Counter())[record.id] += 1 if event.helpful else -1
    return _most(_voted(forms[question], votes) for question, votes in helpful.items() if any(votes.values()))


def _voted(question: str, votes: Counter[str]) -> Lesson:
    best, balance = max(votes.items(), key=lambda item: (item[1], item[0]))
    wrong = () if balance > 0 else tuple(sorted(record for record, count in votes.items() if count < 0))
    return Lesson(LabelledQuery(question, () if wrong else (best,), ""), Source.VOTES, wrong)


def stored_lessons(knowledge: KnowledgeBase, asked_in_vain: Iterable[str]) -> tuple[Lesson, ...]:
    """Return what the other words of the records teach; those that were asked in vain once are accepted gaps.

    Of a record with three of them at least: without one of them it is still found much as readers find it. Fewer would
    teach that other words are worth nothing.
    """
    in_vain = {letters(question) for question in asked_in_vain}
    lessons = [
        Lesson(LabelledQuery(text, (record.id,), record.language), _source(letters(text) in in_vain))
        for record in knowledge.all_records()
        if len(record.alternates) > _OTHERS
        for text in record.alternates
        if letters(text) and len(text) <= limits.QUERY_CHARS
    ]
    return tuple(
        lesson
        for source in (Source.GAPS, Source.WORDINGS)
        for lesson in _most(each for each in lessons if each.source is source)
    )


def _source(was_asked: bool) -> Source:
    return Source.GAPS if was_asked else Source.WORDINGS


def split_lessons(lessons: Sequence[Lesson]) -> Split:
    """Split lessons by a hash of their text; fewer than a hundred are not split. Raises ContentError for too few.

    Votes and accepted gaps are what went especially well or badly: they count beside lessons that were not chosen so.
    From 30 intents of clinc150 and accepted gaps alone, recall@1 of other questions fell from 0.967 to 0.847.
    """
    unchosen = [lesson for lesson in lessons if lesson.source in _UNCHOSEN]
    if len(unchosen) < MIN_LESSONS or not any(lesson.labelled.relevant for lesson in unchosen):
        raise ContentError(
            f"too little to learn from (got {told_counts(lessons)}; expected at least {MIN_LESSONS}"
            " labelled queries or other words of records, some with an answer, beside which votes and accepted gaps"
            " count); label queries (`--queries FILE`), or give records more words"
        )
    in_order = sorted(lessons, key=_place)
    held_out = round(len(in_order) * _HELD_OUT) if len(in_order) >= ENCODER_LESSONS else 0
    return Split(tuple(in_order[held_out:]), tuple(in_order[:held_out]))


def counts(lessons: Iterable[Lesson]) -> dict[str, int]:
    """Return how many lessons there are of each source, 0 of those without any."""
    found = Counter(lesson.source for lesson in lessons)
    return {source.value: found[source] for source in Source}


def told_counts(lessons: Collection[Lesson]) -> str:
    """Return in words how many lessons there are of each source."""
    names = {
        Source.QUERIES: "labelled queries",
        Source.VOTES: "questions with votes",
        Source.GAPS: "accepted gaps",
        Source.WORDINGS: "other words of records",
    }
    found = Counter(lesson.source for lesson in lessons)
    return ", ".join(f"{found[source]} {name}" for source, name in names.items() if found[source]) or "nothing"


def _most(lessons: Iterable[Lesson]) -> tuple[Lesson, ...]:
    return tuple(sorted(lessons, key=_place)[:MOST_LESSONS])


def _place(lesson: Lesson) -> bytes:
    return place_of(lesson.labelled.query)


def place_of(query: str) -> bytes:
    """Return where a query stands among others, in an order that is always the same and says nothing of them."""
    return hashlib.sha256(query.encode()).digest()


def _wordings(record: Record) -> Iterator[str]:
    yield record.question
    yield from record.alternates
