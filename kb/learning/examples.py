"""Labelled queries put to a knowledge base, as what the ranking and the encoder learn from."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np

from faqkb.kb.evaluation.queries import LabelledQuery, relevant_ids
from faqkb.kb.fusion import PARTS
from faqkb.kb.index.passages import Kind
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.fitting import Example
from faqkb.kb.learning.train_encoder import TuningQuery, TuningRecord, TuningSet
from faqkb.kb.retrieval.ranking import ScoredRecord

_CONFUSABLE = 4  # wrong records of each query, those found first


def collect_examples(
    knowledge: KnowledgeBase, queries: Sequence[LabelledQuery], *, weight: float = 1.0
) -> tuple[Example, ...]:
    """Return every query with its candidates, translations of better ones left out; those without any are left out."""
    examples = []
    for query, relevant in zip(queries, relevant_ids(knowledge, queries), strict=True):
        hits = knowledge.without_translations(knowledge.ask_ranked(query.query)[1])
        if hits:
            examples.append(replace(example_of(knowledge, hits, relevant, weight=weight), query=query.query))
    return tuple(examples)


def example_of(
    knowledge: KnowledgeBase, hits: Sequence[ScoredRecord], relevant: Set[str], *, weight: float = 1.0
) -> Example:
    """Return one query's candidates, at least one, as what is learned from; `relevant` are ids."""
    return Example(
        parts=np.array([[hit.parts[part] for part in PARTS] for hit in hits]),
        right=np.array([knowledge.record_at(hit.position).id in relevant for hit in hits]),
        in_scope=bool(relevant),
        weight=weight,
    )


def tuning_set(knowledge: KnowledgeBase, queries: Sequence[LabelledQuery]) -> TuningSet:
    """Return the records and queries that train an encoder, with the wrong records that the index finds first."""
    records = {
        knowledge.record_at(position).id: TuningRecord(
            wordings=(knowledge.record_at(position).question, *knowledge.record_at(position).alternates),
            pieces=knowledge.passage_texts(position, Kind.ANSWER),
        )
        for position in range(knowledge.record_count)
    }
    found = []
    for query, relevant in zip(queries, relevant_ids(knowledge, queries), strict=True):
        hits = knowledge.ask_ranked(query.query)[1]
        ids = (knowledge.record_at(hit.position).id for hit in hits)
        found.append(
            TuningQuery(
                text=query.query,
                relevant=tuple(sorted(relevant & records.keys())),
                confusable=tuple(record for record in ids if record not in relevant)[:_CONFUSABLE] if relevant else (),
            )
        )
    # A query whose record is not stored teaches nothing: it is neither answered nor out of scope.
    kept = [query for query, own in zip(found, queries, strict=True) if query.relevant or not own.relevant]
    return TuningSet(records, tuple(kept))
