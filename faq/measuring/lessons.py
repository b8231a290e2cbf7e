"""What `faq tune` can learn from: a file of labelled queries, and what a knowledge base has of its own."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from faqkb.kb.evaluation.queries import read_queries
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.gaps.missed import missed_questions
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.lessons import Lesson, Source, labelled_lessons, stored_lessons, voted_lessons


def found_lessons(folder: Path, queries: Path | None, sources: Collection[Source]) -> tuple[Lesson, ...]:
    """Return the lessons of a file, if any, and of those sources that a knowledge base has of its own.

    Raises ContentError, StorageFailed, FeedbackDamaged, and what KnowledgeBase.open raises.
    """
    lessons = labelled_lessons(read_queries(queries)) if queries else ()
    if not sources:
        return lessons
    store = FeedbackStore(folder)
    with closing(KnowledgeBase.open(folder)) as knowledge:
        stored = stored_lessons(knowledge, (missed.question for missed in missed_questions(store)))
        own = (*voted_lessons(knowledge, store.events()), *stored)
    return (*lessons, *(lesson for lesson in own if lesson.source in sources))
