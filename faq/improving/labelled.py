"""Labelled queries that go wrong, and the records whose words they should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from faqkb.faq.bootstrap import open_or_build
from faqkb.faq.measuring.regressions import asked_of
from faqkb.kb import limits
from faqkb.kb.evaluation.queries import LabelledQuery
from faqkb.kb.evaluation.regression import Grade, grade
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record


def missing_words(folder: Path, queries: Sequence[LabelledQuery]) -> Iterator[tuple[str, str]]:
    """Yield (record id, query) for each query that its record does not answer surely: words that it lacks.

    Of several records that answer a query the one in its language is meant, else the first that is stored.
    Raises what KnowledgeBase.open raises.
    """
    asked_in_scope = [query for query in queries if query.relevant and not query.without]
    if not asked_in_scope:
        return
    with closing(open_or_build(folder)) as knowledge:
        for asked in asked_of(knowledge, asked_in_scope).asked:
            record = _meant(knowledge, asked.outcome.relevant, asked.query.language)
            words = " ".join(asked.query.query.split())
            if record and grade(asked.outcome) < Grade.ANSWERED and len(words) <= limits.QUESTION_CHARS:
                yield record.id, words


def _meant(knowledge: KnowledgeBase, relevant: frozenset[str], language: str) -> Record | None:
    stored = [record for each in sorted(relevant) if (record := knowledge.record(each)) is not None]
    return next((record for record in stored if record.language == language), stored[0] if stored else None)
